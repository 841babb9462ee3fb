"""What a tab draws in the plane."""

from typing import Any

from clustering_app.projector.tab import ClusteringTab


def drawn(tab: ClusteringTab, name: str = "points") -> dict[str, Any]:
    """The columns of the figure's points or labels."""
    source = tab.map_panel.canvas.plane.pane().object.select_one({"name": name})
    return dict(source.data)
