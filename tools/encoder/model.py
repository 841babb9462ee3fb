"""The network to train: open_clip's own classes from the bundled configuration."""

from __future__ import annotations

from typing import Any

from clustering_app.extraction.mini_clip import configuration, tokenizer
from clustering_app.extraction.torchvision_operators import declare_missing_operators

__all__ = ["new_model", "tokenizer"]


def new_model() -> Any:
    """A model with random weights, in training mode, on the CPU."""
    declare_missing_operators()
    from open_clip.model import CLIP

    return CLIP(**configuration())
