"""A page that is made lets the event loop go on in between."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar

import httpx
import panel as pn
import pytest
from bokeh.models import Div

from host_stub.app import create_app
from host_stub.pages import turns
from host_stub.pages.turns import InSteps

T = TypeVar("T")


@pytest.fixture(autouse=True)
def _stops_at_each_model(monkeypatch: pytest.MonkeyPatch) -> None:
    turns.take_turns()
    monkeypatch.setattr(turns, "LONGEST_SECONDS", 0.0)


async def beside(work: Awaitable[T], each_turn: Callable[[], None] = lambda: None) -> tuple[T, int]:
    """The result, and how many turns the event loop made meanwhile."""
    task = asyncio.ensure_future(work)
    count = 0
    while not task.done():
        await asyncio.sleep(0)
        each_turn()
        count += 1
    return task.result(), count


def test_a_page_that_is_made_leaves_the_loop_to_others(platform):
    dataset = platform.datasets.create("signs")
    app = create_app(platform)
    current: list[object] = []

    async def ask() -> tuple[httpx.Response, int]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            page = client.get(f"/datasets/{dataset.id}")
            return await beside(page, lambda: current.append(pn.state.curdoc))

    answer, count = asyncio.run(ask())
    assert answer.status_code == 200
    assert "data-root-id" in answer.text
    assert count > 50
    assert set(current) == {None}


def test_what_a_coroutine_in_steps_returns_raises_and_awaits():
    async def work() -> str:
        said.set("in it")
        Div()
        awaited = await asyncio.sleep(0, result="awaited")
        Div()
        return f"{awaited} {said.get()}"

    async def fail() -> None:
        Div()
        raise KeyError("no")

    said: ContextVar[str] = ContextVar("said", default="outside")
    assert asyncio.run(beside(InSteps(work())))[0] == "awaited in it"
    assert said.get() == "outside"
    with pytest.raises(KeyError, match="no"):
        asyncio.run(beside(InSteps(fail())))


def test_a_coroutine_in_steps_is_cancelled_where_it_awaits():
    seen: list[str] = []

    async def work() -> None:
        Div()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def main() -> None:
        task = asyncio.ensure_future(InSteps(work()))
        for _ in range(10):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["cancelled"]
