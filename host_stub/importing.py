"""A source to a dataset: new items are added, changed ones get their new bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing

from host_contract.entities import Dataset, Item
from host_contract.errors import InvalidInput, ItemUnreadable
from host_contract.query import HALF_A_CHARACTER
from host_stub.datasets import Datasets
from host_stub.item_rows import SOURCE_VERSION, Received, check_metadata, folder_of
from host_stub.limits import MAX_ITEM_BYTES
from host_stub.sources.location import reason_of
from host_stub.sources.source import Report, Source, SourceItem

ITEMS_PER_TRANSACTION = 100
MAX_UNREADABLE = 20
"""So many items in a row that cannot be read mean that no other can: say so, and stop."""

Progress = Callable[[float, str], None]


def import_source(
    datasets: Datasets, source: Source, name: str | None, progress: Progress, report: Report
) -> Dataset:
    """Make a dataset of a source, or bring the one with that name up to date.

    Raises:
        InvalidInput: the source holds nothing, or cannot be read further; what was imported until
            then stays, and importing again goes on from there.
    """
    items = source.items(report)
    first = next(items, None)
    if first is None:
        why = f" {' '.join(report.lines())}" if len(report) else ""
        raise InvalidInput(f"{source.url} holds nothing to import.{why}")
    name = name or source.name
    found = [dataset for dataset in datasets.list() if dataset.name == name]
    dataset = found[0] if found else datasets.create(name)
    importing = _Importing(datasets, dataset.id, source, report, fresh=not found)
    importing.run(_with_first(first, items), progress)
    return dataset


def import_into(datasets: Datasets, dataset_id: str, source: Source, report: Report) -> int:
    """Bring a dataset up to date with a source; returns how many items were new or changed.

    Raises:
        InvalidInput: the source cannot be read further.
        NotFound: there is no such dataset.
    """
    datasets.get(dataset_id)
    importing = _Importing(datasets, dataset_id, source, report, fresh=False)
    importing.run(source.items(report), lambda fraction, message: None)
    return importing.taken


class _Importing:
    """One import. An item that is there with the same bytes is left alone."""

    def __init__(
        self, datasets: Datasets, dataset_id: str, source: Source, report: Report, *, fresh: bool
    ) -> None:
        self._datasets = datasets
        self._dataset_id = dataset_id
        self._total = source.total
        self._report = report
        self._fresh = fresh
        self._source = hashlib.sha256(source.url.encode(errors="surrogatepass")).hexdigest()[:16]
        self._seen: set[int] = set()
        """Hashes of places, so that even a million of them take little memory."""
        self._arrived: list[Received] = []
        self._unreadable = 0
        self.taken = 0

    def run(self, items: Iterator[SourceItem], progress: Progress) -> None:
        """Take the items in."""
        done = 0
        try:
            for item in items:
                if done % ITEMS_PER_TRANSACTION == 0:
                    fraction = min(1.0, done / self._total) if self._total else 0.0
                    of = f" of {self._total:,}" if self._total else ""
                    progress(fraction, f"Importing {done:,}{of} files")
                self._take(item)
                done += 1
                if len(self._arrived) == ITEMS_PER_TRANSACTION:
                    self._keep()
        except InvalidInput:
            self._keep()
            raise
        else:
            self._keep()
        finally:
            self._datasets.drop(self._arrived)
        progress(1.0, f"Imported {done:,} files")

    def _take(self, item: SourceItem) -> None:
        try:
            folder, name = _place(item.path)
            if (place := hash((folder, name))) in self._seen:
                self._report.add(item.path, "there more than once; the first was imported.")
                return
            self._seen.add(place)
            known = None if self._fresh else self._datasets.at(self._dataset_id, folder, name)
            version = f"{self._source}:{item.version}" if item.version is not None else None
            if known is None:
                self._add(item, folder, name, version)
            elif version is None or known.system_metadata.get(SOURCE_VERSION) != version:
                self._update(known, item, version)
        except InvalidInput as error:
            self._report.add(item.path, str(error))
        except ItemUnreadable as error:
            self._report.add(item.path, f"cannot be read: {error}")
            self._unreadable += 1
            if self._unreadable == MAX_UNREADABLE:
                raise InvalidInput(
                    f"{MAX_UNREADABLE} items in a row cannot be read, the last is {item.path!r}: "
                    f"{error}. Importing again goes on from here."
                ) from error
        else:
            self._unreadable = 0

    def _add(self, item: SourceItem, folder: str, name: str, version: str | None) -> None:
        metadata = item.metadata
        try:
            check_metadata(metadata)
        except InvalidInput as error:
            self._report.add(item.path, f"imported without metadata: {error}")
            metadata = {}
        with closing(_Content(item)) as content:
            received = self._datasets.receive(
                name, folder, content, item.labels, metadata, source_version=version
            )
        self._arrived.append(received)

    def _update(self, known: Item, item: SourceItem, version: str | None) -> None:
        with closing(_Content(item)) as content:
            digest = hashlib.sha256()
            while block := content.read(1 << 20):
                digest.update(block)
        if digest.hexdigest() != known.content_version:
            with closing(_Content(item)) as content:
                self._datasets.replace_content(known.id, content, source_version=version)
            self.taken += 1
        elif version is not None:
            self._datasets.set_source_version(known.id, version)

    def _keep(self) -> None:
        arrived, self._arrived = self._arrived, []
        if not arrived:
            return
        items = self._datasets.keep(self._dataset_id, arrived, once=True)
        for one, item in zip(arrived, items, strict=True):
            if item.id == one.row.id:
                self.taken += 1
            elif item.content_version != one.row.content:
                self._report.add(
                    f"{item.folder}{item.name}".lstrip("/"),
                    "came with other bytes in another import meanwhile; import it again.",
                )


class _Content:
    """Bytes of an item, whose every fault is told as the item's and not the host's."""

    def __init__(self, item: SourceItem) -> None:
        self._left = MAX_ITEM_BYTES
        try:
            self._content = item.open()
        except Exception as error:  # each file system and format has errors of its own
            raise ItemUnreadable(reason_of(error)) from error

    def read(self, size: int) -> bytes:
        try:
            block = self._content.read(size)
        except Exception as error:
            raise ItemUnreadable(reason_of(error)) from error
        self._left -= len(block)
        if self._left < 0:
            raise ItemUnreadable(f"more than {MAX_ITEM_BYTES:,} bytes")
        return block

    def close(self) -> None:
        self._content.close()


def _place(path: str) -> tuple[str, str]:
    """Folder and name in the dataset.

    Raises:
        InvalidInput: the folder leads out, or one of the two cannot be written as UTF-8.
    """
    if HALF_A_CHARACTER.search(path):
        raise InvalidInput("its name or its folder's is not UTF-8; rename it and import again.")
    folder, _, name = path.rpartition("/")
    return folder_of(folder), name


def _with_first(first: SourceItem, items: Iterator[SourceItem]) -> Iterator[SourceItem]:
    yield first
    yield from items
