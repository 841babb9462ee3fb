"""Every moment at which a host calls into an app. The whole door is this file.

An app implements the hooks it wants with `@hookimpl`, taking only the arguments it needs, and is
found through the entry-point group of the same name. A host calls each app by itself, so that one
app's failure is never another's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pluggy
from pydantic import JsonValue

from host_contract.context import BrowserSession, ExecutionContext, Host
from host_contract.entities import Dataset, Metadata

GROUP = "host_contract"
"""Name of the plugin manager, of the markers and of the entry-point group."""

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec(firstresult=True)
def manifest_path() -> Path:  # type: ignore[empty-body]
    """Say where this app's manifest.json lies. Every app must implement this one."""


@hookspec
def startup(host: Host) -> None:
    """The host has started in this process, server or worker; called once before any other call."""


@hookspec
def shutdown(host: Host) -> None:
    """The host is about to stop in this process."""


@hookspec(firstresult=True)
def dataset_tab(host: Host, dataset: Dataset, panel: str, session: BrowserSession) -> object:
    """Build the tab that the manifest declares as `panel`: something Panel can show.

    An address with `?panel=NAME` opens this tab at once; what stands behind its '#' is the tab's.
    """


@hookspec(firstresult=True)
def run_function(function: str, inputs: Metadata, context: ExecutionContext) -> JsonValue:
    """Run a function that the manifest declares, in a worker process, and return its output."""


@hookspec(firstresult=True)
def read_features(  # type: ignore[empty-body]
    host: Host, dataset_id: str, feature_set: str, item_ids: Sequence[str] | None
) -> Mapping[str, Sequence[float]]:
    """Hand out vectors that the app keeps, by item id: those of some items, or all for None.

    Items without a vector are left out. Vectors may be rows of an array.
    """


@hookspec
def items_created(host: Host, dataset_id: str, item_ids: Sequence[str]) -> None:
    """Items were added to a dataset."""


@hookspec
def items_updated(host: Host, dataset_id: str, item_ids: Sequence[str]) -> None:
    """The bytes, metadata or annotations of items changed."""


@hookspec
def items_deleted(host: Host, dataset_id: str, item_ids: Sequence[str]) -> None:
    """Items are gone from a dataset; what the app keeps about them must go too."""


@hookspec
def dataset_deleted(host: Host, dataset_id: str) -> None:
    """A dataset is gone; what the app keeps about it must go too."""
