"""Blocks of work on all cores; numpy lets go of the interpreter, so that threads do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Block = TypeVar("Block")
Result = TypeVar("Result")


def in_threads(function: Callable[[Block], Result], blocks: Iterable[Block]) -> Iterator[Result]:
    """Results in the order of the blocks; a few blocks more than there are cores are under way.

    While it runs, a product of matrices has one thread: one a block wins over several in each.
    """
    threads = os.cpu_count() or 1
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        waiting = []
        for block in blocks:
            waiting.append(pool.submit(function, block))
            if len(waiting) > 2 * threads:
                yield waiting.pop(0).result()
        for one in waiting:
            yield one.result()
