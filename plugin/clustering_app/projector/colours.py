"""A field as one number a point and a palette: what the map is coloured by. N points."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

MOST_NAMED = 50
"""Categories with a colour of their own; the rarer ones share one."""
OTHER, MISSING = "other", "no value"
CATEGORIES = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7a5195",
    "#8c564b", "#66a61e", "#1b9e9e", "#a6761d", "#e7298a", "#6a8fd8", "#b3de69", "#bc80bd",
    "#fb8072", "#80b1d3", "#c49c94", "#4d9221",
    "#5810f4", "#f410e8", "#1064f4", "#10e810", "#10e888", "#f41034", "#4c581c", "#8828b8",
    "#f47cf4", "#a01c40", "#a0ac70", "#f4c47c", "#943410", "#a01c88", "#a0dc10", "#a088f4",
    "#a0a010", "#88dcb8", "#1c644c", "#2858b8", "#10dcf4", "#f44c70", "#ac10e8", "#28c434",
    "#10647c", "#e828b8", "#10641c", "#883464", "#5840e8", "#c4b8f4",
)  # fmt: skip
"""The first eight are those of Okabe and Ito (2008), which colour-blind people tell apart. From
the 21st on each is the colour farthest, in CIELAB, from those before it and from the two greys.
"""
OTHER_COLOUR, MISSING_COLOUR = "#8d99a6", "#b9c2cb"
NUMBERS = (
    "#440154", "#482878", "#3e4a89", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6dcd59",
    "#b4de2c", "#fde725",
)  # fmt: skip
"""Viridis: even steps of lightness, readable without colour vision."""


@dataclass(frozen=True)
class Category:
    """A value, or all the rare ones together, and the points that have it."""

    label: str
    colour: str
    rows: NDArray[np.intp]


@dataclass(frozen=True)
class LegendLine:
    """A category as the legend shows it: how many of its points are shown, of how many."""

    label: str
    colour: str
    shown: int
    count: int
    own: bool = False
    """Whether a user chose the colour."""


@dataclass(frozen=True, kw_only=True)
class Colouring:
    """How the points are coloured."""

    codes: NDArray[np.float32]
    """(N,): a category's number, or how far a value lies from the lowest, 0, to the highest, 1;
    NaN where there is none. Values themselves may differ in digits that a float32 has not."""
    palette: tuple[str, ...]
    low: float
    high: float
    """Values that the palette's ends stand for."""
    categories: tuple[Category, ...]
    """The most frequent first; none for numbers."""
    numbers: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """(N,) values; NaN where there is none. Empty for categories."""

    @property
    def ends(self) -> tuple[float, float]:
        """Codes that the palette's ends stand for."""
        return (self.low, self.high) if self.categories else (0.0, 1.0)

    def of(self, rows: NDArray[np.intp]) -> Colouring:
        """The colouring of some of the points, (N,) ascending; the colours stay the same."""
        place = np.full(len(self.codes), -1)
        place[rows] = np.arange(len(rows))
        kept = [place[category.rows] for category in self.categories]
        categories = tuple(
            replace(category, rows=places[places >= 0])
            for category, places in zip(self.categories, kept, strict=True)
        )
        numbers = self.numbers[rows] if len(self.numbers) else self.numbers
        return replace(self, codes=self.codes[rows], numbers=numbers, categories=categories)


def colouring(values: Sequence[JsonValue], own: Mapping[str, str] | None = None) -> Colouring:
    """Numbers get a scale, everything else categories, the most frequent first.

    Args:
        values: One a point; None where it is missing.
        own: Colours of categories that take the place of those they would get.
    """
    present = [value for value in values if value is not None]
    if present and all(_is_number(value) for value in present):
        return _numeric(values)
    return _categorical(values, own or {})


def _is_number(value: JsonValue) -> bool:
    """Whether it is one that a float can be."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _numeric(values: Sequence[JsonValue]) -> Colouring:
    numbers = np.array(
        [value if isinstance(value, int | float) else np.nan for value in values], np.float64
    )
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    high = high if high > low else low + max(1.0, abs(low) * 1e-9)
    # Halves, since the whole of the largest floats is more than any.
    codes = ((numbers / 2 - low / 2) / (high / 2 - low / 2)).astype(np.float32)
    return Colouring(
        codes=codes, palette=NUMBERS, low=low, high=high, categories=(), numbers=numbers
    )


def _categorical(values: Sequence[JsonValue], own: Mapping[str, str]) -> Colouring:
    texts = [MISSING if value is None else str(value) for value in values]
    counts = Counter(texts)
    missing = counts.pop(MISSING, 0)
    named = [text for text, _ in counts.most_common(MOST_NAMED)]
    colours = dict(zip(named, CATEGORIES, strict=False))
    if len(counts) > len(named):
        colours[OTHER] = OTHER_COLOUR
    if missing:
        colours[MISSING] = MISSING_COLOUR
    colours |= {label: colour for label, colour in own.items() if label in colours}
    numbers = {label: number for number, label in enumerate(colours)}
    fallback = numbers.get(OTHER, 0)
    codes = np.array([numbers.get(text, fallback) for text in texts], np.float32)
    categories = tuple(
        Category(label, colours[label], np.flatnonzero(codes == number))
        for label, number in numbers.items()
    )
    return Colouring(
        codes=codes,
        palette=tuple(colours.values()) or (OTHER_COLOUR,),
        low=-0.5,
        high=max(len(colours), 1) - 0.5,
        categories=categories,
    )
