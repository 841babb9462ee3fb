"""Searches by several conditions on fields, in the query language of `host_contract.query`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from clustering_app.projector.contents import OF_THE_MAP, Points
from host_contract.entities import Item
from host_contract.errors import InvalidInput
from host_contract.query import FIELDS, Scalar, holds, parse_query, values_of

ALL_FIELDS = (*FIELDS, *OF_THE_MAP)
"""That conditions may be on, beside metadata."""

OPERATORS = {
    "=": "$eq", "≠": "$ne", "<": "$lt", "≤": "$lte", ">": "$gt", "≥": "$gte",
    "contains": "$contains", "in range": "range", "exists": "$exists",
}  # fmt: skip
"""As the user sees them, and what they are in the query language."""
JOINS = {"all": "$and", "any": "$or"}
MOST_CONDITIONS = 20
LONGEST_VALUE = 500


def query_of(asked: Any) -> dict[str, JsonValue]:
    """The query that a form asks for; what it sent is not trusted.

    Args:
        asked: {"join": "all" or "any", "conditions": [[field, operator, value, end], ...]}, texts
            all; `end` is that of a range.

    Raises:
        InvalidInput: it is no such form, or a value is missing.
    """
    match asked:
        case {"join": str(join), "conditions": [*conditions]} if join in JOINS:
            pass
        case _:
            raise InvalidInput("These are no conditions.")
    if not 0 < len(conditions) <= MOST_CONDITIONS:
        raise InvalidInput(f"Give one condition to {MOST_CONDITIONS}.")
    parts: list[JsonValue] = []
    for one in conditions:
        match one:
            case [str(field), str(operator), str(value), str(end)] if operator in OPERATORS:
                parts.append(_part(field, operator, value.strip(), end.strip()))
            case _:
                raise InvalidInput("One of the conditions is none.")
    return {JOINS[join]: parts}


def read_query(text: str) -> dict[str, JsonValue]:
    """A query that an address says. Raises `InvalidInput` when it is none."""
    try:
        query = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        query = None
    if not isinstance(query, dict):
        raise InvalidInput("The conditions of this search cannot be read.")
    parse_query(query, fields=ALL_FIELDS)
    return query


def meeting(points: Points, query: Mapping[str, JsonValue]) -> NDArray[np.intp]:
    """Rows of the items that a query matches; a missing value meets no comparison but '≠'.

    What the map says of an item are fields too; an item that is not on it has none of these.
    A cluster is met by its name and by its number.

    Raises:
        InvalidInput: `InvalidQuery`, which names the field or operator.
    """
    tree = parse_query(query, fields=ALL_FIELDS)
    point_of = {item_id: row for row, item_id in enumerate(points.item_ids)}

    def values(item: Item, field: str) -> Sequence[Scalar]:
        if field not in OF_THE_MAP:
            return values_of(item, field)
        row = point_of.get(item.id)
        return [] if row is None else points.known(row, field)

    items = points.table.items
    return np.flatnonzero([holds(tree, partial(values, item)) for item in items])


def _part(field: str, operator: str, value: str, end: str) -> dict[str, JsonValue]:
    if operator == "exists":
        return {field: {"$exists": True}}
    if not value or len(value) > LONGEST_VALUE or (operator == "in range" and not end):
        raise InvalidInput(f"Give {field} {operator} a value.")
    if operator == "in range":
        return {field: {"$gte": _meanings(value)[0], "$lte": _meanings(end)[0]}}
    if operator == "contains":
        return {field: {"$contains": value}}
    name = OPERATORS[operator]
    meanings = _meanings(value)
    if len(meanings) == 1 or operator not in ("=", "≠"):
        return {field: {name: meanings[0]}}
    return {field: {"$in" if operator == "=" else "$nin": meanings}}


def _meanings(value: str) -> list[JsonValue]:
    """What a text may stand for: a number or a truth value first, then itself."""
    number = _number(value)
    if number is not None:
        return [number, value]
    truth = {"true": True, "false": False}.get(value.lower())
    return [value] if truth is None else [truth, value]


def _number(text: str) -> float | None:
    try:
        return int(text)  # of many digits, which a float would round
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
