"""Kinds of components that came into the process after a page was served.

A page is served with a definition of each kind that there is then. An app brings its own with its
first tab, and Panel sends their definitions to that one page only: any other page that was open
before could not read such a tab. So every page tells its browser of new kinds before they enter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import param
from bokeh.core.has_props import is_DataModel
from bokeh.model import Model
from panel.custom import JSComponent, ReactiveESM


class Kinds(JSComponent):  # type: ignore[misc]
    """What a page tells its browser of them; nothing is seen of it."""

    defined = param.List(default=[], doc="Kinds that came after the page.")

    _esm = "export function render() { return document.createElement('span') }"

    def __init__(self) -> None:
        super().__init__(visible=False)
        self._known = len(Model.model_class_reverse_map)
        self._told = set(_kinds())

    def tell(self) -> None:
        """Tell of what is new; what enters the page after this call can be read."""
        if self._known == len(Model.model_class_reverse_map):
            return
        self._known = len(Model.model_class_reverse_map)
        # A part would bring its definition once more, and the browser's first message about it
        # sends the part back, which fails with a definition in it.
        for component in _below(ReactiveESM):
            component._data_model__initialized = True
        new = [kind for kind in _kinds() if kind not in self._told]
        self._told.update(new)
        self.defined = new


def _kinds() -> list[type[Model]]:
    # Copied at once: an app that is being imported in another thread adds to them.
    there = [*Model.model_class_reverse_map.values()]
    return [kind for kind in there if is_DataModel(kind)]


def _below(kind: Any) -> Iterator[Any]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
