"""Values as a person types them: JSON where it reads as JSON, plain text otherwise."""

from __future__ import annotations

import json
import math
from typing import NoReturn

from pydantic import JsonValue

WITHIN_SECONDS = 0.2
"""Panel delivers what was typed 50 ms late, and a press of a button at once."""
DESCRIBED = "A number, true, false, null to remove the field, or plain text"


def read(typed: str) -> JsonValue:
    """The value of a text."""
    try:
        value: JsonValue = json.loads(typed, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return typed
    return value


def write(value: JsonValue) -> str:
    """The text that `read` takes for this value."""
    if isinstance(value, str) and read(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        _refuse(number)
    return value
