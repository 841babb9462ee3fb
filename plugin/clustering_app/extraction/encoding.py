"""Prepared items to vectors, several batches at a time. N items, P pictures, D dimensions."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clustering_app.extraction.prepared import Input, Unencodable
from clustering_app.vectors.similarity import unit
from host_contract.entities import Item

if TYPE_CHECKING:
    from clustering_app.extraction.encoder import Encoder

PICTURES_AT_ONCE = 64
"""Pictures and texts that the model holds, in all its batches together."""
PICTURES_ON_GPU = 256
"""The same on a graphics card, in one batch: a small model is a third faster than with 64."""
MOST_LANES = 8
NOT_FINITE = Unencodable("the model gives no finite vector for it")

Encoded: TypeAlias = tuple[Item, NDArray[np.float32] | Unencodable]
"""An item with its vector (D,), or the reason why there is none."""


def encoded_items(
    prepared: Iterable[tuple[Item, Input | Unencodable]], encoder: Encoder
) -> Generator[list[Encoded]]:
    """Batch by batch, each item once; all that was taken from `prepared` is given.

    On a processor each batch is encoded by one core while others are by others: threads that share
    a batch wait for one another after each layer, and the more the busier the machine is.
    """
    import torch

    threads = torch.get_num_threads()
    lanes = 1 if encoder.on_gpu else min(threads, MOST_LANES)
    per_batch = PICTURES_ON_GPU if encoder.on_gpu else max(PICTURES_AT_ONCE // lanes, 1)
    batch: list[tuple[Item, Input]] = []
    size = 0
    ahead: deque[Future[list[Encoded]]] = deque()
    pool = ThreadPoolExecutor(
        lanes,
        thread_name_prefix="encode",
        initializer=lambda: torch.set_num_threads(threads // lanes),
    )
    try:
        for item, one in prepared:
            if isinstance(one, Unencodable):
                yield [(item, one)]
                continue
            batch.append((item, one))
            size += 1 if isinstance(one, str) else len(one)
            if size >= per_batch:
                ahead.append(pool.submit(_encoded, encoder, batch))
                batch, size = [], 0
            if len(ahead) > lanes:
                yield ahead.popleft().result()
        if batch:
            ahead.append(pool.submit(_encoded, encoder, batch))
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)


def _encoded(encoder: Encoder, batch: Sequence[tuple[Item, Input]]) -> list[Encoded]:
    """The pictures and the texts of a batch in one call of the model each.

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
