"""The budget is never exceeded, and everybody gets their turn."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustering_app.extraction.memory import MemoryBudget


@given(counts=st.lists(st.integers(0, 10), min_size=1, max_size=40))
def test_no_more_is_held_than_there_is(counts: list[int]) -> None:
    budget, lock = MemoryBudget(10), threading.Lock()
    held, most = 0, 0

    def work(count: int) -> None:
        nonlocal held, most
        with budget.reserved(count):
            with lock:
                held += count
                most = max(most, held)
            with lock:
                held -= count

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, counts, timeout=30))
    assert most <= 10
    with budget.reserved(10):
        pass


def test_more_than_there_is_is_refused() -> None:
    with pytest.raises(ValueError, match="11 bytes"), MemoryBudget(10).reserved(11):
        pass
