"""Other loops over the same files, by the same model: peers of `benchmarks.encode`. None stores."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from clustering_app.extraction import mini_clip
from clustering_app.extraction.encoder import ClipEncoder
from clustering_app.extraction.encoding import PICTURES_AT_ONCE
from tools.fiftyone import PYTHON as FIFTYONE


class Files:
    """A data set as open_clip's README has it: open, convert, transform."""

    def __init__(self, paths: list[Path], transform: Callable[[Image.Image], Any]) -> None:
        self.paths, self.transform = paths, transform

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Any:
        return self.transform(Image.open(self.paths[index]).convert("RGB"))


def plain_loop(encoder: ClipEncoder, paths: list[Path], *, workers: int = 2) -> None:
    """The peer: the same model and transform, a DataLoader with so many processes, no store."""
    from torch.utils.data import DataLoader

    files: Any = Files(paths, encoder.prepare)
    for batch in DataLoader(files, batch_size=PICTURES_AT_ONCE, num_workers=workers):
        encoder.encode_images(batch.numpy())


def fiftyone_loop(model: str, paths: list[Path]) -> dict[str, float | None]:
    """The peer: FiftyOne's `compute_embeddings`; None without its environment."""
    names = {"2": "FiftyOne, 2 workers", "0": "FiftyOne, no workers"}
    if not FIFTYONE.exists():
        return dict.fromkeys(names.values())
    weights = str(mini_clip.WEIGHTS) if model == "mini-clip" else ""
    with tempfile.TemporaryDirectory() as home:
        what = [model, weights, str(paths[0].parent), home]
        answer = subprocess.run(
            [FIFTYONE, "-m", "benchmarks.fiftyone_encode", *what],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
    seconds = json.loads(answer.stdout.splitlines()[-1])
    return {name: len(paths) / seconds[workers] for workers, name in names.items()}
