"""The button that lets the map and its tools fill the screen."""

from __future__ import annotations

from pathlib import Path

from panel.custom import JSComponent

from clustering_app.projector.parts import STYLE

MAP_PANEL = "map-panel"
"""Style class of what fills the screen: the nearest around the button that has it."""


class FullScreenButton(JSComponent):  # type: ignore[misc]
    """Works in the browser alone: only a press of the user may fill the screen."""

    _esm = Path(__file__).parent / "full_screen.js"

    def __init__(self) -> None:
        super().__init__(stylesheets=[STYLE], margin=0)
