"""Colours that users gave to categories, kept beside the vectors for all maps of a dataset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from pydantic import TypeAdapter

from clustering_app.vectors.store import FeatureStore

GROUP, PATH = "colours", "colours/own"
COLOUR = re.compile(r"#[0-9a-f]{6}")

OwnColours: TypeAlias = Mapping[str, Mapping[str, str]]
"""'#rrggbb' of a category of a field."""

_OWN: TypeAdapter[OwnColours] = TypeAdapter(OwnColours)


def read_own_colours(store: FeatureStore) -> OwnColours:
    """Colours by field and category; none when there are none yet."""
    return _OWN.validate_python(store.records(GROUP).get(PATH, {}))


def painted(own: OwnColours, field: str, category: str, colour: str | None) -> OwnColours:
    """The same with a category in this colour; None gives it back its own."""
    of_field = {**own.get(field, {})}
    of_field.pop(category, None)
    if colour is not None:
        of_field[category] = colour
    return {**own, field: of_field}


def keep_colour(store: FeatureStore, field: str, category: str, colour: str | None) -> None:
    """Keep a colour among those that are kept by now."""
    own = painted(read_own_colours(store), field, category, colour)
    store.write_record(PATH, {}, {name: dict(colours) for name, colours in own.items()})
