"""Values that are kept as JSON: refused where they could not be read, or searched, again."""

from __future__ import annotations

import json

from pydantic import JsonValue

from host_contract.errors import InvalidInput

MAX_DEPTH = 100
"""SQLite reads ten times as deep, pydantic twice."""


def check_json(value: JsonValue, what: str, most_characters: int | None = None) -> None:
    """Raise `InvalidInput` for what cannot be kept as JSON.

    Args:
        value: Of Python's `json`, which takes more than there is in JSON: NaN, infinity (1e999 is
            one), and halves of characters such as an emoji that was cut.
        what: Whose value it is, to begin the message with.
        most_characters: The longest that its text may be; None for any length.
    """
    if _deeper_than(value, MAX_DEPTH):
        raise InvalidInput(f"{what}: nested more than {MAX_DEPTH} levels deep.")
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{what}: half a character, {error.object[error.start]!r}.") from error
    except ValueError as error:
        raise InvalidInput(f"{what}: a number that is none, or infinite.") from error
    if most_characters is not None:
        check_length(text, what, most_characters)


def check_length(text: str, what: str, most_characters: int) -> None:
    """Raise `InvalidInput` for JSON that is longer; `what` begins the message."""
    if len(text) > most_characters:
        raise InvalidInput(
            f"{what}: at most {most_characters:,} characters of JSON, not {len(text):,}."
        )


def _deeper_than(value: JsonValue, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper_than(each, levels - 1) for each in inside)
