"""The query language: a filter of items in JSON.

    {"label": "cat"}                                        equal to any of the item's labels
    {"mimetype": {"$regex": "^image/"}, "size": {"$gt": 9}} both hold
    {"$or": [{"folder": "/a/"}, {"metadata.score": {"$gte": 0.5}}]}

Fields are `id`, `name`, `folder`, `path` (folder and name), `mimetype`, `size`, `created`, `label`
and `metadata.<path>`, user metadata by dotted path. A field has any number of values: none where it
is missing or null, several where it is a list, an object or `label`. A condition holds when it
holds for any value; `$ne` and `$nin` hold when `$eq` and `$in` do not. Numbers and texts are never
equal, and never compared. A bare value means `$eq`, a bare list `$in`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import regex
from pydantic import JsonValue

from host_contract.entities import Item, Metadata
from host_contract.errors import InvalidQuery

FIELDS = ("id", "name", "folder", "path", "mimetype", "size", "created", "label")
METADATA = "metadata."
MAX_DEPTH, MAX_PATTERN = 20, 500
MAX_CONDITIONS = 500
"""Of a query. A list of values is one, however long."""
REGEX_SECONDS = 0.2

Scalar: TypeAlias = str | int | float | bool

HALF_A_CHARACTER = regex.compile("[\ud800-\udfff]")
"""Python makes them of bytes that are not UTF-8, and of JSON's; nothing can write them."""


@dataclass(frozen=True)
class Condition:
    """One operator on one field."""

    field: str
    operator: str
    """$eq, $in, $gt, $gte, $lt, $lte, $regex, $contains or $exists."""
    operand: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True)
class All:
    """Every part holds; true without parts."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class AnyOf:
    """One part holds at least; false without parts."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Filter


Filter: TypeAlias = Condition | All | AnyOf | Not


def parse_query(
    query: Mapping[str, JsonValue] | None, *, fields: Collection[str] = FIELDS
) -> Filter:
    """Check a query and make it a tree; nothing, or an empty one, matches every item.

    Args:
        query: See above.
        fields: Those that there are beside the metadata; an app may know more than the host.

    Raises:
        InvalidQuery: names the field or operator, and what is allowed.
    """
    tree = _parse_all(query or {}, MAX_DEPTH, fields)
    if sum(1 for _ in _conditions(tree)) > MAX_CONDITIONS:
        raise InvalidQuery(
            f"A query has at most {MAX_CONDITIONS} conditions. Many values of a field make one: "
            "{'name': {'$in': [...]}}."
        )
    return tree


def matches(tree: Filter, item: Item) -> bool:
    """Whether an item passes the filter: the meaning of the language, for any host to test by."""
    return holds(tree, partial(values_of, item))


def holds(tree: Filter, values: Callable[[str], Sequence[Scalar]]) -> bool:
    """Whether anything passes the filter that has, by field, these values."""
    match tree:
        case All(parts):
            return all(holds(part, values) for part in parts)
        case AnyOf(parts):
            return any(holds(part, values) for part in parts)
        case Not(part):
            return not holds(part, values)
        case Condition(field, "$exists", operand):
            return bool(values(field)) == operand
        case Condition(field, operator, operand):
            return any(_compares(operator, value, operand) for value in values(field))


def values_of(item: Item, field: str) -> list[Scalar]:
    """All values of a field of an item."""
    if field == "label":
        return list(item.labels)
    if field == "created":
        return [item.created.isoformat()]
    if field == "path":
        return [item.folder + item.name]
    if not field.startswith(METADATA):
        return [getattr(item, field)]
    return values_at(item.user_metadata, field.removeprefix(METADATA))


def values_at(metadata: Metadata, path: str) -> list[Scalar]:
    """All values at a dotted path."""
    found: JsonValue = metadata
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    inside = list(found.values()) if isinstance(found, dict) else found
    several = inside if isinstance(inside, list) else [inside]
    return [value for value in several if isinstance(value, str | int | float)]


