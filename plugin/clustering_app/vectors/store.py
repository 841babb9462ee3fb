"""The feature store: one Icechunk repository a dataset, in which every batch is a commit.

A reader sees the snapshot it opened, whatever is written meanwhile; a killed writer leaves the last
commit as it was. The repository lies in a `folder` or in a `bucket`, which see to it that commits
of several processes do not harm each other.

Inside, a feature set is the group `feature_sets/<name>`, laid out by `columns`. Runs and other
records are groups elsewhere. N items, D embedding dimensions.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

import icechunk
import numpy as np
import zarr
from numpy.typing import NDArray

from clustering_app.errors import NoFeatures, StoreError
from clustering_app.vectors.bucket import Bucket
from clustering_app.vectors.columns import (
    add_array,
    check_batch,
    create_columns,
    delete_rows,
    describe,
    strings,
    texts,
    versions_at,
    write_rows,
)
from clustering_app.vectors.failures import reading, with_one_error
from clustering_app.vectors.feature_set import FeatureSet, FeatureSetInfo, ModelFingerprint
from clustering_app.vectors.folder import Folder
from clustering_app.vectors.repositories import BRANCH
from clustering_app.vectors.rows import Rows
from host_contract.entities import Metadata

FEATURE_SETS = "feature_sets"
NAME = re.compile(r"(?!zarr\.json$)[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""Of a feature set. Under `zarr.json` lies what Zarr knows of the group itself."""
NAMES = "use letters, digits, _ . and -, at most 100, and not 'zarr.json'"


