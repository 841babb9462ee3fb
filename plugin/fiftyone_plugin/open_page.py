"""One open page with a map: what its tab may ask of it, and what passes between it and the App."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from clustering_app.projector.tab import ClusteringTab
from fiftyone_host.ids import item_id, parts
from host_contract.context import Host
from host_contract.entities import Dataset


class OpenPage:
    """The host's side of `host_contract.context.BrowserSession`, and the tab on the page.

    What the App calls may be called from any thread: the tab is changed in the page's own turn.
    """

    user = ""

    def __init__(self, host: Host, dataset: Dataset, panel_id: str, document: Any) -> None:
        """Make the tab in a Bokeh document, for one of the App's panels."""
        self.dataset_id, self.panel_id = dataset.id, panel_id
        self._document = document
        self._shown: Sequence[str] | None = None
        self._agreed: frozenset[str] | None = None
        """Items selected on the map when the App last heard of it; None before it heard."""
        self._clears = False
        """Whether the App is about to clear its selection, since what it shows is changed."""
        self._callbacks: list[Callable[[], None]] = []
        self.tab = ClusteringTab(host, dataset, self)

    def show_items(self, item_ids: Sequence[str]) -> None:
        """Show these items in the App, when it asks next."""
        self._shown = item_ids

    def on_items_changed(self, callback: Callable[[], None]) -> None:
        """Call back when items were deleted in FiftyOne."""
        self._callbacks.append(callback)

    def items_changed(self) -> None:
        """Tell the tab that items were deleted in FiftyOne."""
        for callback in self._callbacks:
            self._document.add_next_tick_callback(callback)

    def select(self, sample_ids: Sequence[str]) -> None:
        """Select on the map what is selected in the App; what the App was told is no news."""
        wanted = frozenset(item_id(self.dataset_id, one) for one in sample_ids)

        def selected() -> None:
            clears, self._clears = self._clears, False
            if clears and not wanted:
                self._agreed = wanted  # so that it is selected again in what is shown
            elif wanted != self._agreed:
                self.tab.state.select(wanted)
                self.tab.show()
                self._agreed = self.tab.state.selection

        self._document.add_next_tick_callback(selected)

    def take_shown(self, selected: Sequence[str]) -> list[str] | None:
        """Samples that the App is to show; None if nobody asked for it since the last call.

        Args:
            selected: Samples that are selected in the App.
        """
        shown, self._shown = self._shown, None
        if shown is None:
            return None
        self._clears = bool(selected)
        return _samples(shown)

    def take_selected(self, selected: Sequence[str]) -> list[str] | None:
        """Samples that the App is to select; None if the map's selection is no news.

        Args:
            selected: Samples that are selected in the App, which a map that has just come takes.
        """
        if self._agreed is None:
            if self.tab.state.points is not None:
                self.select(selected)
            return None
        selection = self.tab.state.selection
        if selection == self._agreed:
            return None
        self._agreed = selection
        return _samples(sorted(selection))


def _samples(item_ids: Sequence[str]) -> list[str]:
    return [parts(one)[1] for one in item_ids]
