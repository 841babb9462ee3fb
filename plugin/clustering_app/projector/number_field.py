"""Numbers as users type them: a browser also hands over an empty field, or one out of bounds."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T", int, float)


def number_in(field: Any, default: T) -> T:
    """What a widget with `value`, `start` and `end` says, moved into its bounds.

    The default where it is empty. From then on the widget says so too: what is used is seen.
    """
    value = default if field.value is None else field.value
    if field.start is not None:
        value = max(value, field.start)
    if field.end is not None:
        value = min(value, field.end)
    field.value = value
    return value
