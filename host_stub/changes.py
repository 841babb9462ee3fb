"""What can be changed about items, each with its way back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from host_contract.entities import Metadata
from host_stub.database import ItemRow
from host_stub.item_rows import check_changed, check_labels, classification, folder_of


class Change(Protocol):
    """A change of one item at a time."""

    def do(self, row: ItemRow) -> Any:
        """Change the row; gives what `undo` needs, None where nothing is changed.

        Raises:
            InvalidInput: the row cannot be so.
        """

    def undo(self, row: ItemRow, before: Any) -> bool:
        """Change it back, but for what was changed again since; says whether there was anything."""


@dataclass(frozen=True)
class MergeMetadata:
    """Set fields of the user metadata; a null removes one."""

    changes: Metadata

    def do(self, row: ItemRow) -> Metadata:
        """Gives the fields as they were, null where there was none."""
        before = {name: row.user_metadata.get(name) for name in self.changes}
        _merge(row, self.changes)
        return before

    def undo(self, row: ItemRow, before: Metadata) -> bool:
        """Leaves fields that have another value than the one that was set."""
        same = [name for name in before if row.user_metadata.get(name) == self.changes[name]]
        _merge(row, {name: before[name] for name in same})
        return bool(same)


@dataclass(frozen=True)
class MergeDeep:
    """Set fields at any depth of the user metadata; a null removes what is there."""

    changes: Metadata

    def do(self, row: ItemRow) -> Metadata:
        """Gives the metadata as they were."""
        before, row.user_metadata = row.user_metadata, merged(row.user_metadata, self.changes)
        check_changed(self.changes, row.user_metadata)
        return before

    def undo(self, row: ItemRow, before: Metadata) -> bool:
        """Leaves metadata of which anything was changed again."""
        same = row.user_metadata == merged(before, self.changes)
        row.user_metadata = before if same else row.user_metadata
        return same


@dataclass(frozen=True)
class Move:
    """Put into a folder."""

    folder: str

    def do(self, row: ItemRow) -> str:
        """Gives the folder before. Raises `InvalidInput` for what is no folder."""
        before, row.folder = row.folder, folder_of(self.folder)
        return before

    def undo(self, row: ItemRow, before: str) -> bool:
        """Leaves what was moved on."""
        is_there = row.folder == folder_of(self.folder)
        row.folder = before if is_there else row.folder
        return is_there


@dataclass(frozen=True)
class AddLabel:
    """Give a label; an item that has it is left as it is."""

    label: str

    def do(self, row: ItemRow) -> bool | None:
        """Gives True where the label is new."""
        if self.label in row.labels:
            return None
        check_labels([*row.labels, self.label])
        row.labels = [*row.labels, self.label]
        row.annotations = [*row.annotations, classification(self.label)]
        return True

    def undo(self, row: ItemRow, before: bool) -> bool:
        """Takes away what was added, and nothing else that has the label."""
        added = classification(self.label)
        if added not in row.annotations:
            return False
        kept = [one for one in row.annotations if one != added]
        row.annotations = kept
        row.labels = list(dict.fromkeys(one["label"] for one in kept))
        return True


def fingerprint(row: ItemRow) -> str:
    """What tells whether an item was changed since."""
    known = [row.name, row.folder, row.content, row.user_metadata, row.annotations]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def merged(old: Mapping[str, Any], changes: Mapping[str, Any]) -> Metadata:
    """Metadata with changes at any depth; a null removes what was there."""
    after = dict(old)
    for key, value in changes.items():
        before = after.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            value = merged(before, value)
        after[key] = value
    return {key: value for key, value in after.items() if value is not None}


def _merge(row: ItemRow, changes: Metadata) -> None:
    after = {**row.user_metadata, **changes}
    row.user_metadata = {name: value for name, value in after.items() if value is not None}
    check_changed(changes, row.user_metadata)
