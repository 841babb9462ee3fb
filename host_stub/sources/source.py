"""What every reader gives: items, one after another, and a report of what it passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from host_contract.entities import Metadata

MAX_REASONS = 50
OTHER_REASONS = "passed over for other reasons."


@dataclass(frozen=True)
class SourceItem:
    """One file of a source. Its bytes can be had until the next item is asked for."""

    path: str
    """Folders and name in the dataset, '/' between them; unique in the source. Untrusted."""
    open: Callable[[], BinaryIO]
    """Opens the bytes, again and again. Raises whatever the file system or the format does."""
    version: str | None = None
    """Another one when the bytes are others, and cheap to know; None when only the bytes tell."""
    labels: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=dict)


class Report:
    """What was passed over and why: of each reason the first name, and how many there are."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, int]] = {}

    def add(self, name: str, reason: str) -> None:
        """Note one thing that was passed over; the first name of each reason is kept.

        Args:
            name: Of the item, by file and row where it has them.
            reason: Why; what comes after so many of them is put together.
        """
        if reason not in self._found and len(self._found) >= MAX_REASONS:
            reason = OTHER_REASONS
        first, count = self._found.get(reason, (name, 0))
        self._found[reason] = (first, count + 1)

    def __len__(self) -> int:
        return sum(count for _, count in self._found.values())

    def lines(self) -> list[str]:
        """A line for each reason."""
        return [
            f"{first!r}{f' and {count - 1:,} more' if count > 1 else ''}: {reason}"
            for reason, (first, count) in self._found.items()
        ]


class Source(Protocol):
    """An opened source."""

    @property
    def url(self) -> str:
        """Where it is; the same for the same source."""

    @property
    def name(self) -> str:
        """What a dataset made of it is called by default."""

    @property
    def total(self) -> int | None:
        """How many items there are, about; None where only reading all of it would tell."""

    def items(self, report: Report) -> Iterator[SourceItem]:
        """The items, in an order that is the same each time.

        Raises:
            InvalidInput: something is so wrong that reading cannot go on, named by file and row.
        """
