"""The map as a picture in vectors (SVG): what is in view, with labels, key and title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from clustering_app.projector.colours import MISSING_COLOUR, Colouring
from clustering_app.projector.map_state import shortened
from host_contract.errors import InvalidInput

WIDTH, HEIGHT = 960, 720
"""Pixels of the map itself."""
MARGIN, TITLE, LEGEND, LINE, LETTER = 24, 56, 230, 20, 7
SIZE = (WIDTH + LEGEND + 3 * MARGIN, HEIGHT + TITLE + 2 * MARGIN)
"""Pixels of the whole picture."""
FADED = 0.18
"""Opacity of what is not selected while something is, as on the screen."""
MOST_POINTS = 200_000
"""More would make files that no program opens."""
FONT = "Roboto, Helvetica, Arial, sans-serif"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The N shown points as they lie in the picture."""

    places: NDArray[np.float64]
    """(N, 2): pixels from the map's left and top; NaN where a point is not seen."""
    distances: NDArray[np.float64]
    """(N,): from the eye; the farthest is drawn first."""
    radii: NDArray[np.float64]
    """(N,): pixels."""
    colours: Colouring
    selected: NDArray[np.intp]
    labels: Sequence[tuple[int, str]]
    """Rows with a text."""
    title: str
    subtitle: str


def svg(scene: Scene) -> bytes:
    """Draw a scene as SVG; every text is escaped.

    Raises:
        InvalidInput: more than 200,000 points are in view.
    """
    x, y = scene.places.T
    inside = (x >= 0) & (x <= WIDTH) & (y >= 0) & (y <= HEIGHT)
    rows = np.flatnonzero(inside)
    if len(rows) > MOST_POINTS:
        raise InvalidInput(
            f"{len(rows):,} points are in view, and a picture holds {MOST_POINTS:,}: "
            "isolate or zoom to fewer."
        )
    rows = rows[np.argsort(-scene.distances[rows], kind="stable")]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE[0]}" height="{SIZE[1]}" '
            f'viewBox="0 0 {SIZE[0]} {SIZE[1]}" font-family="{FONT}" fill="#1b1e23">',
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            _text(MARGIN, MARGIN + 14, scene.title, size=20),
            _text(MARGIN, MARGIN + 38, scene.subtitle, size=13, fill="#5b6570"),
            f'<g transform="translate({MARGIN} {MARGIN + TITLE})">',
            *_dots(scene, rows),
            *_labels(scene, inside),
            "</g>",
            f'<g transform="translate({WIDTH + 2 * MARGIN} {MARGIN + TITLE})">',
            *_key(scene.colours),
            "</g>",
            "</svg>",
        ]
    ).encode()


def _dots(scene: Scene, rows: NDArray[np.intp]) -> list[str]:
    palette = scene.colours.palette
    low, high = scene.colours.ends
    numbers = np.floor((scene.colours.codes - low) * (len(palette) / (high - low)))
    selected = np.isin(rows, scene.selected)
    drawn = []
    for row, is_selected in zip(rows, selected, strict=True):
        number = numbers[row]
        colour = MISSING_COLOUR
        if not np.isnan(number):
            colour = palette[int(np.clip(number, 0, len(palette) - 1))]
        look = ' stroke="#111111"' if is_selected else ""
        if len(scene.selected) and not is_selected:
            look = f' fill-opacity="{FADED}"'
        (x, y), radius = scene.places[row], scene.radii[row]
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}"{look}/>')
    return drawn


def _labels(scene: Scene, inside: NDArray[np.bool_]) -> list[str]:
    """Texts beside their points, the nearest first; one that would cover another is left out."""
    halo = 'stroke="#ffffff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
    taken: list[tuple[float, float, float]] = []
    drawn = []
    for row, text in sorted(scene.labels, key=lambda label: scene.distances[label[0]]):
        if not inside[row]:
            continue
        left, y = float(scene.places[row, 0]) + 7, float(scene.places[row, 1]) + 4
        right = left + LETTER * len(text)
        if all(abs(y - at) >= LINE or right < start or end < left for start, end, at in taken):
            taken.append((left, right, y))
            drawn.append(_text(left, y, text, size=11, look=halo))
    return drawn


def _key(colours: Colouring) -> list[str]:
    """What the colours stand for: the categories that are shown, or a scale."""
    if not colours.categories:
        height = 12 * len(colours.palette)
        bars = [
            f'<rect y="{height - 12 * (number + 1)}" width="16" height="12" fill="{colour}"/>'
            for number, colour in enumerate(colours.palette)
        ]
        ends = [
            _text(24, 10, f"{colours.high:.4g}", size=12),
            _text(24, height, f"{colours.low:.4g}", size=12),
        ]
        return [*bars, *ends]
    shown = [category for category in colours.categories if len(category.rows)]
    lines = []
    for number, category in enumerate(shown[: HEIGHT // LINE]):
        y = number * LINE + 8
        lines.append(f'<circle cx="6" cy="{y}" r="6" fill="{category.colour}"/>')
        lines.append(
            _text(20, y + 4, f"{shortened(category.label)} · {len(category.rows):,}", size=12)
        )
    return lines


def _text(
    x: float, y: float, text: str, *, size: int, fill: str = "#1b1e23", look: str = ""
) -> str:
    printable = "".join(c for c in text if c.isprintable())
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill={quoteattr(fill)} {look}>'
        f"{escape(printable)}</text>"
    )
