"""Files to take away: those that actions make, and the table of the map."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.custom import JSComponent

from clustering_app.export import as_csv
from clustering_app.projector.map_state import MapState

SHOWN, SELECTED = "Shown points (CSV)", "Selected points (CSV)"


class Download(JSComponent):  # type: ignore[misc]
    """Invisible: makes the browser save a file, never open it."""

    _esm = Path(__file__).parent / "download.js"

    def offer(self, name: str, content: bytes) -> None:
        """Save the content under this name."""
        self._send_msg({"name": name, "content": content})


class DownloadMenu:
    """The table of what is shown or selected: a row an item with metadata, place and cluster."""

    def __init__(self, state: MapState, name: str) -> None:
        """Take what is shown and selected, and the name of the dataset for that of the file."""
        self._state = state
        self._name = name
        self._download = Download()
        self._button = pmui.MenuButton(
            label="Download", icon="download", variant="text", size="small", margin=(0, 2),
            items=[{"label": label} for label in (SHOWN, SELECTED)],
        )  # fmt: skip
        self._button.on_click(self._chosen)

    def view(self) -> pn.Row:
        """The menu."""
        return pn.Row(self._button, self._download, margin=0)

    def show(self) -> None:
        """Offer the selection only when there is one."""
        labels = (SHOWN, SELECTED) if self._state.selection else (SHOWN,)
        items = [{"label": label} for label in labels]
        if items != self._button.items:
            self._button.items = items

    async def _chosen(self, chosen: Any) -> None:
        if (points := self._state.points) is None:
            return
        rows = self._state.shown()
        if chosen["label"] == SELECTED:
            rows = rows[self._state.selected_rows()]
        items = [points.item(int(row)) for row in rows]
        self._button.loading = True
        try:
            content = await asyncio.to_thread(as_csv, items, points)
        finally:
            self._button.loading = False
        self._download.offer(f"{self._name} {points.run.id}.csv", content)
