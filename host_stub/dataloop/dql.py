"""The client's query language (DQL) in terms of this host's own, `host_contract.query`.

A filter becomes a query; nothing is looked for here. What a query cannot say is refused with the
field or operator named. A text with `*` is a pattern: `*` stands for anything, in paths for
anything but '/', and `**` for anything there too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias

from host_contract.entities import Metadata
from host_contract.errors import InvalidQuery
from host_contract.query import METADATA, Scalar, holds, parse_query, values_at

MAX_DEPTH = 20
SAME = ("$eq", "$ne", "$in", "$nin", "$gt", "$gte", "$lt", "$lte", "$exists")
USER = "metadata.user."
PATHS = ("filename", "dir")
NAMES = {
    "id": "id",
    "name": "name",
    "filename": "path",
    "metadata.system.originalname": "name",
    "metadata.system.mimetype": "mimetype",
    "metadata.system.size": "size",
}
BEGIN, END = "(?s)^", r"\Z"
ALWAYS: Metadata = {}
NEVER: Metadata = {"$or": []}

Field: TypeAlias = Callable[[str, str, Any], Metadata]
"""Makes a query of one condition: field, operator, operand."""


def of_items(dql: Mapping[str, Any], join: Mapping[str, Any] | None, dataset_id: str) -> Metadata:
    """The query for the items of a dataset that a filter and a join on annotations mean.

    Raises:
        InvalidQuery: names the field or operator that cannot be asked for.
    """
    wanted = _all(dql, partial(_of_item, dataset_id), MAX_DEPTH)
    return {"$and": [wanted, _joined((join or {}).get("filter") or {})]}


def of_records(dql: Mapping[str, Any]) -> Callable[[Metadata], bool]:
    """Whether a record passes a filter: anything but items. Raises `InvalidQuery`."""
    tree = parse_query(_all(dql, _of_record, MAX_DEPTH))

    def passes(record: Metadata) -> bool:
        def values(field: str) -> Sequence[Scalar]:
            return values_at(record, field.removeprefix(METADATA))

        return holds(tree, values)

    return passes


def _all(dql: object, field: Field, depth: int) -> dict[str, Any]:
    if depth == 0 or not isinstance(dql, Mapping):
        raise InvalidQuery(f"A filter is an object, at most {MAX_DEPTH} levels deep.")
    parts = [_part(key, value, field, depth - 1) for key, value in dql.items()]
    return parts[0] if len(parts) == 1 else {"$and": [*parts]}


def _part(key: str, value: Any, field: Field, depth: int) -> Metadata:
    if key in ("$and", "$or"):
        if not isinstance(value, list):
            raise InvalidQuery(f"{key} takes a list of filters.")
        return {key: [_all(part, field, depth) for part in value]}
    if key == "$not":
        return {"$not": _all(value, field, depth)}
    if isinstance(value, Mapping):
        return {"$and": [_condition(key, op, one, field, depth) for op, one in value.items()]}
    return _condition(key, "$in" if isinstance(value, list) else "$eq", value, field, depth)


def _condition(name: str, operator: str, operand: Any, field: Field, depth: int) -> Metadata:
    if operator == "$match":
        return _matched(name, operand, field, depth)
    if operator not in SAME:
        raise InvalidQuery(f"{name!r} has {operator!r}; there are {', '.join(SAME)} and $match.")
    if operator in ("$ne", "$nin"):
        positive = "$eq" if operator == "$ne" else "$in"
        return {"$not": _condition(name, positive, operand, field, depth)}
    if operator == "$eq" and operand is None:
        return field(name, "$exists", False)
    if operator == "$in" and isinstance(operand, list):
        return _any_of([_condition(name, "$eq", one, field, depth) for one in operand])
    if operator == "$eq" and isinstance(operand, str) and "*" in operand:
        return field(name, "$regex", _pattern(operand, "[^/]*" if name in PATHS else ".*"))
    return field(name, operator, operand)


def _any_of(parts: Sequence[Metadata]) -> Metadata:
    """One of the parts; all that ask for a value of the same field become one, however many."""
    values: dict[str, list[Any]] = {}
    others: list[Metadata] = []
    for part in parts:
        match [*part.items()]:
            case [(name, {"$eq": value, **more})] if not more:
                values.setdefault(name, []).append(value)
            case _:
                others.append(part)
    equal: list[Metadata] = [{name: {"$in": found}} for name, found in values.items()]
    return {"$or": [*equal, *others]}


def _matched(name: str, operand: Any, field: Field, depth: int) -> Metadata:
    """$match looks into an object, or at a text."""
    if depth == 0:
        raise InvalidQuery(f"A filter is an object, at most {MAX_DEPTH} levels deep.")
    if isinstance(operand, Mapping):
        parts = [_part(f"{name}.{key}", one, field, depth - 1) for key, one in operand.items()]
        return {"$and": [*parts]}
    return _condition(name, "$eq", operand, field, depth)


def _pattern(text: str, star: str) -> str:
    parts = (
        ".*" if part == "**" else star if part == "*" else re.escape(part)
        for part in re.split(r"(\*\*|\*)", text)
    )
    return f"{BEGIN}{''.join(parts)}{END}"


def _of_item(dataset_id: str, name: str, operator: str, operand: Any) -> Metadata:
    if name in ("type", "hidden", "datasetId"):
        fixed: dict[str, Scalar] = {"type": "file", "hidden": False, "datasetId": dataset_id}
        tree = parse_query(_of_record(name, operator, operand))
        return ALWAYS if holds(tree, lambda _: [fixed[name]]) else NEVER
    if name == "annotated":
        if operator != "$eq" or not isinstance(operand, bool):
            raise InvalidQuery("'annotated' is compared with true or false.")
        return {"label": {"$exists": operand}}
    if name == "dir":
        if operator not in ("$eq", "$regex", "$exists"):
            raise InvalidQuery(f"'dir' is compared by $eq, $in and patterns, not by {operator}.")
        # the client's folders end without '/', ours with it
        if operator == "$eq" and isinstance(operand, str) and operand.startswith("/"):
            operand = operand.rstrip("/") + "/"
        if operator == "$regex":
            inner = operand.removeprefix(BEGIN).removesuffix(END)
            root = r"|^/\Z" if re.search(operand, "/") else ""
            operand = f"{BEGIN}(?!/{END}){inner}/{END}{root}"
        return {"folder": {operator: operand}}
    if name == "createdAt":
        return {"created": {operator: _moment(operand) if operator != "$exists" else operand}}
    if name.startswith(USER):
        return {METADATA + name.removeprefix(USER): {operator: operand}}
    if name in NAMES:
        return {NAMES[name]: {operator: operand}}
    known = ", ".join((*NAMES, "dir", "createdAt", "annotated", "type", "hidden", f"{USER}<path>"))
    raise InvalidQuery(f"Items cannot be filtered by {name!r}; use {known}.")


def _joined(dql: Mapping[str, Any]) -> Metadata:
    """A join asks for one annotation that passes, and an item's labels are all that is kept."""
    if not dql:
        return ALWAYS
    parts = dql.get("$or") or dql.get("$and") or [dql]
    one = len(dql) == 1 and isinstance(parts, list) and ("$or" in dql or len(parts) == 1)
    if not one or not all(map(_names_labels, parts)):
        raise InvalidQuery(
            "A join on annotations takes one condition on 'label', or several in $or, none negated."
        )
    return {"$or": [_all(part, _of_annotation, MAX_DEPTH) for part in parts]}


def _names_labels(part: object) -> bool:
    if not isinstance(part, Mapping) or [*part] != ["label"]:
        return False
    label = part["label"]
    return not isinstance(label, Mapping) or label.keys() <= {"$eq", "$in"}


def _of_annotation(name: str, operator: str, operand: Any) -> Metadata:
    return {name: {operator: operand}}


def _of_record(name: str, operator: str, operand: Any) -> Metadata:
    return {METADATA + name: {operator: operand}}


def _moment(text: Any) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        message = f"'createdAt' is compared with a time in ISO 8601, not {text!r}."
        raise InvalidQuery(message) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
