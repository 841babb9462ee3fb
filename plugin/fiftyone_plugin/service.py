"""The host that FiftyOne's operators share in their process."""

from __future__ import annotations

import os
import threading
from functools import cache
from pathlib import Path

from clustering_app import hooks
from fiftyone_host.host import FiftyOneHost
from fiftyone_plugin import written_back

STATE = "CLUSTERING_FIFTYONE_STATE"
"""Environment variable: the folder for vectors, maps and selections."""
DEFAULT_STATE = "~/.clustering/fiftyone"

_first = threading.Lock()


def shared_host() -> FiftyOneHost:
    """The host of this process, made by the first call. Raises as `FiftyOneHost` does."""
    with _first:
        return _made()


@cache
def _made() -> FiftyOneHost:
    state = Path(os.environ.get(STATE, DEFAULT_STATE)).expanduser()
    return FiftyOneHost(hooks, state, also=[written_back])
