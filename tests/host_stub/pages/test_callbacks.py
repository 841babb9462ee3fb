"""Callbacks of one page run in the order of the user's acts, and no page waits for another."""

import threading
import time
from concurrent.futures import Future
from typing import Any

import pytest
from bokeh.document import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from host_stub.pages.callbacks import OrderedThreads

PAGES = 3


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, PAGES - 1), st.floats(0, 0.004)), max_size=40))
def test_what_is_of_one_page_runs_in_its_order(acts: list[tuple[int, float]]) -> None:
    pages = [Document() for _ in range(PAGES)]
    done: list[list[int]] = [[] for _ in pages]

    def act(_page: Document, which: int, number: int, seconds: float) -> int:
        time.sleep(seconds)
        done[which].append(number)
        return number

    with OrderedThreads(4) as threads:
        futures: list[Future[Any]] = [
            threads.submit(act, pages[which], which, number, seconds)
            for number, (which, seconds) in enumerate(acts)
        ]
        assert [future.result(60) for future in futures] == list(range(len(acts)))
    assert done == [
        [number for number, (which, _) in enumerate(acts) if which == page] for page in range(PAGES)
    ]


def test_a_page_that_hangs_holds_up_no_other() -> None:
    hanging, other = Document(), Document()
    go_on = threading.Event()
    with OrderedThreads(2) as threads:
        held = [threads.submit(lambda _page: go_on.wait(60), hanging) for _ in range(5)]
        assert threads.submit(lambda _page: "answered", other).result(60) == "answered"
        assert threads.submit(lambda: "of no page").result(60) == "of no page"
        assert not any(future.done() for future in held)
        go_on.set()
        assert all(future.result(60) for future in held)


def test_what_fails_is_told_and_the_next_is_called() -> None:
    page = Document()

    def fail(_page: Document) -> None:
        raise ValueError("wrong")

    with OrderedThreads(2) as threads:
        failed = threads.submit(fail, page)
        assert threads.submit(lambda _page: "next", page).result(60) == "next"
        with pytest.raises(ValueError, match="wrong"):
            failed.result(60)
