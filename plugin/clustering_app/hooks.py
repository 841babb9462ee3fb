"""The app's door: every hook it implements, each one line that calls inward.

What a hook needs is imported when it is called, so that a host starts quickly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from clustering_app import settings
from host_contract.context import BrowserSession, ExecutionContext, Host
from host_contract.entities import Dataset, Metadata
from host_contract.hookspecs import hookimpl

LEFT_OUT = {
    "startup": "nothing is needed before the first call; models are loaded when they work",
    "shutdown": "nothing is held open between calls",
    "items_created": "the manifest's trigger starts extract_items instead, when switched on",
    "items_updated": "the tab compares content versions; the next extraction encodes them again",
}
"""Hooks of the contract that the app does without, and why."""


@hookimpl
def manifest_path() -> Path:
    """Point the host at the manifest."""
    return settings.manifest_path()


@hookimpl
def dataset_tab(host: Host, dataset: Dataset, panel: str, session: BrowserSession) -> object:
    """Build the Clustering tab."""
    from clustering_app.projector.tab import ClusteringTab

    return ClusteringTab(host, dataset, session, panel=panel).view()


@hookimpl
def run_function(function: str, inputs: Metadata, context: ExecutionContext) -> JsonValue:
    """Run an extraction or a projection."""
    from clustering_app import functions

    return functions.run(function, inputs, context)


@hookimpl
def read_features(
    host: Host, dataset_id: str, feature_set: str, item_ids: Sequence[str] | None
) -> Mapping[str, Sequence[float]]:
    """Hand out vectors of a feature set."""
    from clustering_app.vectors.store import FeatureStore

    return FeatureStore(host.storage(dataset_id)).read(feature_set).by_item(item_ids)


@hookimpl
def items_deleted(host: Host, dataset_id: str, item_ids: Sequence[str]) -> None:
    """Remove the vectors of the items, from history too."""
    from clustering_app.vectors.store import FeatureStore

    FeatureStore(host.storage(dataset_id)).forget_items(item_ids)


@hookimpl
def dataset_deleted(host: Host, dataset_id: str) -> None:
    """Remove all vectors, runs and saved selections of the dataset."""
    from clustering_app.vectors.store import FeatureStore

    FeatureStore(host.storage(dataset_id)).delete()
