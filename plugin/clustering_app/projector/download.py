"""Files to take away: those that actions make, the picture of the map, and its table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.custom import JSComponent

from clustering_app.export import as_csv, as_parquet
from clustering_app.projector.map_state import MapState
from clustering_app.projector.picture import SIZE, Scene, svg
from host_contract.errors import InvalidInput

PNG, SVG = "Picture (PNG)", "Picture (SVG)"
TABLES = {
    "Shown points (CSV)": as_csv,
    "Shown points (Parquet)": as_parquet,
    "Selected points (CSV)": as_csv,
    "Selected points (Parquet)": as_parquet,
}
SELECTED = "Selected"
TOLD_AFTER_SECONDS = 1.0


class Download(JSComponent):  # type: ignore[misc]
    """Invisible: makes the browser save a file, never open it."""

    _esm = Path(__file__).parent / "download.js"

    def offer(self, name: str, content: bytes, size: tuple[int, int] | None = None) -> None:
        """Save the content under this name; with a size, SVG is saved in pixels, as PNG."""
        self._send_msg({"name": name, "content": content, "size": size and list(size)})


class DownloadMenu:
    """What is in view as a picture; what is shown or selected as a table, a row an item."""

    def __init__(
        self,
        state: MapState,
        name: str,
        *,
        scene: Callable[[str], Scene],
        tell: Callable[[str], None],
    ) -> None:
        """Take what is shown, the dataset's name, what makes a scene, and what tells a failure."""
        self._state = state
        self._name = name
        self._scene = scene
        self._tell = tell
        self._download = Download()
        self._button = pmui.MenuButton(
            label="Download", icon="download", variant="text", size="small", margin=(0, 2),
            items=[{"label": PNG}, {"label": SVG}, None, *({"label": label} for label in TABLES)],
        )  # fmt: skip
        self._button.on_click(self._chosen)

    def view(self) -> pn.Row:
        """The menu."""
        return pn.Row(self._button, self._download, margin=0)

    async def _chosen(self, chosen: Any) -> None:
        if (points := self._state.points) is None:
            return
        making = asyncio.create_task(asyncio.to_thread(self.content, chosen["label"]))
        if not (await asyncio.wait([making], timeout=TOLD_AFTER_SECONDS))[0]:
            self._tell("The file is being made …")
            await asyncio.wait([making])
            self._tell("")
        try:
            content = making.result()
        except InvalidInput as error:
            self._tell(str(error))
            return
        ending = chosen["label"].split("(")[1].rstrip(")").lower()
        size = SIZE if chosen["label"] == PNG else None
        self._download.offer(f"{self._name} {points.run.id}.{ending}", content, size)

    def content(self, label: str) -> bytes:
        """The file that an entry of the menu stands for; SVG for both pictures.

        Raises:
            InvalidInput: there is no map, nothing is selected, or too much is in view.
        """
        if (points := self._state.points) is None:
            raise InvalidInput("There is no map yet.")
        if label in (PNG, SVG):
            return svg(self._scene(self._name))
        rows = self._state.shown()
        if label.startswith(SELECTED):
            if not self._state.selection:
                raise InvalidInput("Nothing is selected. Select points, then download them.")
            rows = rows[self._state.selected_rows()]
        return TABLES[label]([points.item(int(row)) for row in rows], points)
