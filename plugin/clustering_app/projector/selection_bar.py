"""What can be done with a selection: buttons above the map, a menu, and keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import panel as pn
import panel_material_ui as pmui
from panel.custom import JSComponent

from clustering_app.projector.map_state import MapState

Command = Literal["isolate", "hide", "show all", "invert", "clear", "undo", "redo"]
MENU: dict[str, tuple[Command, str]] = {
    "Invert selection (v)": ("invert", "flip"),
    "Hide selected (h)": ("hide", "visibility_off"),
    "Undo (Ctrl+Z)": ("undo", "undo"),
    "Redo (Ctrl+Shift+Z)": ("redo", "redo"),
}
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


class Keys(JSComponent):  # type: ignore[misc]
    """Hears keys while its tab is open and nothing is being typed."""

    _esm = Path(__file__).parent / "keys.js"

    def __init__(self, pressed: Callable[[str], None]) -> None:
        super().__init__(width=1, height=1, margin=0)
        self._pressed = pressed

    def _handle_msg(self, message: Any) -> None:
        if isinstance(message, str):
            self._pressed(message)


class SelectionBar:
    """Buttons are there when they would do something."""

    def __init__(self, state: MapState, done: Callable[[Command], None]) -> None:
        """Take what is acted on, and what to call after each command."""
        self._state = state
        self._done = done
        self._isolate = self._button("Isolate", "filter_center_focus", "isolate")
        self._show_all = self._button("Show all", "zoom_out_map", "show all")
        self._clear = self._button("Clear", "deselect", "clear")
        self._menu = pmui.MenuButton(
            label="More", variant="text", size="small", margin=(0, 2),
            items=[{"label": label, "icon": icon} for label, (_, icon) in MENU.items()],
        )  # fmt: skip
        self._menu.on_click(self._chosen)

    def view(self) -> pn.Row:
        """The buttons."""
        return pn.Row(
            self._isolate, self._show_all, self._clear, self._menu, Keys(self._key),
            margin=0, styles={"align-items": "center"},
        )  # fmt: skip

    def show(self) -> None:
        """Let the buttons follow the state."""
        self._isolate.disabled = self._clear.disabled = not self._state.selection
        self._show_all.disabled = self._state.isolated is None

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

    def _key(self, key: str) -> None:
        if key in KEYS:
            self.act(KEYS[key])

    async def _chosen(self, chosen: Any) -> None:
        self.act(MENU[chosen["label"]][0])

    def _button(self, label: str, icon: str, command: Command) -> Any:
        async def pressed(_event: object) -> None:
            self.act(command)

        return pmui.Button(
            label=label, icon=icon, variant="text", size="small", disabled=True,
            on_click=pressed, margin=(0, 2),
        )  # fmt: skip
