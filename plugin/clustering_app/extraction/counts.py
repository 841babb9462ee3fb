"""Which items an extraction finds, page by page, and how many of each kind there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clustering_app.extraction.batches import plan
from clustering_app.vectors.store import FeatureStore
from host_contract.context import Host, Query
from host_contract.entities import Item

ITEMS_A_PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class PlanCounts:
    """What each choice would do, in numbers of items."""

    missing: int
    """Embeddable items without a vector."""
    changed: int
    """Items whose bytes changed since their vector was made."""
    removed: int
    """Vectors whose item no longer exists."""
    unchanged: int
    """Items whose vector is up to date."""
    not_embeddable: int
    """Items that can have no vector."""

    @property
    def embeddable(self) -> int:
        """What the choice of the whole dataset encodes."""
        return self.missing + self.changed + self.unchanged


def plan_counts(
    host: Host, dataset_id: str, feature_set: str | None, *, query: Query | None = None
) -> PlanCounts:
    """Count what an extraction would do; reads all items, so call it in a thread.

    Args:
        host: The host.
        dataset_id: The dataset.
        feature_set: Name of the set that the extraction will fill; None when there is none yet.
        query: Which items; the whole dataset when empty. With a query, nothing counts as removed.
    """
    store = FeatureStore(host.storage(dataset_id))
    known = store.content_versions(feature_set) if feature_set else {}
    made = plan(each_item(host, dataset_id, query or {}), known)
    return PlanCounts(
        missing=made.missing,
        changed=made.changed,
        removed=0 if query else len(made.removed),
        unchanged=made.unchanged,
        not_embeddable=len(made.not_embeddable),
    )


def each_item(
    host: Host, dataset_id: str, query: Query, item_ids: Sequence[str] | None = None
) -> Iterator[Item]:
    """The items that match the query, or those of these ids that exist, a page at a time.

    Args:
        host: The host.
        dataset_id: The dataset.
        query: Which items; the whole dataset when empty.
        item_ids: These instead of what the query says.
    """
    if item_ids is not None:
        for at in range(0, len(item_ids), ITEMS_A_PAGE):
            these: Query = {"id": {"$in": [*item_ids[at : at + ITEMS_A_PAGE]]}}
            yield from host.items(dataset_id, these, limit=ITEMS_A_PAGE).items
        return
    after: str | None = None
    while True:
        page = host.items(dataset_id, query, after=after, limit=ITEMS_A_PAGE)
        yield from page.items
        if (after := page.next_after) is None:
            return
