"""Items to prepared pictures, read and decoded in threads ahead of the model."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from clustering_app.errors import Undecodable
from clustering_app.extraction.decode import decode_image
from host_contract.entities import Item

if TYPE_CHECKING:
    import torch

    from clustering_app.extraction.encoder import Encoder

    Prepared: TypeAlias = tuple[Item, torch.Tensor | str]
    """An item, and its picture as the model sees it, or the reason why there is none."""

THREADS = 4
PICTURES_AHEAD = 128
"""Pictures that wait for the model at most; with the decoder's budget this bounds the memory."""


def prepared_pictures(items: Iterable[Item], encoder: Encoder) -> Generator[Prepared]:
    """Each item with its prepared picture, in the order given. Close it to stop the threads."""
    rest = iter(items)
    ahead: deque[Future[Prepared]] = deque()
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="decode")
    try:
        for item in islice(rest, PICTURES_AHEAD):
            ahead.append(threads.submit(_prepared, item, encoder))
        while ahead:
            done = ahead.popleft().result()
            for item in islice(rest, 1):
                ahead.append(threads.submit(_prepared, item, encoder))
            yield done
    finally:
        threads.shutdown(cancel_futures=True)


def _prepared(item: Item, encoder: Encoder) -> Prepared:
    try:
        with item.open() as file:
            picture = decode_image(file, target_pixels=encoder.image_size)
        return item, encoder.prepare(picture)
    except Undecodable as error:
        return item, str(error)
    except OSError as error:  # ItemUnreadable is one
        return item, f"cannot be read: {error}"
