"""The console's commands for vectors in files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clustering_app.cli_options import DATA_DIR, DataDir, DatasetName
from clustering_app.console import (
    APP,
    console,
    find_dataset,
    newest_feature_set,
    open_platform,
    printable,
    progress_bar,
)

SHOWN = 10
"""Rows without an item that an import names."""


def import_vectors(
    dataset: DatasetName,
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Vectors: .npy, .parquet, .tsv, or a TensorBoard folder."
        ),
    ],
    ids: Annotated[
        Path | None,
        typer.Option(help="Ids, paths or names, a line each, or a metadata.tsv."),
    ] = None,
    key: Annotated[str | None, typer.Option(help="Column of ids, paths or names.")] = None,
    name: Annotated[str | None, typer.Option(help="Of the feature set; FILE's by default.")] = None,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Take in vectors that were made elsewhere, as a feature set of their own."""
    from clustering_app.vector_files.importing import import_vectors as take_in

    with open_platform(data_dir) as platform:
        host = platform.host(APP)
        found = find_dataset(host, dataset)
        with progress_bar("Importing vectors") as progress:
            report = take_in(host, found.id, path, ids=ids, key=key, name=name, progress=progress)
    lines = [
        f"Feature set {report.feature_set!r}: {report.imported:,} vectors of {report.dimension}."
    ]
    if report.without:
        lines.append(f"Items without a vector: {report.without:,}.")
    if report.unmatched:
        lines.append(f"Rows that are of no item: {len(report.unmatched):,}.")
        for row, wanted, reason in report.unmatched[:SHOWN]:
            lines.append(f"  row {row:,}, {wanted[:100]!r}: {reason}")
        if len(report.unmatched) > SHOWN:
            lines.append(f"  and {len(report.unmatched) - SHOWN:,} more")
    lines.append(f"Next: clustering run {found.name!r} --feature-set {report.feature_set}")
    for line in lines:
        console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


def export_vectors(
    dataset: DatasetName,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="A .npy, .parquet or .tsv file, or a folder for TensorBoard."
        ),
    ],
    feature_set: Annotated[str | None, typer.Option(help="The newest one by default.")] = None,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Write a feature set for other tools; a folder is for tensorboard --logdir."""
    from clustering_app.vector_files.exporting import export_vectors as write_out
    from clustering_app.vectors.store import FeatureStore

    with open_platform(data_dir) as platform:
        host = platform.host(APP)
        found = find_dataset(host, dataset)
        chosen = feature_set or newest_feature_set(FeatureStore(host.storage(found.id)), found)
        with progress_bar("Exporting vectors") as progress:
            report = write_out(host, found.id, chosen, output, progress)
    names = ", ".join(str(file) for file in report.files)
    console.print(f"Wrote {report.count:,} vectors to {names}", markup=False, soft_wrap=True)
    for line in report.left_out:
        console.print(line, markup=False, soft_wrap=True)
