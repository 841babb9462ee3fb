"""Prepared items to vectors, a batch at a time. N items, P pictures, D dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clustering_app.extraction.prepared import Input, Unencodable
from clustering_app.vectors.similarity import unit
from host_contract.entities import Item

if TYPE_CHECKING:
    from clustering_app.extraction.encoder import Encoder

NOT_FINITE = Unencodable("the model gives no finite vector for it")


def size(prepared: Input) -> int:
    """Pictures or texts that the model encodes for an item."""
    return 1 if isinstance(prepared, str) else len(prepared)


def encode(
    encoder: Encoder, batch: Sequence[tuple[Item, Input]]
) -> list[tuple[Item, NDArray[np.float32] | Unencodable]]:
    """Each item with its vector (D,), the pictures and the texts in a call of the model each.

    A video's vector is the mean of its frames' vectors, at unit length.
    """
    vectors: dict[str, NDArray[np.float32]] = {}
    texts = [(item, one) for item, one in batch if isinstance(one, str)]
    if texts:
        found_ND = encoder.encode_texts([text for _, text in texts])
        vectors |= {item.id: vector for (item, _), vector in zip(texts, found_ND, strict=True)}
    pictures = [(item, one) for item, one in batch if not isinstance(one, str)]
    if pictures:
        found_PD, start = encoder.encode_images(np.concatenate([one for _, one in pictures])), 0
        for item, one in pictures:
            of_item = found_PD[start : start + len(one)]
            vectors[item.id] = of_item[0] if len(one) == 1 else unit(of_item.mean(0)[None])[0]
            start += len(one)
    return [(item, _finite(vectors[item.id])) for item, _ in batch]


def _finite(vector_D: NDArray[np.float32]) -> NDArray[np.float32] | Unencodable:
    """The vector, if it is finite as it is kept."""
    with np.errstate(over="ignore"):
        return vector_D if np.isfinite(vector_D.astype(np.float16)).all() else NOT_FINITE
