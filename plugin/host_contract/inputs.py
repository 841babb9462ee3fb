"""The inputs of a function, checked against what the app's manifest declares."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import JsonValue

from host_contract.entities import Metadata
from host_contract.errors import InvalidInput
from host_contract.manifest import Function

INPUT_TYPES: dict[str, tuple[str, Callable[[object], bool]]] = {
    "Dataset": ("the id of a dataset", lambda value: isinstance(value, str)),
    "Item[]": (
        "a list of item ids",
        lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    ),
    "Json": ("an object", lambda value: isinstance(value, dict)),
    "String": ("a text", lambda value: isinstance(value, str)),
    "Integer": (
        "a whole number",
        lambda value: isinstance(value, int) and not isinstance(value, bool),
    ),
    "Number": (
        "a number",
        lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    ),
    "Boolean": ("true or false", lambda value: isinstance(value, bool)),
}


def checked(function: Function, inputs: Metadata) -> Metadata:
    """The inputs with declared defaults filled in. Raises `InvalidInput`."""
    declared = {one.name: one for one in function.input}
    for name in inputs:
        if name not in declared:
            raise InvalidInput(f"{function.name} has no input {name!r}.")
    given: Metadata = {}
    for name, one in declared.items():
        value: JsonValue = inputs.get(name)
        value = one.default if value is None else value
        if value is None:
            if one.required:
                raise InvalidInput(f"{function.name} needs the input {name!r}.")
            continue
        expected, fits = INPUT_TYPES[one.type]
        if not fits(value):
            raise InvalidInput(f"Input {name!r} of {function.name} is {expected}, not {value!r}.")
        given[name] = value
    return given
