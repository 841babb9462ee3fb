"""The bundled encoder: its open_clip configuration, its weights, and its reduced tokenizer."""

from __future__ import annotations

import gzip
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

BUNDLED = "mini-clip"
OFFLINE_ADVICE = f"use --model {BUNDLED}, which comes with the package and needs no network"

PREPROCESSING: dict[str, Any] = {"resize_mode": "longest", "fill_color": 255}
"""How it sees a picture that is not square: whole, with white beside it."""

FOLDER = Path(__file__).parent
CONFIGURATION = FOLDER / "mini-clip.json"
WEIGHTS = FOLDER / "mini-clip.safetensors"


def configuration() -> dict[str, Any]:
    """The model's configuration, in open_clip's format."""
    content: dict[str, Any] = json.loads(CONFIGURATION.read_text(encoding="utf-8"))
    return content


@cache
def tokenizer() -> Any:
    """open_clip's own byte-pair tokenizer, cut to its most frequent merges.

    The merges are ordered by frequency, so that the first ones make a smaller vocabulary of the
    same kind; a rarer word is spelled in more tokens. They are read from the installed open_clip.
    """
    import open_clip.tokenizer as source

    text = configuration()["text_cfg"]
    bytes_and_marks = 2 * 256 + 2
    merges = text["vocab_size"] - bytes_and_marks
    with gzip.open(source.default_bpe(), "rt", encoding="utf-8") as file:
        lines = [next(file) for _ in range(merges + 1)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "merges.txt.gz"
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write("".join(lines).rstrip("\n"))
        return source.SimpleTokenizer(str(path), context_length=text["context_length"])
