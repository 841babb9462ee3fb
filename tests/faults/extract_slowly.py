"""One extraction in a process that may be killed: `extract_slowly.py DATA_DIR DATASET LOG [LIMIT]`.

The encoder reads an item's number from its colour, writes it to the log before it encodes, and
makes a vector that follows from the number. With a limit, no file may grow beyond so many bytes.
"""

import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from clustering_app.extraction import encoding, job
from clustering_app.vectors.feature_set import ModelFingerprint
from host_stub.platform import LocalPlatform

DIMENSION = 2048
encoding.PICTURES_AT_ONCE = 16  # many commits in little time
job.SECONDS_PER_COMMIT = 0.0


class Numbered:
    """An encoder that keeps a log."""

    image_size = 4
    on_gpu = False
    fingerprint = ModelFingerprint(
        model="numbered", weights_source=None, architecture="{}", weights="00",
        preprocessing="{}", dimension=DIMENSION,
    )  # fmt: skip

    def __init__(self, log: Path) -> None:
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def prepare(self, image: Image.Image) -> np.ndarray:
        return np.asarray(image)[:1, :1]

    def encode_images(self, prepared: np.ndarray) -> np.ndarray:
        numbers = (prepared[:, 0, 0].astype(int) @ [1, 256, 0]).tolist()
        os.write(self.log, "".join(f"{number}\n" for number in numbers).encode())
        time.sleep(0.01)
        chances = [np.random.default_rng(number) for number in numbers]
        return np.stack([c.standard_normal(DIMENSION).astype(np.float32) for c in chances])


class Context:
    execution_id = "e"
    workers = 1

    def __init__(self, host: object) -> None:
        self.host = host

    def progress(self, fraction: float, message: str = "") -> None: ...
    def log(self, message: str) -> None: ...
    def cancelled(self) -> bool:
        return False


def main() -> None:
    data_dir, dataset, log, *limit = sys.argv[1:]
    with LocalPlatform(Path(data_dir)) as platform:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit[0]), int(limit[0])))
        encoder = Numbered(Path(log))
        job.extract(
            Context(platform.host("clustering")), dataset,
            query={}, item_ids=None, model="", weights=None, encoder=encoder,
        )  # fmt: skip


if __name__ == "__main__":
    main()
