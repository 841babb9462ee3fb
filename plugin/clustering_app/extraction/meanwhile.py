"""What was deleted or changed while an extraction ran, and what is to be put right for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clustering_app.extraction.counts import ITEMS_A_PAGE, each_item
from clustering_app.extraction.report import NotEmbedded
from clustering_app.vectors.store import FeatureStore
from host_contract.context import Host, Query


def deleted_since(host: Host, dataset_id: str, item_ids: Sequence[str]) -> set[str]:
    """Those of the items that are no longer there; where none is missing, no item is read."""
    gone: set[str] = set()
    for start in range(0, len(item_ids), ITEMS_A_PAGE):
        some = item_ids[start : start + ITEMS_A_PAGE]
        these: Query = {"id": {"$in": [*some]}}
        if host.count_items(dataset_id, these) < len(some):
            gone |= {*some} - {item.id for item in each_item(host, dataset_id, {}, some)}
    return gone


def remove_outdated(
    store: FeatureStore, name: str, broken: Sequence[NotEmbedded], known: Mapping[str, str]
) -> None:
    """Remove vectors of former bytes where the bytes that there are now have none.

    Args:
        store: Of the dataset.
        name: Of the feature set.
        broken: Items that could not be encoded.
        known: Content version by item id, of the vectors there were before.
    """
    outdated = [
        one.item_id
        for one in broken
        if one.lasting and known.get(one.item_id, one.content_version) != one.content_version
    ]
    store.delete_items(outdated, feature_set=name)
