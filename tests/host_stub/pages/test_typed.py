"""What is typed becomes a value, and a value what is typed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from host_stub.pages import typed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text() | st.sampled_from(["12", "null", '"', "[1", "NaN", "-Infinity"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(VALUES)
def test_every_value_can_be_typed(value):
    assert typed.read(typed.write(value)) == value


@given(st.text())
@example("[-1e999]")
def test_everything_that_is_typed_is_a_value(text):
    value = typed.read(text)
    assert typed.read(typed.write(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ('"12"', "12"),
        ("true", True),
        ("null", None),
        ("NaN", "NaN"),
        ("1e999", "1e999"),
        ("plain text", "plain text"),
        ("[" * 100_000, "[" * 100_000),
        ("1" * 100_000, "1" * 100_000),
    ],
)
def test_read(text, value):
    assert typed.read(text) == value
