"""How a feature set lies in its Zarr group: three arrays of equal length, one row an item.

`vectors` float16 (N, D), `item_ids` and `content_versions`, UTF-8. Each id is there once. What is
written here becomes visible with the store's commit, all of it or nothing.
N items, B items of a batch, D embedding dimensions.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from clustering_app.errors import StoreError
from clustering_app.vectors.feature_set import FeatureSetInfo, ModelFingerprint

ROWS_PER_CHUNK = 1024
"""A commit writes its last chunk anew, and the old one stays on disk for older snapshots. Measured
with 512 dimensions and 64 rows a commit: 100 MiB for 12.5 of vectors, against 365 with 4,096 rows a
chunk; 100,000 rows are read as fast (0.4 s)."""
COLUMNS = ("vectors", "item_ids", "content_versions")
ORDER = "order"
"""Attribute that says by chance which rows there are: as long as it stays, rows are only added."""


def create_columns(group: zarr.Group, dimension: int) -> None:
    """Make the three arrays, of no rows."""
    add_array(group, "vectors", np.empty((0, dimension), np.float16))
    add_array(group, "item_ids", texts(()))
    add_array(group, "content_versions", texts(()))
    group.attrs[ORDER] = secrets.token_hex(8)


def write_rows(
    group: Any,
    item_ids: Sequence[str],
    content_versions: Sequence[str],
    vectors_BD: NDArray[np.float16],
    rows: Mapping[str, int],
) -> list[str]:
    """Write the rows of items: over the old row where an item has one, else at the end.

    Args:
        group: The feature set.
        item_ids: B ids, each once.
        content_versions: B, one an item.
        vectors_BD: One an item.
        rows: Row of each item that has one.

    Returns:
        The items that had none, in the order of their new rows.

    Raises:
        StoreError: the vectors are not of the group's dimension.
    """
    dimension = group["vectors"].shape[1]
    if vectors_BD.shape[1] != dimension:
        raise StoreError(
            f"Vectors of dimension {vectors_BD.shape[1]} do not fit {group.basename!r}, whose "
            f"vectors have {dimension}."
        )
    old = [index for index, item_id in enumerate(item_ids) if item_id in rows]
    new = [index for index, item_id in enumerate(item_ids) if item_id not in rows]
    batch = (vectors_BD, texts(item_ids), texts(content_versions))
    for column, values in zip(COLUMNS, batch, strict=True):
        if old:
            _set_rows(group[column], [rows[item_ids[index]] for index in old], values[old])
        if new:
            group[column].append(values[new])
    if ORDER not in group.attrs:  # made by an earlier release
        group.attrs[ORDER] = secrets.token_hex(8)
    return [item_ids[index] for index in new]


def versions_at(group: Any, rows: Sequence[int]) -> list[str]:
    """The content versions at some rows, in their order."""
    if not rows:
        return []
    return strings(group["content_versions"].get_orthogonal_selection(np.array(rows)))


def delete_rows(group: Any, item_ids: set[str]) -> int:
    """Delete the rows of items; the last rows move into the holes. Returns how many there were."""
    ids = strings(group["item_ids"][:])
    keep = sum(item_id not in item_ids for item_id in ids)
    if keep == len(ids):
        return 0
    holes = [row for row in range(keep) if ids[row] in item_ids]
    movers = [row - keep for row in range(keep, len(ids)) if ids[row] not in item_ids]
    for column in COLUMNS:
        array = group[column]
        if holes:
            _set_rows(array, holes, array[keep:][movers])
        array.resize((keep, *array.shape[1:]))
    group.attrs[ORDER] = secrets.token_hex(8)
    return len(ids) - keep


def describe(group: Any) -> FeatureSetInfo:
    """What is known of a feature set from its attributes and shape."""
    return FeatureSetInfo(
        name=group.basename,
        fingerprint=ModelFingerprint(**group.attrs["fingerprint"]),
        count=group["item_ids"].shape[0],
    )


def check_batch(
    item_ids: Sequence[str], content_versions: Sequence[str], vectors_BD: NDArray[np.float16]
) -> None:
    """Refuse a batch that would damage a feature set.

    Raises:
        StoreError: shapes disagree, an id comes twice, or a vector is not finite (named).
    """
    lengths = {len(item_ids), len(content_versions), len(vectors_BD)}
    if vectors_BD.ndim != 2 or len(lengths) != 1:
        raise StoreError(
            f"{len(item_ids)} ids, {len(content_versions)} content versions and vectors of shape "
            f"{vectors_BD.shape} do not belong together."
        )
    if len(set(item_ids)) != len(item_ids):
        raise StoreError("An item comes twice in one batch.")
    finite = np.isfinite(vectors_BD).all(axis=1)
    if not finite.all():
        raise StoreError(f"The vector of item {item_ids[int(np.argmin(finite))]} is not finite.")


def add_array(group: zarr.Group, name: str, values: NDArray[Any]) -> None:
    """Make an array of a group and fill it; objects are texts."""
    array = group.create_array(
        name,
        shape=values.shape,
        chunks=(ROWS_PER_CHUNK, *values.shape[1:]),
        dtype=str if values.dtype == object else values.dtype,
    )
    if len(values):
        array[:] = values


def texts(values: Sequence[str]) -> NDArray[Any]:
    """Texts as the array of objects that Zarr takes for its UTF-8 type."""
    made = np.empty(len(values), object)
    made[:] = values
    return made


def strings(values: NDArray[Any]) -> list[str]:
    """Texts as they were read."""
    return [str(value) for value in values]


def _set_rows(array: Any, rows: Sequence[int], values: NDArray[Any]) -> None:
    """Set rows, each chunk once."""
    array.set_orthogonal_selection((np.array(rows), *[slice(None)] * (array.ndim - 1)), values)
