"""Whose vector is it: the ids and file names of a file against the items of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from host_contract.entities import Item
from host_contract.errors import InvalidInput

SEVERAL = "several items have this name: use their paths or ids"
SEVERAL_AT_PATH = "several items have this path: use their ids"
NONE = "no item has this id, path or name"


@dataclass(frozen=True, kw_only=True)
class Match:
    """Which rows of a file belong to items."""

    items: tuple[Item | None, ...] = field(repr=False)
    """(N,): the item of each row; None where there is none."""
    unmatched: tuple[tuple[int, str, str], ...]
    """Number of the row, from 1, its key, which is untrusted text, and why it has no item."""


def match_rows(source: str, keys: Sequence[str], items: Iterable[Item]) -> Match:
    """Find the item of each row: by its id, else by its path in the dataset, else by its name.

    Args:
        source: Name of the file, for messages.
        keys: (N,). Paths may begin with `/` or `./`. A path with folders is never matched by its
            last part alone: it may be another file of that name.
        items: Of the dataset.

    Raises:
        InvalidInput: two rows are of one item, or no row is of any.
    """
    by_id: dict[str, Item] = {}
    by_path: dict[str, Item | None] = {}
    by_name: dict[str, Item | None] = {}
    for item in items:
        by_id[item.id] = item
        by_path[path_of(item)] = None if path_of(item) in by_path else item
        by_name[item.name] = None if item.name in by_name else item
    found: list[Item | None] = []
    unmatched: list[tuple[int, str, str]] = []
    rows: dict[str, int] = {}
    for row, key in enumerate(keys, 1):
        path = key.removeprefix("./").lstrip("/")
        one = by_id.get(key) or by_path.get(path) or by_name.get(path)
        found.append(one)
        if one is None:
            several = SEVERAL if path in by_name else NONE
            unmatched.append((row, key, SEVERAL_AT_PATH if path in by_path else several))
        elif (before := rows.setdefault(one.id, row)) != row:
            raise InvalidInput(
                f"{source}: rows {before:,} and {row:,} are both of item {one.name!r} ({one.id}); "
                "leave one out."
            )
    if not rows:
        raise InvalidInput(
            f"{source}: none of its {len(keys):,} ids is that of one item in this dataset; the "
            f"first is {keys[0][:200]!r}: {unmatched[0][2]}."
        )
    return Match(items=tuple(found), unmatched=tuple(unmatched))


def path_of(item: Item) -> str:
    """Folder and name of an item, without the leading slash."""
    return f"{item.folder.strip('/')}/{item.name}".lstrip("/")
