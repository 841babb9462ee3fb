"""The map in space, and large maps in the plane: points drawn with WebGL 2. N points."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
import param
from numpy.typing import NDArray
from panel.custom import JSComponent

from clustering_app.projector.camera import Camera, projected, seen_whole
from clustering_app.projector.colours import MISSING_COLOUR, Colouring
from clustering_app.projector.parts import own_address
from clustering_app.projector.selection import packed, unpacked

HERE = Path(__file__).parent
MODULES = (
    "view_3d_camera.js", "view_3d_selection.js", "view_3d_data.js", "view_3d_points.js",
    "view_3d_overlay.js", "view_3d_hands.js", "view_3d.js",
)  # fmt: skip
"""The parts of the one module that the browser gets, in their order."""
STYLE = (HERE / "view_3d.css").read_text(encoding="utf-8")

Tool = Literal["orbit", "box", "lasso"]
Mode = Literal["replace", "add", "subtract", "intersect"]


class PointCloud(JSComponent):  # type: ignore[misc]
    """What the browser gets and answers. Everything there is one of a point is raw bytes."""

    positions = param.Bytes(default=b"", doc="(N, dimensions) float32.")
    dimensions = param.Integer(default=2, bounds=(2, 3))
    codes = param.Bytes(default=b"", doc="(N,) float32, as in `Colouring`.")
    palette = param.List(default=[MISSING_COLOUR])
    low = param.Number(default=0.0)
    high = param.Number(default=1.0)
    missing = param.String(default=MISSING_COLOUR, doc="Colour of NaN.")
    selected = param.Bytes(default=b"", doc="Bits, set by either side.")
    hidden = param.Bytes(default=b"", doc="Bits of what is not shown; none when empty.")
    label_rows = param.Bytes(default=b"", doc="int32.")
    label_texts = param.List(default=[], item_type=str)
    diameter = param.Number(default=5.0, doc="Of a dot, in pixels.")
    tool = param.Selector(default="orbit", objects=["orbit", "box", "lasso"])
    mode = param.Selector(default="replace", objects=["replace", "add", "subtract", "intersect"])
    front_only = param.Boolean(default=False)
    thumbnails = param.Boolean(default=False)
    camera = param.Dict(default=None, doc="As `Camera`, set by either side; None fits.")
    drawing = param.Integer(default=0, doc="Number of the cloud; what is told of an older is late.")

    _esm = "\n".join((HERE / name).read_text(encoding="utf-8") for name in MODULES)

    def __init__(self, on_message: Callable[[Any], None], **params: Any) -> None:
        super().__init__(stylesheets=[STYLE], **params)
        self._on_message = on_message

    def _handle_msg(self, message: Any) -> None:
        self._on_message(message)


class MapView3D:
    """See `clustering_app.projector.view.MapView`; coordinates may also be (N, 3).

    A point is selected when its centre lies in the box, borders included, or inside the lasso by
    the even-odd rule; within 0.001 pixels of a border it may fall on either side. Hidden points
    are never hit. Whether one point covers another makes no difference, unless `set_front_only`.
    """

    def __init__(self) -> None:
        self._count = 0
        self._told: bytes | None = None
        """The selection that Python set, until the user changes it: that one is no news."""
        self._hover: Callable[[int | None, float, float], None] | None = None
        self._in_view: Callable[[int], None] | None = None
        self._address: Callable[[int], str | None] | None = None
        self._cloud = PointCloud(
            self._heard, sizing_mode="stretch_both", margin=0, min_height=300, name="map"
        )

    def show(
        self, coordinates: NDArray[np.float32], colours: Colouring, *, stay: bool = False
    ) -> None:
        """Draw these points, (N, 2) or (N, 3); forget selection, labels and hiding.

        All are in view, but for `stay`: see `MapView.show`.
        """
        stay = stay and bool(self.seen) and self._cloud.dimensions == coordinates.shape[1]
        camera = self.camera if stay else None
        self._count, dimensions = coordinates.shape
        self._told = packed([], self._count).tobytes()
        drawing = self._cloud.drawing + 1
        self._cloud.param.update(
            positions=np.ascontiguousarray(coordinates, np.float32).tobytes(),
            dimensions=dimensions,
            drawing=drawing,
            diameter=float(np.clip(400.0 / max(math.sqrt(self._count), 1.0), 2.0, 8.0)),
            selected=self._told,
            hidden=b"",
            label_rows=b"",
            label_texts=[],
            camera=None if camera is None else asdict(camera) | {"drawing": drawing},
            **_sent(colours),
        )

    def recolour(self, colours: Colouring) -> None:
        """Colour the points anew; only one number a point is sent."""
        self._cloud.param.update(**_sent(colours))

    def label(self, rows: NDArray[np.intp], texts: Sequence[str]) -> None:
        """Write texts beside these points, as many as do not cover one another."""
        self._cloud.param.update(
            label_rows=np.asarray(rows, np.int32).tobytes(), label_texts=list(texts)
        )

    def select(self, rows: NDArray[np.intp]) -> None:
        """Select these points, and no others."""
        self._told = packed(rows, self._count).tobytes()
        self._cloud.selected = self._told

    def on_select(self, callback: Callable[[NDArray[np.intp]], None]) -> None:
        """Call back with the rows that the user selected."""

        def changed(event: Any) -> None:
            if event.new is not self._told:
                self._told = None  # short bytes that are equal are also the same
                callback(unpacked(np.frombuffer(event.new, np.uint8), self._count))

        self._cloud.param.watch(changed, "selected")

    def selected(self) -> NDArray[np.intp]:
        """Rows that are selected, ascending."""
        return unpacked(np.frombuffer(self._cloud.selected, np.uint8), self._count)

    def on_hover(self, callback: Callable[[int | None, float, float], None]) -> None:
        """Call back with the row under the pointer, or None, and the pointer's place in pixels.

        Under the pointer is, of the dots that hold it, the one nearest to the eye; without such
        the nearest dot up to 6 pixels away.
        """
        self._hover = callback

    def on_view(self, callback: Callable[[int], None]) -> None:
        """Call back with how many points are in view, each time that the camera comes to rest."""
        self._in_view = callback

    def set_visible(self, rows: NDArray[np.intp] | None) -> None:
        """Show only these points; None shows all. The selection stays as it is."""
        if rows is None:
            self._cloud.hidden = b""
        else:
            hidden = np.setdiff1d(np.arange(self._count), rows)
            self._cloud.hidden = packed(hidden, self._count).tobytes()

    def set_tool(self, tool: Tool) -> None:
        """What dragging does. The others stay at hand: right drag moves, the wheel zooms."""
        self._cloud.tool = tool

    def set_mode(self, mode: Mode) -> None:
        """What a selection does to the one before, when neither Shift nor Alt is held."""
        self._cloud.mode = mode

    def set_front_only(self, front_only: bool) -> None:
        """Whether box and lasso pass over points that are wholly behind others.

        A point counts as in front when at least one pixel of its dot can be seen, at the
        resolution of the screen and as dots are drawn while nothing is selected.
        """
        self._cloud.front_only = front_only

    def show_thumbnails(self, address: Callable[[int], str | None] | None) -> None:
        """Draw pictures over the dots of at most 400 points in view; None stops it.

        They are the nearest to the eye in space, and to the middle of the view in the plane.

        Args:
            address: gives the path of a row's picture on this origin, or None without one.
        """
        self._address = address
        self._cloud.thumbnails = address is not None

    def fit(self) -> None:
        """Turn and zoom back so that every visible point is seen."""
        self.camera = None
        self._cloud._send_msg({"fit": True})  # a browser that told none yet hears no change of it

    @property
    def seen(self) -> tuple[float, ...]:
        """The numbers of the camera: where it looks, yaw, pitch, span; none when it is fitted."""
        camera = self.camera
        fitted = camera is None or (self._cloud.camera or {}).get("fitted") is True
        return (
            ()
            if camera is None or fitted
            else (*camera.target, camera.yaw, camera.pitch, camera.span)
        )

    def look(self, seen: tuple[float, ...]) -> None:
        """See the map as `seen` said. Raises `ValueError` for numbers that it cannot have said."""
        x, y, z, yaw, pitch, span = seen
        self.camera = Camera(target=(x, y, z), yaw=yaw, pitch=pitch, span=span)

    def places(
        self, size: tuple[int, int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Where the points lie in a picture of this size: see `MapView.places`."""
        flat = np.frombuffer(self._cloud.positions, np.float32)
        coordinates = flat.reshape(-1, self._cloud.dimensions)
        if not len(coordinates):
            return np.empty((0, 2)), np.empty(0), np.empty(0)
        camera = self.camera or seen_whole(coordinates)
        places, distances = projected(coordinates, camera, size)
        with np.errstate(divide="ignore"):
            radii = self._cloud.diameter / 2 * np.clip(1 / np.abs(distances), 0.5, 2.5)
        return places, distances, radii

    @property
    def camera(self) -> Camera | None:
        """From where the map is seen; None until a browser has told. None set fits."""
        told = self._cloud.camera
        if not isinstance(told, dict) or told.get("drawing") != self._cloud.drawing:
            return None
        try:
            return Camera(
                target=tuple(float(one) for one in told["target"]),  # type: ignore[arg-type]
                yaw=float(told["yaw"]),
                pitch=float(told["pitch"]),
                span=float(told["span"]),
            )
        except (KeyError, TypeError, ValueError):  # what a browser sent is not trusted
            return None

    @camera.setter
    def camera(self, camera: Camera | None) -> None:
        drawing = {"drawing": self._cloud.drawing}
        self._cloud.camera = None if camera is None else asdict(camera) | drawing

    def pane(self) -> PointCloud:
        """What Panel shows."""
        return self._cloud

    def _heard(self, message: Any) -> None:
        """What the browser says, which is not trusted."""
        match message:
            case {"row": int(row), "x": int() | float() as x, "y": int() | float() as y}:
                if self._hover is not None:
                    self._hover(row if 0 <= row < self._count else None, float(x), float(y))
            case {"in_view": int(count), "drawing": self._cloud.drawing, **rest}:
                if self._in_view is not None:
                    self._in_view(min(max(count, 0), self._count))
                self._send_thumbnails(rest.get("thumbnails"))

    def _send_thumbnails(self, rows: Any) -> None:
        if self._address is None or not isinstance(rows, list):
            return
        known = [row for row in rows if isinstance(row, int) and 0 <= row < self._count]
        addresses = {str(row): own_address(self._address(row)) for row in known}
        found = {row: address for row, address in addresses.items() if address is not None}
        self._cloud._send_msg({"thumbnails": found})


def _sent(colours: Colouring) -> dict[str, Any]:
    return {
        "codes": np.ascontiguousarray(colours.codes, np.float32).tobytes(),
        "palette": list(colours.palette),
        "low": colours.ends[0],
        "high": colours.ends[1],
    }
