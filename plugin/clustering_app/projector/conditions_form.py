"""The form for conditions on fields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from clustering_app.projector.conditions import OPERATORS
from clustering_app.projector.parts import STYLE

HERE = Path(__file__).parent
STYLES = [STYLE, (HERE / "conditions_form.css").read_text(encoding="utf-8")]


class ConditionsForm(JSComponent):  # type: ignore[misc]
    """Tells what is asked for once the user wants it found, as `query_of` takes it."""

    fields = param.List(default=[])
    operators = param.List(default=list(OPERATORS))

    _esm = HERE / "conditions_form.js"

    def __init__(self, on_asked: Callable[[Any], Awaitable[None]], **params: Any) -> None:
        """Take what to call with what the form sent."""
        super().__init__(stylesheets=STYLES, **params)
        self._on_asked = on_asked

    async def _handle_msg(self, message: Any) -> None:
        await self._on_asked(message)
