"""Selections kept under a name, beside the vectors: by item id, so that they outlive every map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import TypeAdapter

from clustering_app.errors import NoFeatures
from clustering_app.vectors.records import new_record_id
from clustering_app.vectors.store import FeatureStore

SELECTIONS = "selections"
LONGEST_NAME = 80


@dataclass(frozen=True)
class SavedSelection:
    """A selection as the list shows it."""

    id: str
    name: str
    count: int
    """Items when it was saved."""


_SAVED = TypeAdapter(SavedSelection)


def save_selection(store: FeatureStore, name: str, item_ids: Sequence[str]) -> str:
    """Keep a selection, in place of one of the same name; the name is cut to 80 characters.

    Returns:
        The id under which it is kept.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    same = [saved.id for saved in list_selections(store) if saved.name == name]
    selection_id = same[0] if same else new_record_id("selection", datetime.now(UTC))
    store.write_record(
        f"{SELECTIONS}/{selection_id}",
        {"item_ids": list(item_ids)},
        {"name": name, "count": len(item_ids)},
    )
    return selection_id


def list_selections(store: FeatureStore) -> list[SavedSelection]:
    """All saved selections, the newest first."""
    found = []
    for path, attributes in reversed(store.records(SELECTIONS).items()):
        content = attributes | {"id": path.removeprefix(f"{SELECTIONS}/")}
        found.append(_SAVED.validate_python(content))
    return found


def read_selection(store: FeatureStore, selection_id: str) -> tuple[str, ...]:
    """Ids of the items, some of which may be gone. Raises `NoFeatures` when it was deleted."""
    path = f"{SELECTIONS}/{selection_id}"
    try:
        if path not in store.records(SELECTIONS):  # an id may come from an address, and be anything
            raise NoFeatures(path)
        arrays, _ = store.read_record(path)
    except NoFeatures:
        raise NoFeatures("This selection was deleted meanwhile.") from None
    return tuple(str(item_id) for item_id in arrays["item_ids"])


def delete_selection(store: FeatureStore, selection_id: str) -> None:
    """Forget a selection; nothing happens when it is gone already."""
    path = f"{SELECTIONS}/{selection_id}"
    if path in store.records(SELECTIONS):
        store.delete_record(path)
