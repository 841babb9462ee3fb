"""A file of vectors to a feature set of its own."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from clustering_app.export import all_items
from clustering_app.vector_files.matching import Match, match_rows
from clustering_app.vector_files.npy import read_npy, read_npy_keys
from clustering_app.vector_files.parquet import read_parquet
from clustering_app.vector_files.table import VectorTable, opened_bytes
from clustering_app.vector_files.tsv import read_tsv, read_tsv_keys
from clustering_app.vectors.feature_set import IMPORTED, ModelFingerprint
from clustering_app.vectors.store import NAME, NAMES, FeatureStore
from host_contract.context import Host
from host_contract.entities import Item
from host_contract.errors import InvalidInput

FORMATS = (".npy", ".parquet", ".tsv")
MAX_BYTES = 8 * 1024**3
"""Of all vectors that are kept: they are held in memory once."""
BESIDE = {".npy": ("{stem}.ids.txt",), ".tsv": ("{stem}.metadata.tsv", "metadata.tsv")}
"""Where the ids are looked for when no file of them is named."""
VECTORS = ("tensors.tsv", "vectors.tsv")
"""What a folder of TensorBoard's projector calls its vectors."""
NAMED = 1000
"""Unmatched rows that the report names; it counts all."""

Report = Callable[[float, str], None]


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What an import did."""

    feature_set: str
    dimension: int
    """D."""
    imported: int
    """Items that got a vector."""
    without: int
    """Items of the dataset that the file has no vector of."""
    unmatched: tuple[tuple[int, str, str], ...] = field(repr=False)
    """Rows that are of no item: number from 1, key, reason."""

    def to_json(self) -> JsonValue:
        """The report as a function's output."""
        return {
            "feature_set": self.feature_set,
            "dimension": self.dimension,
            "imported": self.imported,
            "without": self.without,
            "unmatched_count": len(self.unmatched),
            "unmatched": [
                {"row": row, "key": key[:200], "reason": reason}
                for row, key, reason in self.unmatched[:NAMED]
            ],
        }


def import_vectors(
    host: Host,
    dataset_id: str,
    path: Path,
    *,
    ids: Path | None = None,
    key: str | None = None,
    name: str | None = None,
    progress: Report = lambda fraction, message: None,
) -> ImportReport:
    """Make a feature set of a file of vectors. Nothing is written before all of it was checked.

    The same file may come again under its name, as with better ids: what it says last holds alone.

    Args:
        host: Where the items are.
        dataset_id: The dataset.
        path: A .npy, .parquet or .tsv file, or a folder of TensorBoard's projector.
        ids: File with the ids of the rows; looked for beside the vectors when not given. Without
            any, the rows are taken to be all items in the order of their ids, which is that of
            their creation.
        key: Column of ids, where there are several columns.
        name: Of the feature set; made of the file's name when not given.
        progress: Told the share that is done.

    Raises:
        InvalidInput: the file, its ids or the name cannot be taken; names the row or the cause.
    """
    path = _vectors_in(path)
    set_name = name or re.sub(r"[^A-Za-z0-9_.-]+", "-", path.stem).strip("-._") or "imported"
    if not NAME.fullmatch(set_name):
        raise InvalidInput(f"{set_name!r} cannot name a feature set: {NAMES}.")
    table = _open(path, ids or _ids_beside(path), key)
    items = list(all_items(host, dataset_id))
    match = _matched(table, items)
    fingerprint = ModelFingerprint(
        model=set_name,
        weights_source=None,
        architecture=IMPORTED,
        weights=_sha256(path),
        preprocessing=json.dumps({"source": path.name}),
        dimension=table.dimension,
    )
    store = FeatureStore(host.storage(dataset_id))
    _check_free(store, fingerprint)
    owners, vectors = _read(table, match, progress)
    store.create(set_name, fingerprint)
    store.append(
        set_name,
        [item.id for item in owners],
        [item.content_version for item in owners],
        vectors,
        alone=True,  # the file may have come before with other ids
    )
    host.save_feature_set(
        dataset_id,
        set_name,
        size=table.dimension,
        model=set_name,
        fingerprint=fingerprint.id,
        count=store.count(set_name),
    )
    return ImportReport(
        feature_set=set_name,
        dimension=table.dimension,
        imported=len(owners),
        without=len(items) - len(owners),
        unmatched=match.unmatched,
    )


def _vectors_in(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = [path / name for name in VECTORS if (path / name).is_file()]
    if not found:
        raise InvalidInput(f"{str(path)!r} is a folder without {' or '.join(VECTORS)}.")
    return found[0]


def _ids_beside(path: Path) -> Path | None:
    names = (name.format(stem=path.stem) for name in BESIDE.get(path.suffix, ()))
    return next((one for name in names if (one := path.with_name(name)).is_file()), None)


def _open(path: Path, ids: Path | None, key: str | None) -> VectorTable:
    if path.suffix == ".parquet":
        if ids is not None:
            raise InvalidInput(f"{path.name}: Parquet has its ids in a column; leave out --ids.")
        return read_parquet(path, key)
    if path.suffix not in FORMATS:
        raise InvalidInput(f"{path.name}: vectors are read from {', '.join(FORMATS)} files.")
    opened_bytes(path)
    keys = None
    if ids is not None:
        keys = read_npy_keys(ids) if ids.suffix == ".npy" else read_tsv_keys(ids, key)
    return read_npy(path, keys) if path.suffix == ".npy" else read_tsv(path, keys)


def _matched(table: VectorTable, items: list[Item]) -> Match:
    if table.keys is not None:
        return match_rows(table.source, table.keys, items)
    if table.count != len(items):
        raise InvalidInput(
            f"{table.source}: {table.count:,} vectors, and the dataset has {len(items):,} items: "
            "without ids the vectors must be all items in their order."
        )
    return Match(items=tuple(items), unmatched=())


def _check_free(store: FeatureStore, fingerprint: ModelFingerprint) -> None:
    """The same file may come again: an import that was killed is repeated, or ids are corrected."""
    taken = {info.name: info.fingerprint.id for info in store.feature_sets()}
    if taken.get(fingerprint.model, fingerprint.id) != fingerprint.id:
        raise InvalidInput(
            f"There is a feature set {fingerprint.model!r} with other vectors already: choose "
            "another name."
        )


def _read(
    table: VectorTable, match: Match, progress: Report
) -> tuple[list[Item], NDArray[np.float16]]:
    """The items that have a vector, and their vectors (M, D)."""
    owners = [item for item in match.items if item is not None]
    size = len(owners) * table.dimension * 2
    if size > MAX_BYTES:
        raise InvalidInput(
            f"{table.source}: {size / 1e9:,.1f} GB of vectors are more than the "
            f"{MAX_BYTES / 1e9:,.1f} that are taken at once."
        )
    vectors, filled = np.empty((len(owners), table.dimension), np.float16), 0
    for start, block in table.checked():
        rows = [row for row in range(len(block)) if match.items[start + row] is not None]
        vectors[filled : filled + len(rows)] = block[rows]
        filled += len(rows)
        progress((start + len(block)) / table.count, f"Reading {start + len(block):,} vectors")
    return owners, vectors


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
