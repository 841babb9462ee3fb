"""Bytes become the beginning of a text, or an error that says why not."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustering_app.errors import Undecodable
from clustering_app.extraction.text import MAX_CHARACTERS, READ_BYTES, decode_text


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_with_single_spaces(encoding: str, text: str) -> None:
    content = io.BytesIO(text.encode(encoding))
    expected = " ".join(text.removeprefix("\ufeff").split())
    if not expected:
        with pytest.raises(Undecodable, match="is empty"):
            decode_text(content)
    elif encoding == "utf-8" or not text.startswith("\ufeff"):
        assert decode_text(content) == expected[:MAX_CHARACTERS]


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("character", ["é", "€", "🐈"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_long_text_may_be_cut_within_a_character(
    encoding: str, shift: int, character: str
) -> None:
    content = io.BytesIO(("x" * shift + character * READ_BYTES).encode(encoding))
    assert decode_text(content) == ("x" * shift + character * MAX_CHARACTERS)[:MAX_CHARACTERS]
    assert content.tell() == READ_BYTES


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is empty"), (b" \n ", "is empty"), (b"caf\xe9 au lait", "UTF-8"),
     (b"a\0b", "characters of number 0"), (bytes(READ_BYTES - 5) + b"\xff" * 9, "UTF-8"),
     (b"x" * (READ_BYTES - 9) + b"\xff" * 99, "UTF-8"),
     (b"\xef\xbb\xbf" + b"x" * (READ_BYTES - 9) + b"\xff" * 99, "UTF-8"),
     (b"x" * (READ_BYTES - 2) + b"\xffx", "UTF-8"), (b"caf\xc3", "UTF-8")],
)  # fmt: skip
def test_what_is_no_text_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(Undecodable, match=says):
        decode_text(io.BytesIO(content))


@given(content=st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    try:
        assert decode_text(io.BytesIO(content)).strip()
    except Undecodable as error:
        assert str(error).isprintable()
