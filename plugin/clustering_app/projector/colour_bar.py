"""What the colours of numbers stand for: a scale with a histogram, on which a range is chosen."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import param
from panel.custom import JSComponent

from clustering_app.projector.colours import Colouring

HERE = Path(__file__).parent
STYLES = [(HERE / name).read_text(encoding="utf-8") for name in ("parts.css", "colour_bar.css")]
BARS = 40


class ColourBar(JSComponent):  # type: ignore[misc]
    """Tells the range that was brushed or typed."""

    palette = param.List(default=["#000000"])
    low = param.Number(default=0.0)
    high = param.Number(default=1.0)
    counts = param.List(default=[], doc="Points a bar, from low to high; none hides the scale.")

    _esm = HERE / "colour_bar.js"

    def __init__(self, on_range: Callable[[float, float], None]) -> None:
        """Take what to call with the lowest and the highest value wanted."""
        super().__init__(stylesheets=STYLES, sizing_mode="stretch_width", margin=0)
        self._on_range = on_range

    def show(self, colours: Colouring) -> None:
        """Show the scale of these colours, or nothing where they are categories."""
        if colours.categories:
            self.counts = []
            return
        counts, _ = np.histogram(colours.codes[~np.isnan(colours.codes)], BARS, colours.ends)
        self.param.update(
            palette=list(colours.palette), low=colours.low, high=colours.high,
            counts=counts.tolist(),
        )  # fmt: skip

    def _handle_msg(self, message: Any) -> None:
        match message:
            case [int() | float() as low, int() | float() as high] if low <= high < math.inf:
                self._on_range(float(low), float(high))
