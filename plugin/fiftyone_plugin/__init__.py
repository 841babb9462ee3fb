"""FiftyOne's plugin: operators that extract and make a map, in the process of FiftyOne's server.

FiftyOne finds the folder by `fiftyone.yml`, runs this file under a name of its own, and calls
`register`.
"""

from __future__ import annotations

from typing import Any


def register(plugin: Any) -> None:
    """Offer what `fiftyone.yml` names."""
    from fiftyone_plugin.operators import Extract, RunProjection

    for one in (Extract, RunProjection):
        plugin.register(one)
