"""What the encoder is measured beside. N pictures, D dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PIXELS = 32
BATCH = 32


def pixels(_: str, pictures: Sequence[Image.Image]) -> np.ndarray:
    """Raw pixels, float32 (N, 3072), 0..1, of pictures squeezed to a small square."""
    small = [np.asarray(p.resize((PIXELS, PIXELS))).ravel() for p in pictures]
    return np.stack(small).astype(np.float32) / 255


def random_network(
    kept: Path,
) -> tuple[Callable[[str, Sequence[Image.Image]], np.ndarray], Callable[..., np.ndarray]]:
    """A ViT-B-32 with seeded random weights: what it makes of images, and of texts.

    Vectors of images are kept in a folder, since neither weights nor pictures ever change.
    """
    import open_clip
    import torch

    torch.manual_seed(0)
    network, _, transform = open_clip.create_model_and_transforms("ViT-B-32", pretrained=None)
    network.eval()
    tokenizer = open_clip.get_tokenizer("ViT-B-32")

    def images(name: str, pictures: Sequence[Image.Image]) -> np.ndarray:
        path = kept / f"{name}-{len(pictures)}.npy"
        if not path.is_file():
            batches = []
            for start in range(0, len(pictures), BATCH):
                batch = torch.stack([transform(p) for p in pictures[start : start + BATCH]])
                with torch.inference_mode():
                    batches.append(_unit(network.encode_image(batch)))
            kept.mkdir(parents=True, exist_ok=True)
            np.save(path, np.concatenate(batches))
        vectors: np.ndarray = np.load(path)
        return vectors

    def texts(words: Sequence[str]) -> np.ndarray:
        with torch.inference_mode():
            return _unit(network.encode_text(tokenizer(list(words))))

    return images, texts


def _unit(encoded: Any) -> np.ndarray:
    vectors: np.ndarray = (encoded / encoded.norm(dim=1, keepdim=True)).float().numpy()
    return vectors
