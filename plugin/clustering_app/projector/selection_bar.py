"""What can be done with a selection: buttons above the map, and keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import param
from panel.custom import JSComponent

from clustering_app.projector.map_state import MapState
from clustering_app.projector.parts import STYLE

Command = Literal["isolate", "hide", "show all", "invert", "clear", "undo", "redo"]
KEYS: dict[str, Command] = {
    "i": "isolate",
    "h": "hide",
    "a": "show all",
    "v": "invert",
    "Escape": "clear",
    "ctrl+z": "undo",
    "ctrl+shift+z": "redo",
    "ctrl+y": "redo",
}


@dataclass(frozen=True)
class Button:
    """A command as its button shows it."""

    command: Command
    name: str
    icon: str
    title: str
    text: bool = False
    """Whether the name stands beside the icon."""


BUTTONS = (
    Button("isolate", "Isolate", "filter_center_focus", "Show only what is selected (i)", True),
    Button("show all", "Show all", "zoom_out_map", "Show every point again (a)", True),
    Button("clear", "Clear", "deselect", "Select nothing (Esc)", True),
    Button("invert", "Invert selection", "flip", "Select what is not selected (v)"),
    Button("hide", "Hide selected", "visibility_off", "Hide what is selected (h)"),
    Button("undo", "Undo", "undo", "Undo (Ctrl+Z)"),
    Button("redo", "Redo", "redo", "Redo (Ctrl+Shift+Z)"),
)


class SelectionBar(JSComponent):  # type: ignore[misc]
    """Buttons can be pressed when they would do something.

    Panel's own buttons lose what comes while they are being mounted; this one does not.
    """

    commands = param.List(default=[asdict(button) for button in BUTTONS])
    keys = param.Dict(default=dict(KEYS))
    possible = param.List(default=[], doc="Commands that would do something.")

    _esm = Path(__file__).parent / "selection_bar.js"

    def __init__(self, state: MapState, done: Callable[[Command], None]) -> None:
        """Take what is acted on, and what to call after each command."""
        super().__init__(stylesheets=[STYLE], margin=0, styles={"max-width": "100%"})
        self._state = state
        self._done = done

    def show(self) -> None:
        """Let the buttons follow the state."""
        self.possible = self._state.possible()

    def act(self, command: Command) -> None:
        """Do it, and say so."""
        {
            "isolate": self._state.isolate,
            "hide": self._state.hide,
            "show all": self._state.show_all,
            "invert": self._state.invert,
            "clear": lambda: self._state.select([]),
            "undo": self._state.undo,
            "redo": self._state.redo,
        }[command]()
        self._done(command)

    def _handle_msg(self, message: Any) -> None:
        if message in get_args(Command):
            self.act(message)
