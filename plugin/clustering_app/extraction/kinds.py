"""What an item is for an encoder: a picture, a text, a video, or nothing that it can see."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from importlib.util import find_spec

from host_contract.context import Query
from host_contract.entities import Item


class Kind(StrEnum):
    """Kinds of items that can have a vector."""

    IMAGE = "image"
    TEXT = "text"
    VIDEO = "video"


MIMETYPES = {
    Kind.IMAGE: "^image/",
    Kind.TEXT: "^text/(plain|markdown|x-markdown)$",
    Kind.VIDEO: "^video/",
}
"""Regular expressions. What a file really is shows when it is read."""


def kind_of(item: Item) -> Kind | None:
    """The kind that an item's mimetype says; None for what no encoder here can see."""
    return next((kind for kind, of in MIMETYPES.items() if re.search(of, item.mimetype)), None)


def why_not_embeddable(item: Item) -> str | None:
    """Why an item can have no vector, whatever its bytes; None when it can."""
    kind = kind_of(item)
    if kind is None:
        return f"neither image, text nor video but {item.mimetype}"
    if kind is Kind.VIDEO and not videos_are_read():
        return "videos need PyAV; run: pip install 'clustering[video]', and extract again"
    return None


def embeddable() -> Query:
    """What items that can have a vector match, in the host's query language."""
    kinds = [kind for kind in Kind if kind is not Kind.VIDEO or videos_are_read()]
    return {"mimetype": {"$regex": "|".join(f"({MIMETYPES[kind]})" for kind in kinds)}}


@cache
def videos_are_read() -> bool:
    """Whether PyAV is installed."""
    return find_spec("av") is not None
