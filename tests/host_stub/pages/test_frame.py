"""The frame that every page has, without a browser."""

import gc
import weakref

import panel as pn
from panel.io.state import state

from host_stub.pages.frame import page


def test_a_page_hears_nothing_of_what_other_pages_do() -> None:
    made = page(pn.Column())
    told: list[object] = []
    made.param.watch(told.append, "busy")
    state._add_busy_event("another page")
    try:
        assert state.busy
        assert not made.busy
        assert told == []
    finally:
        state._remove_busy_event("another page")


def test_a_page_that_nobody_holds_is_forgotten() -> None:
    made = page(pn.Column())
    still_there = weakref.ref(made)
    del made
    gc.collect()
    assert still_there() is None
