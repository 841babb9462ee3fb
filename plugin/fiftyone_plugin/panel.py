"""FiftyOne's panel: the page with the map inside the App, and selections to and fro."""

from __future__ import annotations

from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from fiftyone_host.ids import id_of
from fiftyone_plugin.pages import pages

MILLISECONDS_BETWEEN_LOOKS = 1000


class ClusteringMap(foo.Panel):
    """The tab of the open dataset."""

    @property
    def config(self) -> Any:
        """How it is listed."""
        return foo.PanelConfig(name="clustering_map", label="Clustering", icon="bubble_chart")

    def on_load(self, ctx: Any) -> None:
        """Look what was deleted before the map is shown."""
        pages().look(ctx.dataset)

    def on_change_selected(self, ctx: Any) -> None:
        """Select on the map what is selected in the App."""
        for page in pages().of_panel(ctx.panel_id):
            page.select(ctx.selected)

    def on_tick(self, ctx: Any) -> None:
        """Show and select in the App what the map says, and notice what was deleted."""
        pages().look(ctx.dataset)
        for page in pages().of_panel(ctx.panel_id):
            if (shown := page.take_shown(ctx.selected)) is not None:
                ctx.ops.show_samples(shown)
            if (selected := page.take_selected(ctx.selected)) is not None:
                ctx.ops.set_selected_samples(selected)

    def render(self, ctx: Any) -> Any:
        """The page, and a timer."""
        address = pages().address(id_of(ctx.dataset), ctx.panel_id)
        panel = types.Object()
        panel.view("map", types.ComponentView("ClusteringFrame", address=address))
        timer = types.TimerView(interval=MILLISECONDS_BETWEEN_LOOKS, on_interval=self.on_tick)
        panel.view("timer", timer)
        link = types.LinkView(label="Open in a window of its own", href=address)
        panel.str("link", view=link)
        return types.Property(panel)
