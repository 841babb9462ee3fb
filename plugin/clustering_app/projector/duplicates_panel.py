"""Asks for near-duplicates: how similar, and whether one of each group is left out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import panel_material_ui as pmui

from clustering_app.projector.button import Button
from clustering_app.projector.folded import folded
from clustering_app.projector.parts import Answer

LOWEST, DEFAULT = 0.8, 0.97
"""Cosines. Below the lowest nearly everything hangs together with most encoders."""


class DuplicatesPanel:
    """Folded away until it is wanted."""

    def __init__(self, on_find: Callable[[], Awaitable[None]]) -> None:
        """Take what to call when the user wants them found."""
        self._on_find = on_find
        self.threshold = pmui.FloatSlider(
            label="Similar from", start=LOWEST, end=1.0, step=0.005, value=DEFAULT, size="small",
            sizing_mode="stretch_width", margin=(5, 8),
        )  # fmt: skip
        self.leave_one = pmui.Checkbox(
            label="Leave out one of each group", value=True, size="small", margin=(0, 0)
        )
        self.find = Button(
            "Find near-duplicates", self._find, icon="content_copy", sizing_mode="stretch_width",
            margin=(5, 0),
        )  # fmt: skip
        self.answer = Answer()

    def view(self) -> pmui.Accordion:
        """The folded panel."""
        return folded("Near-duplicates", self.threshold, self.leave_one, self.find, self.answer)

    async def _find(self) -> None:
        self.find.enabled = False
        try:
            await self._on_find()
        finally:
            self.find.enabled = True
