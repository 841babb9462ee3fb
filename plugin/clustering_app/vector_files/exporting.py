"""A feature set to files that other tools read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from clustering_app.export import all_items
from clustering_app.vector_files.matching import path_of
from clustering_app.vector_files.npy import write_npy
from clustering_app.vector_files.parquet import write_parquet
from clustering_app.vector_files.sprite import Sprite, write_sprite
from clustering_app.vector_files.tsv import write_metadata, write_tsv
from clustering_app.vectors.feature_set import Vectors
from clustering_app.vectors.store import FeatureStore
from host_contract.context import Host
from host_contract.entities import Item
from host_contract.errors import InvalidInput

FORMATS = (".npy", ".parquet", ".tsv")
CONFIG = """embeddings {{
  tensor_name: {name}
  tensor_shape: {count}
  tensor_shape: {dimension}
  tensor_path: "tensors.tsv"
  metadata_path: "metadata.tsv"
{sprite}}}
"""
"""TensorBoard's `ProjectorConfig`, as text of its protocol buffer."""
SPRITE = """  sprite {{
    image_path: "sprite.png"
    single_image_dim: {side}
    single_image_dim: {side}
  }}
"""

Report = Callable[[float, str], None]


@dataclass(frozen=True, kw_only=True)
class ExportReport:
    """What was written."""

    files: tuple[Path, ...]
    count: int
    """Vectors."""
    left_out: tuple[str, ...]
    """What is not in the files, a sentence each."""


def export_vectors(
    host: Host,
    dataset_id: str,
    feature_set: str,
    path: Path,
    progress: Report = lambda fraction, message: None,
) -> ExportReport:
    """Write the vectors of the items that there are, in the order of the items' ids.

    Args:
        host: Where the items are.
        dataset_id: The dataset.
        feature_set: Name of the set.
        path: A file whose ending says the format: .npy (and `NAME.ids.txt`), .parquet, or .tsv
            (and `NAME.metadata.tsv`). Without an ending, a folder that `tensorboard --logdir`
            opens: vectors, metadata, the items' thumbnails as one sprite, and the projector's
            configuration.
        progress: Told the share of the thumbnails that is done.

    Raises:
        InvalidInput: the ending names no format, or the files cannot be written.
        NoFeatures: there is no such feature set.
    """
    if path.suffix not in (*FORMATS, ""):
        raise InvalidInput(
            f"Vectors cannot be written to {path.name!r}: end it in {', '.join(FORMATS)}, or give "
            "a folder for TensorBoard."
        )
    found = FeatureStore(host.storage(dataset_id)).read(feature_set).in_order_of_ids()
    there = {item.id: item for item in all_items(host, dataset_id)}
    rows = [row for row, item_id in enumerate(found.item_ids) if item_id in there]
    items, vectors = [there[found.item_ids[row]] for row in rows], found.vectors[rows]
    if not items:
        raise InvalidInput(f"Feature set {feature_set!r} has no vectors of items that there are.")
    left_out = []
    if gone := len(found.item_ids) - len(rows):
        left_out.append(f"{gone:,} vectors are of items that no longer exist.")
    try:
        if path.suffix == "":
            files, sprite = _write_folder(host, feature_set, path, items, vectors, progress)
            left_out += sprite.left_out
        elif path.suffix == ".tsv":
            files = [path, path.with_suffix(".metadata.tsv")]
            _write_tsv(files[0], files[1], items, vectors)
        elif path.suffix == ".parquet":
            files = write_parquet(path, [i.id for i in items], [path_of(i) for i in items], vectors)
        else:
            files = write_npy(path, [item.id for item in items], vectors)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(f"{str(path)!r} cannot be written: {reason}.") from None
    return ExportReport(files=tuple(files), count=len(items), left_out=tuple(left_out))


def _write_folder(
    host: Host, name: str, folder: Path, items: list[Item], vectors_ND: Vectors, progress: Report
) -> tuple[list[Path], Sprite]:
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / one for one in ("tensors.tsv", "metadata.tsv", "projector_config.pbtxt")]
    _write_tsv(files[0], files[1], items, vectors_ND)
    sprite = write_sprite(host, items, folder / "sprite.png", progress)
    if sprite.side:
        files.append(folder / "sprite.png")
    count, dimension = vectors_ND.shape
    config = CONFIG.format(
        name=json.dumps(name),
        count=count,
        dimension=dimension,
        sprite=SPRITE.format(side=sprite.side) if sprite.side else "",
    )
    files[2].write_text(config, encoding="ascii")
    return files, sprite


def _write_tsv(
    vectors: Path, metadata: Path, items: list[Item], vectors_ND: NDArray[np.floating]
) -> None:
    write_tsv(vectors, vectors_ND)
    fields = sorted({field for item in items for field in item.user_metadata})
    columns = ["id", "path", "label", *(f"metadata.{field}" for field in fields)]
    rows = (
        [item.id, path_of(item), "; ".join(item.labels)]
        + [_shown(item.user_metadata.get(field)) for field in fields]
        for item in items
    )
    write_metadata(metadata, columns, rows)


def _shown(value: JsonValue) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
