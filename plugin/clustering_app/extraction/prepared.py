"""Items to what a model takes, read and decoded in threads ahead of it. S pixels, F frames."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import Undecodable
from clustering_app.extraction.content import opened
from clustering_app.extraction.decode import decode_image
from clustering_app.extraction.kinds import Kind, kind_of
from clustering_app.extraction.patience import Patience
from clustering_app.extraction.text import decode_text
from clustering_app.extraction.video import FRAMES, decode_video
from host_contract.entities import Item
from host_contract.errors import ItemGone, ItemUnreadable

if TYPE_CHECKING:
    from clustering_app.extraction.encoder import Encoder

Input: TypeAlias = NDArray[np.uint8] | str
"""A picture (1, S, S, 3), the frames of a video (F, S, S, 3), or a text."""

LEAST_THREADS = 4
"""Of decoding; on a machine with more cores as many as those: a graphics card waits for them."""
FROM_AFAR = 32
"""Threads more where a storage is far: they wait for it most of the time."""
PICTURES_A_TURN = 8
"""That a decoding thread is given at a time: each hand-over takes 30 µs of Python's lock."""
PICTURES_AHEAD = 128
"""Pictures that wait for the model, more only where each thread is to have two turns; with the
decoder's budget this bounds the memory."""


@dataclass(frozen=True)
class Unencodable:
    """Stands in the place of an item's input or vector."""

    reason: str
    """Why there is none, for the user."""
    lasting: bool = True
    """Whether there would be none of the same bytes at another time either."""


def prepared_items(
    items: Iterable[Item], encoder: Encoder, cancelled: Callable[[], bool], patience: Patience
) -> Generator[tuple[Item, Input | Unencodable]]:
    """Each item with what the model takes of it, in the order given. Close it to stop the threads.

    Args:
        items: Of kinds that can have a vector.
        encoder: The model.
        cancelled: Asked after each item, and each second that one is waited for; True ends it.
        patience: Of this extraction, with a storage that gives nothing for a while or is far.
    """
    import torch

    rest = iter(items)
    ahead: deque[tuple[list[Item], int, Future[list[Input | Unencodable]]]] = deque()
    count = max(LEAST_THREADS, torch.get_num_threads())
    room = max(PICTURES_AHEAD, 2 * count * PICTURES_A_TURN)
    pools = [ThreadPoolExecutor(count, thread_name_prefix="decode")]
    try:
        while True:
            if len(pools) == 1 and patience.far:
                pools.append(ThreadPoolExecutor(FROM_AFAR, thread_name_prefix="decode"))
                room += FROM_AFAR * PICTURES_A_TURN
            while room > 0:
                turn, pictures = _turn(rest)
                if not turn:
                    break
                future = pools[-1].submit(_all_prepared, turn, encoder, patience)
                ahead.append((turn, pictures, future))
                room -= pictures
            if not ahead:
                return
            turn, pictures, future = ahead.popleft()
            while not (future.done() or wait([future], timeout=1.0).done):
                if cancelled():
                    return
            room += pictures
            for found in zip(turn, future.result(), strict=True):
                yield found
                if cancelled():
                    return
    finally:
        patience.stop()
        for pool in pools:
            pool.shutdown(cancel_futures=True)


def _turn(rest: Iterator[Item]) -> tuple[list[Item], int]:
    """The next items that a thread prepares in one go, none at the end, and their pictures."""
    turn: list[Item] = []
    pictures = 0
    while pictures < PICTURES_A_TURN and (item := next(rest, None)) is not None:
        turn.append(item)
        pictures += _pictures(item)
    return turn, pictures


def _pictures(item: Item) -> int:
    """As many as it can become at most."""
    return FRAMES if kind_of(item) is Kind.VIDEO else 1


def _all_prepared(
    turn: Sequence[Item], encoder: Encoder, patience: Patience
) -> list[Input | Unencodable]:
    """For each item of a turn, up to where nobody waits for them any longer."""
    return [_prepared(item, encoder, patience) for item in turn if not patience.stopped]


def _prepared(item: Item, encoder: Encoder, patience: Patience) -> Input | Unencodable:
    failures: list[float] = []
    while True:
        began = time.monotonic()
        try:
            found = _read(item, encoder, patience)
        except Undecodable as error:
            found = Unencodable(str(error))
        except ItemGone as error:
            return Unencodable(f"cannot be read: {error}", lasting=False)
        except ItemUnreadable as error:
            failures.append(time.monotonic())
            if patience.wait(failures[0], len(failures)):
                continue
            return Unencodable(f"cannot be read: {error}", lasting=False)
        patience.answered(began)
        return found


def _read(item: Item, encoder: Encoder, patience: Patience) -> Input | Unencodable:
    began = time.monotonic()
    with opened(item) as content:
        read = time.monotonic()
        found = _decoded(kind_of(item), content, encoder)
    patience.took(read - began, time.monotonic() - read)
    return found


def _decoded(kind: Kind | None, file: BinaryIO, encoder: Encoder) -> Input | Unencodable:
    if kind is Kind.TEXT:
        return decode_text(file)
    if kind is Kind.VIDEO:
        return np.stack([encoder.prepare(frame) for frame in decode_video(file)])
    return encoder.prepare(decode_image(file, target_pixels=encoder.image_size))[None]
