"""Bytes to the beginning of a text, as much as a text tower can see."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from clustering_app.errors import Undecodable

READ_BYTES = 64 * 1024
"""So much of a file is looked at, whatever its length."""
MAX_CHARACTERS = 1000
"""More than fills the context of most models, 77 tokens. A tokenizer's time grows with the square
of a word's length: 0.1 s for a word of this length, 2 s for one of 8,000 characters."""
BYTE_ORDER_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decode_text(file: BinaryIO) -> str:
    """The beginning of a text in UTF-8, or UTF-16 with its mark; runs of white space are one space.

    Raises:
        Undecodable: the bytes are no text, or only white space.
        ItemUnreadable: the file raised it.
    """
    content = file.read(READ_BYTES)
    marks = (name for mark, name in BYTE_ORDER_MARKS if content.startswith(mark))
    decoder = codecs.getincrementaldecoder(next(marks, "utf-8-sig"))()
    try:  # a decoder of parts: where the file goes on, its last character may be cut
        text = decoder.decode(content, final=len(content) < READ_BYTES)
    except UnicodeDecodeError:
        raise Undecodable("not text in UTF-8") from None
    if "\0" in text:
        raise Undecodable("not text: it has characters of number 0")
    words = " ".join(text.split())
    if not words:
        raise Undecodable("the text is empty")
    return words[:MAX_CHARACTERS]
