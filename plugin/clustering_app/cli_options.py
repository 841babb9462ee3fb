"""Arguments and options that several of the console's commands take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

DATA_DIR = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "clustering"
"""Where datasets and vectors live unless --data-dir says otherwise."""

DataDir = Annotated[
    Path,
    typer.Option(
        envvar="CLUSTERING_DATA_DIR", help="Folder that holds datasets, vectors and runs."
    ),
]
Address = Annotated[str, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
OpenBrowser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")]
Workers = Annotated[
    int,
    typer.Option(
        min=1, envvar="CLUSTERING_WORKERS", help="Processes that share an extraction or a map."
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        envvar="CLUSTERING_SCHEDULER",
        help="Address of a running Dask scheduler, whose workers are used instead.",
    ),
]
Storage = Annotated[
    str | None,
    typer.Option(
        envvar="CLUSTERING_STORAGE",
        help="Where vectors and runs go, such as s3://bucket/prefix; the data directory keeps it.",
    ),
]
DatasetName = Annotated[str, typer.Argument(metavar="DATASET", help="Name or id of a dataset.")]
SOURCE = (
    "A folder, .parquet, .tar, .zip, .json of COCO or Label Studio, or what save_to_disk made; a "
    "path or a URL such as s3://bucket/folder."
)
Source = Annotated[str, typer.Argument(metavar="SOURCE", help=SOURCE)]
Pictures = Annotated[
    str | None,
    typer.Option(help="Folder of the pictures that a .json names, when not beside it."),
]
ModelName = Annotated[
    str, typer.Option(help="The bundled mini-clip, or any open_clip model such as ViT-B-32.")
]
Weights = Annotated[
    str | None,
    typer.Option(help="An open_clip tag such as laion2b_s34b_b79k, or a checkpoint's path."),
]