class FeatureStore:
    """The vectors and runs of one dataset.

    Nothing is made before the first write. Safe to use from several threads and processes.
    """

    def __init__(self, location: str) -> None:
        """Take what the host gives for a dataset: a local folder, or `s3://bucket/prefix`.

        Raises:
            StoreError: it is another kind of URL, or the extra for it is not installed.
        """
        self._place = Bucket(location) if "://" in location else Folder(location)
        self._rows = Rows()
        self._rows_lock = threading.Lock()

    @property
    def many_writers(self) -> bool:
        """Whether the workers of an extraction commit themselves, rather than one process."""
        return self._place.many_writers

    def exists(self) -> bool:
        """Whether anything was ever written, and not deleted since."""
        return self._place.exists()

    @reading
    def snapshot(self) -> str:
        """Id of the newest snapshot. Raises `NoFeatures` before the first write."""
        return str(self._place.repository().lookup_branch(BRANCH))

    @reading
    def feature_sets(self) -> list[FeatureSetInfo]:
        """What is known of each feature set, in the order of creation; empty before the first."""
        if not self.exists():
            return []
        groups = _children(self._read(), FEATURE_SETS)
        return [describe(group) for group in sorted(groups, key=_created)]

    def with_vectors(self) -> list[FeatureSetInfo]:
        """Those of the feature sets that hold a vector, in the order of creation."""
        return [info for info in self.feature_sets() if info.count]

    def count(self, name: str) -> int:
        """N, vectors in a feature set; 0 when there is no such set."""
        return next((info.count for info in self.feature_sets() if info.name == name), 0)

    def create(self, name: str, fingerprint: ModelFingerprint) -> None:
        """Make an empty feature set; does nothing when it is there with the same model.

        Raises:
            ModelMismatch: it is there, and its vectors come from another model.
            StoreError: a group cannot have the name.
        """
        if not NAME.fullmatch(name):
            raise StoreError(f"{name!r} cannot name a feature set: {NAMES}.")

        def write(root: zarr.Group) -> None:
            there = _children(root, FEATURE_SETS)
            for group in there:
                if group.basename == name:
                    describe(group).check_model(fingerprint)
                    return
            order = len(there)
            group = root.create_group(f"{FEATURE_SETS}/{name}")
            group.attrs.update({"fingerprint": asdict(fingerprint), "created": order})
            create_columns(group, fingerprint.dimension)

        self._commit(f"create {name}", write, may_create=True)

    def append(
        self,
        name: str,
        item_ids: Sequence[str],
        content_versions: Sequence[str],
        vectors: NDArray[np.floating[Any]],
        *,
        alone: bool = False,
    ) -> str:
        """Write the vectors of a batch of items in one commit.

        An item that has a vector already gets the new one, in its old row: there is never more
        than one row an item.

        Args:
            name: A feature set that was created.
            item_ids: B ids, each once.
            content_versions: B, the items' contents that the vectors were made from.
            vectors: (B, D), finite within float16.
            alone: Remove the vectors of all other items from the set, in the same commit.

        Returns:
            Id of the new snapshot.

        Raises:
            NoFeatures: there is no such feature set.
            StoreError: shapes disagree, an id comes twice, or a vector is not finite (named).
        """
        batch = vectors.astype(np.float16)
        check_batch(item_ids, content_versions, batch)
        added: list[str] = []

        def write(root: zarr.Group) -> None:
            nonlocal added
            group = _feature_set(root, name)
            if alone:
                delete_rows(group, set(strings(group["item_ids"][:])) - set(item_ids))
            added = write_rows(group, item_ids, content_versions, batch, self._rows.of(group))

        with self._rows_lock:
            snapshot = self._commit(f"append {len(item_ids)} to {name}", write)
            self._rows.add(added)
        return snapshot

    @reading
    def read(self, name: str, *, snapshot: str | None = None) -> FeatureSet:
        """Read a feature set as it is now, or as it was at a snapshot.

        Raises:
            NoFeatures: there is no such feature set (at that snapshot).
        """
        root = self._read(snapshot)
        group = _feature_set(root, name)
        return FeatureSet(
            info=describe(group),
            item_ids=tuple(strings(group["item_ids"][:])),
            vectors=np.asarray(group["vectors"][:]),
            snapshot=_snapshot(root),
        )

    @reading
    def content_versions(self, name: str) -> dict[str, str]:
        """Content version that each item's vector was made from; empty without the feature set."""
        try:
            group = _feature_set(self._read(), name)
        except NoFeatures:
            return {}
        columns = (strings(group[column][:]) for column in ("item_ids", "content_versions"))
        return dict(zip(*columns, strict=True))

    @reading
    def unchanged(self, name: str, content_versions: Mapping[str, str]) -> set[str]:
        """Those of these items whose vector was made from this content already.

        Cheap for a store that was used before: of the ids only those that are new are read.

        Args:
            name: A feature set that was created.
            content_versions: By item id.
        """
        group = _feature_set(self._read(), name)
        with self._rows_lock:
            rows = self._rows.of(group)
            there = {item_id: rows[item_id] for item_id in content_versions if item_id in rows}
        kept = versions_at(group, list(there.values()))
        return {i for i, kept_i in zip(there, kept, strict=True) if kept_i == content_versions[i]}

    def delete_items(self, item_ids: Sequence[str], *, feature_set: str | None = None) -> int:
        """Remove the vectors of items from every feature set, or from one, in one commit.

        The last rows move into the holes, so that only the chunks concerned are written.

        Returns:
            The number of rows removed.
        """
        removed, gone = 0, set(item_ids)

        def write(root: zarr.Group) -> None:
            nonlocal removed
            groups = _children(root, FEATURE_SETS)
            if feature_set is not None:
                groups = [_feature_set(root, feature_set)]
            removed = sum(delete_rows(group, gone) for group in groups)

        if self.exists() and gone:
            self._commit(f"delete {len(gone)} items", write)
        return removed

    def forget_items(self, item_ids: Sequence[str]) -> int:
        """Delete items and compact, so that nothing of their vectors is kept."""
        removed = self.delete_items(item_ids)
        if removed:
            self.compact()
        return removed

    @with_one_error()
    def compact(self) -> int:
        """Forget all snapshots but the newest: what was deleted or written over is removed.

        In a bucket it takes two seconds, and what was written since the oldest commit under way
        began is left for the next compaction. Who reads an older snapshot at that moment gets a
        `StoreError`, or the newest by `read`.

        Returns:
            The number of bytes freed.
        """
        return self._place.compact()

    def delete(self) -> None:
        """Remove everything, at once for all who look."""
        self._place.delete()

    def write_record(
        self,
        path: str,
        arrays: Mapping[str, NDArray[Any] | Sequence[str]],
        attributes: Metadata,
    ) -> str:
        """Write a group of arrays, in one commit, over what was there; returns the snapshot."""

        def write(root: zarr.Group) -> None:
            if path in root:
                del root[path]
            group = root.create_group(path)
            group.attrs.update({"content": json.dumps(attributes)})
            for name, values in arrays.items():
                add_array(group, name, values if isinstance(values, np.ndarray) else texts(values))

        return self._commit(f"write {path}", write)

    @reading
    def read_record(self, path: str) -> tuple[dict[str, NDArray[Any]], Metadata]:
        """Read the arrays and attributes that were written. Raises `NoFeatures` when absent."""
        group = self._record(path)
        arrays = {name: np.asarray(array[:]) for name, array in group.arrays()}
        return arrays, json.loads(str(group.attrs["content"]))

    @reading
    def records(self, prefix: str) -> dict[str, Metadata]:
        """Attributes of all records in a group, by path, in the order of paths; of one snapshot."""
        found = sorted(_children(self._root(), prefix), key=lambda child: child.path)
        return {child.path: json.loads(str(child.attrs["content"])) for child in found}

    def delete_record(self, path: str) -> None:
        """Remove a record. Raises `NoFeatures` when absent."""
        self._record(path)
        self._commit(f"delete {path}", lambda root: root.__delitem__(path))

    def _record(self, path: str) -> zarr.Group:
        root = self._read()
        if not {".", ".."}.isdisjoint(path.split("/")) or path not in root:
            raise NoFeatures(f"There is no {path}.")
        return cast(zarr.Group, root[path])

    def _root(self) -> zarr.Group | None:
        """The root as it is now; None before the first commit."""
        try:
            return self._read()
        except NoFeatures:
            return None

    def _read(self, snapshot: str | None = None) -> zarr.Group:
        repository = self._place.repository()
        if snapshot is None:
            return zarr.open_group(repository.readonly_session(BRANCH).store, mode="r")
        try:
            session = repository.readonly_session(snapshot_id=snapshot)
        except icechunk.IcechunkError as error:
            raise NoFeatures(f"The store has no snapshot {snapshot}.") from error
        return zarr.open_group(session.store, mode="r")

    @with_one_error()
    def _commit(
        self, message: str, write: Callable[[zarr.Group], None], *, may_create: bool = False
    ) -> str:
        """Write in one transaction; a store that was deleted meanwhile is not made again.

        `write` may be called again, with the root as others have made it meanwhile.
        """

        def into(session: icechunk.Session) -> None:
            write(zarr.open_group(session.store, mode="a"))

        return self._place.commit(into, message, may_create=may_create)


def _children(root: zarr.Group | None, path: str) -> list[zarr.Group]:
    """The groups in a group; none where it is not there."""
    if root is None or path not in root:
        return []
    return [child for _, child in cast(zarr.Group, root[path]).groups()]


def _created(group: Any) -> int:
    return int(group.attrs["created"])


def _snapshot(root: zarr.Group) -> str:
    """Id of the snapshot that a session began with."""
    return str(cast(icechunk.IcechunkStore, root.store).session.snapshot_id)


def _feature_set(root: zarr.Group, name: str) -> Any:
    path = f"{FEATURE_SETS}/{name}"
    if not NAME.fullmatch(name) or path not in root:  # others lead out of the group, or deeper
        raise NoFeatures(f"There is no feature set {name!r}: extract features first.")
    return root[path]
