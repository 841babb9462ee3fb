"""What an extraction did, and the list, kept in the store, of items that have no vector."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import JsonValue

from clustering_app.errors import NoFeatures

if TYPE_CHECKING:
    from clustering_app.vectors.store import FeatureStore

RECORDS = "not_embedded"
"""Group of the store with one record a feature set."""
NAMED_IN_OUTPUT = 1000
"""The execution's output names so many items; the record in the store names all."""


@dataclass(frozen=True, kw_only=True)
class NotEmbedded:
    """An item that has no vector, and why."""

    item_id: str
    name: str
    """Untrusted text."""
    reason: str
    embeddable: bool
    """Whether another file of its kind could have a vector."""
    lasting: bool = True
    """Whether the same bytes would get none at another time either."""
    content_version: str = ""
    """Which bytes were tried; empty where that is not known."""


@dataclass(frozen=True, kw_only=True)
class ExtractionReport:
    """What an extraction did, in numbers of items."""

    feature_set: str
    encoded: int
    unchanged: int
    """Had a vector already."""
    not_embeddable: int
    removed: int
    """Vectors of items that no longer exist, removed."""
    broken: tuple[NotEmbedded, ...] = field(repr=False)
    """Items that were tried and could not be encoded."""

    def to_json(self) -> JsonValue:
        """The report as the function's output."""
        return {
            "feature_set": self.feature_set,
            "encoded": self.encoded,
            "unchanged": self.unchanged,
            "not_embeddable": self.not_embeddable,
            "removed": self.removed,
            "broken_count": len(self.broken),
            "broken": [
                {"item": b.item_id, "name": b.name, "reason": b.reason}
                for b in self.broken[:NAMED_IN_OUTPUT]
            ],
        }


def not_embedded(store: FeatureStore, feature_set: str) -> list[NotEmbedded]:
    """The items that had no vector when the last extraction ended; empty before the first."""
    try:
        arrays, _ = store.read_record(f"{RECORDS}/{feature_set}")
    except NoFeatures:
        return []
    count = len(arrays["item_ids"])
    columns = zip(
        *(arrays[name] for name in ("item_ids", "names", "reasons", "embeddable")),
        arrays.get("lasting", [True] * count),  # records of an earlier release have neither
        arrays.get("content_versions", [""] * count),
        strict=True,
    )
    return [
        NotEmbedded(
            item_id=str(item_id), name=str(name), reason=str(reason), embeddable=bool(embeddable),
            lasting=bool(lasting), content_version=str(content_version),
        )
        for item_id, name, reason, embeddable, lasting, content_version in columns
    ]  # fmt: skip


def save_not_embedded(
    store: FeatureStore,
    feature_set: str,
    found: Sequence[NotEmbedded],
    *,
    tried: Collection[str],
    existing: Collection[str] | None,
) -> None:
    """Bring the list up to date.

    Args:
        store: Of the dataset.
        feature_set: Its name.
        found: Items that were tried and got no vector.
        tried: Ids of all items that were tried.
        existing: Ids of all items of the dataset, or None where they were not looked up.
    """
    import numpy as np

    before = not_embedded(store, feature_set)
    done = set(tried)
    there = None if existing is None else set(existing)
    kept = [r for r in before if r.item_id not in done and (there is None or r.item_id in there)]
    rows = kept + list(found)
    if rows == before:
        return
    store.write_record(
        f"{RECORDS}/{feature_set}",
        {
            "item_ids": [row.item_id for row in rows],
            "names": [row.name for row in rows],
            "reasons": [row.reason for row in rows],
            "embeddable": np.array([row.embeddable for row in rows], bool),
            "lasting": np.array([row.lasting for row in rows], bool),
            "content_versions": [row.content_version for row in rows],
        },
        {"count": len(rows)},
    )
