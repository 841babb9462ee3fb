"""Which items to encode, decided without touching disk or network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from host_contract.entities import Item


class Choice(StrEnum):
    """Which part of a dataset an extraction works on."""

    OUTDATED = "outdated"
    """What is missing, changed and removed, together."""
    MISSING = "missing"
    """Images without a vector."""
    CHANGED = "changed"
    """Images whose bytes are others than those that the vector was made from."""
    REMOVED = "removed"
    """Vectors of items that no longer exist; nothing is encoded."""
    ALL = "all"
    """The whole dataset, encoded again."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an extraction can do, and what of it is chosen."""

    encode: tuple[Item, ...]
    """Images to encode, in the order given."""
    missing: int
    """Images without a vector."""
    changed: int
    """Images whose bytes changed since."""
    unchanged: int
    """Images whose vector is up to date."""
    removed: tuple[str, ...] = field(repr=False)
    """Ids that have a vector and are not among the items."""
    not_images: tuple[Item, ...] = field(repr=False)
    """Items of another kind, which have no vector and never will."""


def plan(
    items: Iterable[Item],
    content_versions: Mapping[str, str],
    *,
    choice: Choice = Choice.OUTDATED,
    again: Collection[str] = (),
) -> Plan:
    """Sort items by what is to be done with them. Pure.

    Args:
        items: The items asked for.
        content_versions: Content version by item id, of the vectors there are.
        choice: What of it is asked for.
        again: Ids of items to encode whatever the choice.
    """
    encode: list[Item] = []
    not_images: list[Item] = []
    counts = dict.fromkeys((Choice.MISSING, Choice.CHANGED, None), 0)
    seen = set[str]()
    for item in items:
        seen.add(item.id)
        if not item.mimetype.startswith("image/"):
            not_images.append(item)
            continue
        state = _state(item, content_versions)
        counts[state] += 1
        wanted = choice in (state, Choice.ALL) or (state and choice is Choice.OUTDATED)
        if wanted or item.id in again:
            encode.append(item)
    return Plan(
        encode=tuple(encode),
        missing=counts[Choice.MISSING],
        changed=counts[Choice.CHANGED],
        unchanged=counts[None],
        removed=tuple(sorted(content_versions.keys() - seen)),
        not_images=tuple(not_images),
    )


def _state(item: Item, content_versions: Mapping[str, str]) -> Choice | None:
    """Why an image is to be encoded; None when its vector is up to date."""
    if item.id not in content_versions:
        return Choice.MISSING
    return None if content_versions[item.id] == item.content_version else Choice.CHANGED
