"""Which items to encode, decided without touching disk or network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from clustering_app.extraction.kinds import why_not_embeddable
from clustering_app.extraction.report import NotEmbedded
from host_contract.entities import Item


class Choice(StrEnum):
    """Which part of a dataset an extraction works on."""

    OUTDATED = "outdated"
    """What is missing, changed and removed, together."""
    MISSING = "missing"
    """Embeddable items without a vector."""
    CHANGED = "changed"
    """Those whose bytes are others than those that the vector was made from."""
    REMOVED = "removed"
    """Vectors of items that no longer exist; nothing is encoded."""
    ALL = "all"
    """The whole dataset, encoded again."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an extraction can do, and what of it is chosen. Of the items it keeps only the ids."""

    encode: tuple[str, ...] = field(repr=False)
    """Ids of the items to encode, in the order given."""
    items: frozenset[str] = field(repr=False)
    """Ids of all items that were looked at."""
    missing: int
    """Embeddable items without a vector."""
    changed: int
    """Items whose bytes changed since."""
    unchanged: int
    """Items whose vector is up to date, and that are not encoded again."""
    removed: tuple[str, ...] = field(repr=False)
    """Ids that have a vector and are not among the items."""
    not_embeddable: tuple[NotEmbedded, ...] = field(repr=False)
    """Items of a kind that has no vector."""


def plan(
    items: Iterable[Item],
    content_versions: Mapping[str, str],
    *,
    choice: Choice = Choice.OUTDATED,
    again: Collection[str] = (),
) -> Plan:
    """Sort items by what is to be done with them. Pure.

    Args:
        items: The items asked for; each is looked at once, and then let go of.
        content_versions: Content version by item id, of the vectors there are.
        choice: What of it is asked for.
        again: Ids of items to encode whatever the choice.
    """
    encode: list[str] = []
    not_embeddable: list[NotEmbedded] = []
    counts = dict.fromkeys((Choice.MISSING, Choice.CHANGED, None), 0)
    seen = set[str]()
    for item in items:
        seen.add(item.id)
        if (reason := why_not_embeddable(item)) is not None:
            not_embeddable.append(
                NotEmbedded(item_id=item.id, name=item.name, reason=reason, embeddable=False)
            )
            continue
        state = _state(item, content_versions)
        wanted = choice in (state, Choice.ALL) or (state and choice is Choice.OUTDATED)
        if chosen := wanted or item.id in again:
            encode.append(item.id)
        if state is not None or not chosen:
            counts[state] += 1
    return Plan(
        encode=tuple(encode),
        items=frozenset(seen),
        missing=counts[Choice.MISSING],
        changed=counts[Choice.CHANGED],
        unchanged=counts[None],
        removed=tuple(sorted(content_versions.keys() - seen)),
        not_embeddable=tuple(not_embeddable),
    )


def _state(item: Item, content_versions: Mapping[str, str]) -> Choice | None:
    """Why an item is to be encoded; None when its vector is up to date."""
    if item.id not in content_versions:
        return Choice.MISSING
    return None if content_versions[item.id] == item.content_version else Choice.CHANGED
