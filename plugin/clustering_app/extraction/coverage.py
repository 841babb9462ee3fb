"""How far the items of a dataset and the vectors of a feature set agree in number."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pydantic import JsonValue

from clustering_app.errors import NoFeatures
from clustering_app.extraction.counts import each_item
from clustering_app.extraction.kinds import embeddable
from clustering_app.extraction.report import not_embedded
from clustering_app.vectors.store import FeatureStore
from host_contract.context import Host

PASSED_OVER = "passed_over"
"""Group of the store with one record a feature set."""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Numbers of items and vectors."""

    items: int
    embeddable: int
    """Items that can have a vector, by their mimetype."""
    vectors: int
    broken: int = 0
    """Embeddable items of whose bytes no vector can be made, as the last extraction found."""
    passed_over: int = 0
    """Items without a vector that the user no longer wants counted."""

    @property
    def complete(self) -> bool:
        """Whether every item that counts has a vector."""
        return self.items == self.vectors + self.passed_over

    @property
    def hopeless(self) -> int:
        """Items that another extraction would give no vector either."""
        return self.items - self.embeddable + self.broken

    @property
    def mendable(self) -> int:
        """Items that another extraction would give a vector."""
        return max(0, self.items - self.vectors - self.hopeless)


def coverage(host: Host, dataset_id: str, store: FeatureStore, name: str) -> Coverage:
    """Count the items of a dataset and the vectors of a feature set; reads no vectors."""
    tried = {
        one.item_id: one.content_version
        for one in not_embedded(store, name)
        if one.embeddable and one.lasting
    }
    left_out = passed_over(store, name)
    known = store.content_versions(name).keys() if tried or left_out else frozenset[str]()
    without = each_item(host, dataset_id, {}, sorted(tried.keys() - known))
    broken = sum(tried[item.id] in ("", item.content_version) for item in without)
    no_longer: list[JsonValue] = [*sorted(left_out - known)]
    return Coverage(
        items=host.count_items(dataset_id),
        embeddable=host.count_items(dataset_id, embeddable()),
        vectors=store.count(name),
        broken=broken,
        passed_over=host.count_items(dataset_id, {"id": no_longer}) if no_longer else 0,
    )


def passed_over(store: FeatureStore, name: str) -> frozenset[str]:
    """Ids of the items that the user no longer wants counted; none at first."""
    try:
        arrays, _ = store.read_record(f"{PASSED_OVER}/{name}")
    except NoFeatures:
        return frozenset()
    return frozenset(map(str, arrays["item_ids"]))


def pass_over(store: FeatureStore, name: str, item_ids: Collection[str]) -> None:
    """Count these items no longer, and all others again."""
    store.write_record(f"{PASSED_OVER}/{name}", {"item_ids": sorted(item_ids)}, {})
