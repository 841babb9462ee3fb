"""What is on the map, without a screen: points, those shown, the selection, the colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import JsonValue

from clustering_app.projector.colours import Colouring, LegendLine, colouring
from clustering_app.projector.contents import Contents, Points
from clustering_app.projector.labels import spread
from clustering_app.projector.own_colours import OwnColours, painted

NOTHING = "nothing"
SIMILARITY = "similarity"
MOST_UNDONE = 100

_Step: TypeAlias = tuple[frozenset[str], frozenset[str] | None]
"""What was selected and what was isolated."""


class MapState:
    """The state of one open map. The selection is a set of item ids; rows are of shown points."""

    def __init__(self) -> None:
        self.contents = Contents()
        self.selection: frozenset[str] = frozenset()
        self.isolated: frozenset[str] | None = None
        """Ids of the items that alone are shown; None shows all."""
        self.color_by = "label"
        self.label_by = NOTHING
        self.card_fields: tuple[str, ...] = ("label",)
        """What the hover card says of an item, in this order."""
        self._shown: tuple[Points | None, frozenset[str] | None, NDArray[np.intp]] | None = None
        """The rows shown last, and what they were found in."""
        self._similarity: dict[str, float] = {}
        self._coloured: tuple[Points, str, dict[str, float], OwnColours, Colouring] | None = None
        """The colouring made last, and what it was made of."""
        self._order: tuple[str, ...] = ()
        """Ids as they were selected, if they were selected in an order."""
        self._past: list[_Step] = []
        self._future: list[_Step] = []

    @property
    def points(self) -> Points | None:
        """All points of the map, or None without one."""
        return self.contents.points

    def take(self, contents: Contents) -> None:
        """Show what was read anew; selected and isolated items that are gone are forgotten."""
        self.contents = contents
        existing = frozenset(contents.points.item_ids if contents.points else ())
        self.selection &= existing
        if self.isolated is not None:
            self.isolated = (self.isolated & existing) or None
        fields = contents.points.fields() if contents.points else []
        if self.color_by not in (*fields, NOTHING, SIMILARITY):
            self.color_by = "label"
        if self.label_by not in fields:
            self.label_by = NOTHING
        if contents.points is not None:  # else the fields are not known yet
            self.card_fields = tuple(field for field in self.card_fields if field in fields)

    def forget(self) -> None:
        """Let go of everything: items and points are large, and a closed tab may be kept long."""
        vars(self).update(vars(MapState()))

    def follow(self, other: MapState) -> None:
        """Show and select the same items as another map of them, coloured and labelled alike."""
        existing = frozenset(self.points.item_ids if self.points else ())
        self.selection = other.selection & existing
        self.isolated = None if other.isolated is None else other.isolated & existing
        self.color_by, self.label_by = other.color_by, other.label_by
        self.card_fields = other.card_fields
        self._similarity = other._similarity
        if self.contents.own_colours is not other.contents.own_colours:
            self.contents = self.contents.with_colours(other.contents.own_colours)

    def shown(self) -> NDArray[np.intp]:
        """Rows of all points that are shown, ascending; kept until others are."""
        known = self._shown
        if known is None or known[0] is not self.points or known[1] is not self.isolated:
            self._shown = known = (self.points, self.isolated, self._find_shown())
        return known[2]

    def _find_shown(self) -> NDArray[np.intp]:
        ids = self.points.item_ids if self.points else ()
        if self.isolated is None:
            return np.arange(len(ids))
        return np.flatnonzero([item_id in self.isolated for item_id in ids])

    def select_rows(self, rows: ArrayLike) -> None:
        """Select shown points by number, and no others."""
        ids = self.points.item_ids if self.points else ()
        chosen = self.shown()[np.asarray(rows, np.intp)]
        self._change(frozenset(ids[row] for row in chosen), self.isolated)

    def select(self, item_ids: Iterable[str]) -> None:
        """Select items by id, and no others; those without a point are passed over.

        They are listed in this order, unless they come as a set, which has none.
        """
        ids, order = self.points.item_ids if self.points else (), tuple(item_ids)
        self._change(frozenset(order) & frozenset(ids), self.isolated)
        self._order = () if isinstance(item_ids, Set) else order

    def selected_rows(self) -> NDArray[np.intp]:
        """Numbers of the selected points among those shown."""
        ids = self.points.item_ids if self.points else ()
        return np.flatnonzero([ids[row] in self.selection for row in self.shown()])

    def selected_ids(self) -> list[str]:
        """Ids of the selected items, in the order of ids."""
        return sorted(self.selection)

    def listed(self) -> list[tuple[str, float | None]]:
        """Ids of the selected items, with their similarity where the map is coloured by it.

        They are in the order in which they were selected, if they were selected in one; else the
        most similar come first.
        """
        similarity = self._similarity if self.color_by == SIMILARITY else {}
        ordered = [item_id for item_id in self._order if item_id in self.selection]
        known = [(item_id, similarity.get(item_id)) for item_id in ordered or self.selected_ids()]
        if ordered:
            return known
        return sorted(known, key=lambda one: -np.inf if one[1] is None else one[1], reverse=True)

    def isolate(self) -> None:
        """Show only the selected points."""
        if self.selection:
            self._change(self.selection, self.selection)

    def hide(self) -> None:
        """Show no longer the selected points, unless none would be left."""
        rest = self._shown_ids() - self.selection
        if self.selection and rest:
            self._change(frozenset(), rest)

    def show_all(self) -> None:
        """Show every point again."""
        self._change(self.selection, None)

    def select_category(self, label: str) -> None:
        """Select the shown points of a line of the legend, and no others."""
        self._change(self._category(label) & self._shown_ids(), self.isolated)

    def isolate_category(self, label: str) -> None:
        """Show only the points of a line of the legend."""
        if category := self._category(label):
            self._change(self.selection & category, category)

    def hide_category(self, label: str) -> None:
        """Show the points of a line of the legend no longer, unless none would be left."""
        if rest := self._shown_ids() - self._category(label):
            self._change(self.selection & rest, rest)

    def show_category(self, label: str) -> None:
        """Show the points of a line of the legend again."""
        shown = self._shown_ids() | self._category(label)
        every = self.points is not None and len(shown) == len(self.points.item_ids)
        self._change(self.selection, None if every else shown)

    def legend(self) -> list[LegendLine]:
        """A line a category of what the map is coloured by; none for numbers."""
        whole, own = self._colouring(), self._own_colours()
        shown = whole.of(self.shown())
        return [
            LegendLine(one.label, one.colour, len(part.rows), len(one.rows), one.label in own)
            for one, part in zip(whole.categories, shown.categories, strict=True)
        ]

    def _category(self, label: str) -> frozenset[str]:
        ids = self.points.item_ids if self.points else ()
        categories = self._colouring().categories
        return frozenset(ids[row] for one in categories if one.label == label for row in one.rows)

    def select_range(self, low: float, high: float) -> None:
        """Select the shown points whose number is in a range, ends included, and no others."""
        numbers = self.colours().numbers
        inside = (numbers >= low) & (numbers <= high)
        self.select_rows(np.flatnonzero(inside))

    def paint(self, label: str, colour: str | None) -> None:
        """Give a line of the legend this colour; None gives it back its own."""
        own = painted(self.contents.own_colours, self.color_by, label, colour)
        self.contents = self.contents.with_colours(own)

    def _own_colours(self) -> Mapping[str, str]:
        return self.contents.own_colours.get(self.color_by, {})

    def possible(self) -> list[str]:
        """Commands that would change something now; `invert` always may."""
        chosen, rest = self.selection, self._shown_ids() - self.selection
        would = {
            "isolate": bool(chosen) and chosen != self.isolated,
            "show all": self.isolated is not None,
            "clear": bool(chosen),
            "invert": self.points is not None,
            "hide": bool(chosen and rest),
            "undo": bool(self._past),
            "redo": bool(self._future),
        }
        return [command for command, does in would.items() if does]

    def invert(self) -> None:
        """Select the shown points that are not selected, and no others."""
        self._change(self._shown_ids() - self.selection, self.isolated)

    def undo(self) -> None:
        """Take back the last change of what is selected or shown, if there was one."""
        self._step(self._past, self._future)

    def redo(self) -> None:
        """Change again what was taken back last."""
        self._step(self._future, self._past)

    def _step(self, steps: list[_Step], others: list[_Step]) -> None:
        if steps:
            others.append((self.selection, self.isolated))
            selection, isolated = steps.pop()
            self._order = ()
            existing = frozenset(self.points.item_ids if self.points else ())
            self.selection = selection & existing
            self.isolated = None if isolated is None else (isolated & existing) or None

    def _change(self, selection: frozenset[str], isolated: frozenset[str] | None) -> None:
        if (selection, isolated) != (self.selection, self.isolated):
            self._past = [*self._past[1 - MOST_UNDONE :], (self.selection, self.isolated)]
            self._future, self._order = [], ()
            self.selection, self.isolated = selection, isolated

    def _shown_ids(self) -> frozenset[str]:
        ids = self.points.item_ids if self.points else ()
        return frozenset(ids[row] for row in self.shown())

    def compare(self, similarity: dict[str, float]) -> None:
        """Take how similar each item is to what was searched for, and colour by it."""
        self._similarity = similarity
        self.color_by = SIMILARITY

    def coordinates(self) -> NDArray[np.float32]:
        """(shown, 2) or (shown, 3) of the shown points."""
        if self.points is None:
            return np.empty((0, 2), np.float32)
        return self.points.coordinates[self.shown()]

    def colours(self) -> Colouring:
        """Colours of the shown points. Categories keep theirs when points are isolated."""
        return self._colouring().of(self.shown())

    def _colouring(self) -> Colouring:
        """Of all points, kept until other points, another field or another search are chosen."""
        if self.points is None:
            return colouring([])
        made_of = (self.points, self.color_by, self._similarity, self.contents.own_colours)
        if self._coloured is None or any(
            before is not now for before, now in zip(self._coloured, made_of, strict=False)
        ):
            self._coloured = (*made_of, colouring(self._values(self.color_by), self._own_colours()))
        return self._coloured[-1]

    def labels(self) -> tuple[NDArray[np.intp], Sequence[str]]:
        """Shown points that get a text, and their texts."""
        if self.points is None or self.label_by == NOTHING:
            return np.empty(0, np.intp), []
        values = self._values(self.label_by)
        shown = self.shown()
        rows = spread(self.coordinates()[:, :2])
        rows = np.array([r for r in rows if values[shown[r]] is not None], np.intp)
        return rows, [shortened(values[shown[row]]) for row in rows]

    def value(self, row: int, field: str) -> JsonValue:
        """A field's value for one of all points; None where it is missing."""
        return None if self.points is None else self.points.value(row, field)

    def _values(self, field: str) -> list[JsonValue]:
        if self.points is None:
            return []
        if field == SIMILARITY:
            return [self._similarity.get(item_id) for item_id in self.points.item_ids]
        if field == NOTHING:
            return ["items"] * len(self.points.item_ids)
        return self.points.values(field)


def shortened(value: JsonValue, length: int = 28) -> str:
    """A value as a short text of one line."""
    text = " ".join(str(value).split())
    return text if len(text) <= length else text[: length - 1] + "…"
