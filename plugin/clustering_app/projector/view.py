"""What any map shows and tells, whatever draws it. N points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clustering_app.projector.colours import Colouring


class MapView(Protocol):
    """A drawn map. Arrays go to the browser as raw binary, a selection comes back as bits."""

    def show(
        self, coordinates: NDArray[np.float32], colours: Colouring, *, stay: bool = False
    ) -> None:
        """Draw these points (N, 2), and forget the selection.

        All are seen then; with `stay` only if all were seen before, and else it is looked where it
        was.
        """

    def recolour(self, colours: Colouring) -> None:
        """Colour the points anew; only one number a point is sent."""

    def label(self, rows: NDArray[np.intp], texts: Sequence[str]) -> None:
        """Write texts beside these points."""

    def select(self, rows: NDArray[np.intp]) -> None:
        """Select these points, and no others."""

    def on_select(self, callback: Callable[[NDArray[np.intp]], None]) -> None:
        """Call back with the rows that the user selected."""

    def on_hover(self, callback: Callable[[int | None, float, float], None]) -> None:
        """Call back with the row under the pointer, or None, and the pointer's place in pixels."""

    def fit(self) -> None:
        """Look so that every point is seen."""

    @property
    def seen(self) -> tuple[float, ...]:
        """From where the map is seen, in numbers that only `look` reads; none when it is fitted."""

    def look(self, seen: tuple[float, ...]) -> None:
        """See the map as `seen` said. Raises `ValueError` for numbers that it cannot have said."""

    def on_view(self, callback: Callable[[int], None]) -> None:
        """Call back with how many points are in view, each time that the view comes to rest."""

    def places(
        self, size: tuple[int, int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Where the points lie in a picture of this size of what is seen.

        Returns:
            (N, 2) pixels from the left and the top, NaN where a point is not seen; (N,) distances
            from the eye; (N,) radii in pixels.
        """

    def pane(self) -> object:
        """What Panel shows."""
