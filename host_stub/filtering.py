"""A parsed query as SQL on the table of items. Its meaning is `host_contract.query.matches`."""

from __future__ import annotations

import json
import math
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, true
from sqlalchemy.sql.selectable import TableValuedAlias

from host_contract.query import METADATA, All, AnyOf, Condition, Filter, Not, Scalar
from host_stub.database import ItemRow, among

NUMBERS = ("integer", "real", "true", "false")
TEXT = ("text",)
LARGEST = 2**63 - 1
"""SQLite's integers have 64 bits."""
_PATH = ItemRow.folder + ItemRow.name


def as_sql(tree: Filter) -> ColumnElement[bool]:
    """The condition on a row of `items`."""
    match tree:
        case All(parts):
            return and_(true(), *(as_sql(part) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(as_sql(part) for part in parts))
        case Not(part):
            return not_(as_sql(part))
        case Condition(field, operator, operand) if field == "label":
            return _any_of(func.json_each(ItemRow.labels), operator, operand)
        case Condition(field, operator, operand) if field.startswith(METADATA):
            keys = field.removeprefix(METADATA).split(".")
            # Escaped as in the stored text, which SQLite compares as it stands.
            path = "$" + "".join(f".{json.dumps(key)}" for key in keys)
            return _any_of(func.json_each(ItemRow.user_metadata, path), operator, operand)
        case Condition(field, operator, operand):
            column = _PATH if field == "path" else getattr(ItemRow, field)
            if operator == "$exists":
                return true() if operand else false()
            types = NUMBERS if field == "size" else TEXT
            return _compared(column, types, operator, operand)


def _any_of(
    values: Any, operator: str, operand: Scalar | tuple[Scalar, ...]
) -> ColumnElement[bool]:
    """Whether any of the values that json_each lists passes."""
    each: TableValuedAlias = values.table_valued("value", "type")
    known = each.c.type.in_((*NUMBERS, *TEXT))
    if operator == "$exists":
        there = exists().where(known)
        return there if operand else not_(there)
    conditions = [
        and_(each.c.type.in_(types), _compared(each.c.value, types, operator, operand))
        for types in (NUMBERS, TEXT)
    ]
    return exists().where(or_(*conditions))


def _compared(
    column: Any, types: tuple[str, ...], operator: str, operand: Scalar | tuple[Scalar, ...]
) -> ColumnElement[bool]:
    """A column whose values are of these types against the operand; never across types."""
    operands = operand if isinstance(operand, tuple) else (operand,)
    fitting = [_bound(one) for one in operands if isinstance(one, str) == (types == TEXT)]
    if operator in ("$eq", "$in"):
        return among(column, [one for one in fitting if one not in (math.inf, -math.inf)])
    if not fitting:
        return false()
    value = fitting[0]
    comparisons: dict[str, ColumnElement[bool]] = {
        "$gt": column > value,
        "$gte": column >= value,
        "$lt": column < value,
        "$lte": column <= value,
    }
    if operator in comparisons:
        return comparisons[operator]
    if operator == "$contains":
        contains: ColumnElement[bool] = func.contains_text(column, value) == 1
        return contains
    matched: ColumnElement[bool] = func.regexp(value, column) == 1
    return matched


def _bound(operand: Scalar) -> str | int | float:
    """An operand as SQLite takes it: its JSON has 1 and 0 for true and false."""
    if isinstance(operand, str | float):
        return operand
    if abs(operand) <= LARGEST:
        return int(operand)
    try:
        return float(operand)
    except OverflowError:
        return math.inf if operand > 0 else -math.inf
