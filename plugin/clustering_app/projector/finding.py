"""What a search finds: by metadata, by text, or by examples. For threads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustering_app.projector.conditions import meeting, read_query
from clustering_app.projector.contents import Points
from clustering_app.projector.search import matching
from clustering_app.projector.similar import (
    duplicate_groups,
    similar_to_items,
    similar_to_picture,
    similar_to_text,
)
from host_contract.context import Host


@dataclass(frozen=True)
class Found:
    """The items that a search selects, best first; a set where none is better than another."""

    item_ids: Collection[str]
    said: str
    """How many they are, for the user."""
    similarity: dict[str, float] | None = None
    """Cosine of every item of the map with what was asked; None when nothing was compared."""


def by_metadata(points: Points, *, text: str, field: str, as_pattern: bool) -> Found:
    """The items with a value that contains a text. Raises as `matching` does."""
    return _matched(points, matching(points.table, text, field=field, as_pattern=as_pattern))


def by_conditions(points: Points, *, text: str) -> Found:
    """The items that a query matches. Raises as `read_query` and `meeting` do."""
    return _matched(points, meeting(points, read_query(text)))


def _matched(points: Points, rows: NDArray[np.intp]) -> Found:
    item_ids = [points.table.items[row].id for row in rows]
    mapped = len(set(item_ids) & set(points.item_ids))
    rest = "." if mapped == len(rows) else f", {mapped:,} on the map."
    return Found(frozenset(item_ids), f"{len(rows):,} found{rest}")


def by_text(points: Points, *, host: Host, text: str, count: int) -> Found:
    """The items whose pictures are nearest to a text. Raises as `similar_to_text` does."""
    similarity = similar_to_text(host, points, text, count=count)
    best = sorted(similarity, key=lambda item_id: -similarity[item_id])[:count]
    said = f"The {len(best):,} nearest to the text are selected, nearest first."
    return Found(best, said, similarity)


def by_picture(points: Points, *, host: Host, name: str, content: bytes, count: int) -> Found:
    """The items whose pictures are nearest to another. Raises as `similar_to_picture` does."""
    similarity = similar_to_picture(host, points, content, count=count)
    best = sorted(similarity, key=lambda item_id: (-similarity[item_id], item_id))[:count]
    said = f"The {len(best):,} most similar to {name} are selected, nearest first."
    return Found(best, said, similarity)


def by_example(points: Points, *, host: Host, examples: Sequence[str], count: int) -> Found:
    """The items nearest to some, without these. Raises as `similar_to_items` does."""
    similarity = similar_to_items(host, points, examples, count=count)
    others = similarity.keys() - set(examples)
    if not others:
        return Found(examples, "Every item of the map is selected already.")
    best = sorted(others, key=lambda item_id: (-similarity[item_id], item_id))[:count]
    examples_said = "the example" if len(examples) == 1 else f"the {len(examples):,} examples"
    said = (
        f"The {len(best):,} most similar to {examples_said} are selected, nearest first. "
        "Undo goes back."
    )
    return Found(best, said, similarity)


def duplicates(points: Points, *, host: Host, threshold: float, leave_one: bool) -> Found:
    """Items nearly the same as another, group by group. Raises as `duplicate_groups` does."""
    groups = duplicate_groups(host, points, threshold)
    if not groups:
        return Found([], f"No two items have a similarity of {threshold:g} or more.")
    found = [item_id for group in groups for item_id in group[1 if leave_one else 0 :]]
    groups_said = "1 group" if len(groups) == 1 else f"{len(groups):,} groups"
    said = f"{len(found):,} near-duplicates in {groups_said} are selected, group by group. "
    if leave_one:
        said += "Of each group the largest file is left out, so that it stays. "
    return Found(found, said + "Undo goes back.")
