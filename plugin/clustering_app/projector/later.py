"""Calling what takes long from a callback that may not wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import param


def later(call: Callable[[], Awaitable[Any]]) -> None:
    """Call in the page's event loop; from any of its callbacks."""

    async def called() -> None:
        await call()

    param.parameterized.async_executor(called)
