"""FiftyOne's plugin: operators and a panel with the map, in the process of FiftyOne's server.

FiftyOne finds the folder by `fiftyone.yml`, runs this file under a name of its own, and calls
`register`.
"""

from __future__ import annotations

from typing import Any


def register(plugin: Any) -> None:
    """Offer what `fiftyone.yml` names."""
    from fiftyone_plugin import operators, panel

    for one in (operators.Extract, operators.RunProjection, operators.OpenMap, panel.ClusteringMap):
        plugin.register(one)