def _conditions(tree: Filter) -> Iterator[Condition]:
    match tree:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from _conditions(part)
        case Not(part):
            yield from _conditions(part)
        case Condition():
            yield tree


def _parse_all(query: object, depth: int, fields: Collection[str]) -> Filter:
    if depth == 0:
        raise InvalidQuery(f"The query is nested more than {MAX_DEPTH} levels deep.")
    if not isinstance(query, Mapping):
        raise InvalidQuery(f"A query is an object such as {{'label': 'cat'}}, not {query!r}.")
    parts = tuple(_parse_part(key, value, depth, fields) for key, value in query.items())
    return parts[0] if len(parts) == 1 else All(parts)


def _parse_part(key: str, value: object, depth: int, fields: Collection[str]) -> Filter:
    if key in ("$and", "$or"):
        if not isinstance(value, list):
            raise InvalidQuery(f"{key} takes a list of queries, not {value!r}.")
        parts = tuple(_parse_all(part, depth - 1, fields) for part in value)
        return All(parts) if key == "$and" else AnyOf(parts)
    if key == "$not":
        return Not(_parse_all(value, depth - 1, fields))
    path = key.removeprefix(METADATA)
    if key not in fields and (not key.startswith(METADATA) or not path or '"' in path):
        raise InvalidQuery(
            f"There is no field {key!r}; use {', '.join(fields)} or metadata.<path>."
        )
    if isinstance(value, Mapping):
        return All(tuple(_parse_condition(key, op, operand) for op, operand in value.items()))
    return _parse_condition(key, "$in" if isinstance(value, list) else "$eq", value)


def _parse_condition(field: str, operator: str, operand: object) -> Filter:
    if operator in ("$ne", "$nin"):
        return Not(_parse_condition(field, "$eq" if operator == "$ne" else "$in", operand))
    if operator not in _OPERANDS:
        known = ", ".join(("$ne", "$nin", *_OPERANDS))
        raise InvalidQuery(f"Field {field!r} has the operator {operator!r}; there are {known}.")
    expected, fits = _OPERANDS[operator]
    if not fits(operand):
        raise InvalidQuery(f"{operator} on field {field!r} takes {expected}, not {operand!r}.")
    if operator == "$regex":
        try:
            regex.compile(str(operand))
        except regex.error as error:
            raise InvalidQuery(f"$regex on field {field!r}: {error}.") from None
    return Condition(field, operator, tuple(operand) if isinstance(operand, list) else operand)  # type: ignore[arg-type]


def _is_scalar(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) or _is_text(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not HALF_A_CHARACTER.search(value)


_SCALAR = ("a text, a number or a boolean", _is_scalar)
_OPERANDS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "$eq": _SCALAR,
    "$in": (
        "a list of texts, numbers and booleans",
        lambda value: isinstance(value, list) and all(map(_is_scalar, value)),
    ),
    "$gt": _SCALAR,
    "$gte": _SCALAR,
    "$lt": _SCALAR,
    "$lte": _SCALAR,
    "$regex": (
        f"a regular expression of at most {MAX_PATTERN} characters",
        lambda value: _is_text(value) and len(value) <= MAX_PATTERN,  # type: ignore[arg-type]
    ),
    "$contains": ("a text", _is_text),
    "$exists": ("true or false", lambda value: isinstance(value, bool)),
}


def _compares(operator: str, value: Scalar, operand: Scalar | tuple[Scalar, ...]) -> bool:
    if isinstance(operand, tuple):
        return any(_compares("$eq", value, one) for one in operand)
    if isinstance(value, str) != isinstance(operand, str):
        return False
    match operator:
        case "$eq":
            return value == operand
        case "$gt":
            return value > operand  # type: ignore[operator]
        case "$gte":
            return value >= operand  # type: ignore[operator]
        case "$lt":
            return value < operand  # type: ignore[operator]
        case "$lte":
            return value <= operand  # type: ignore[operator]
        case "$contains":
            return str(operand).lower() in str(value).lower()
        case _:
            return bool(regex.search(str(operand), str(value), timeout=REGEX_SECONDS))
