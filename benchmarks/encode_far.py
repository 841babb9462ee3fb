"""Extraction from a storage that is far: `python -m benchmarks.encode_far`.

One JSON line: images a second of 1,000 small PNGs, each of which is given only after a while, by
the bundled encoder, beside open_clip's loop on a DataLoader. `--milliseconds` says how long.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.encode import DRAWING, Context, pictures
from benchmarks.encode_peers import plain_loop
from benchmarks.lines import tell, timed
from clustering_app.extraction.job import extract
from clustering_app.extraction.loading import load_encoder
from host_contract.context import Host, Query
from host_contract.entities import Item, ItemPage
from host_stub.platform import LocalPlatform

COUNT, WORKERS = 1000, 2


class Far:
    """A host that gives each file only after a while."""

    def __init__(self, host: Host, seconds: float) -> None:
        self._host, self._seconds = host, seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def items(self, dataset_id: str, query: Query | None = None, **page: Any) -> ItemPage:
        """A page of items."""
        found = self._host.items(dataset_id, query, **page)
        items = [item.model_copy().opened_by(partial(self._open, item)) for item in found.items]
        return found.model_copy(update={"items": tuple(items)})

    def _open(self, item: Item) -> BinaryIO:
        time.sleep(self._seconds)
        return item.open()


def late(seconds: float, prepare: Any, image: Any) -> Any:
    """What the loop's transform does, as long after."""
    time.sleep(seconds)
    return prepare(image)


def main() -> int:
    """Print the case; 1 when it is not ok."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--milliseconds", type=float, default=50.0)
    seconds = parser.parse_args().milliseconds / 1000
    encoder, paths = load_encoder(), pictures(DRAWING, COUNT)
    with tempfile.TemporaryDirectory() as folder, LocalPlatform(Path(folder)) as platform:
        dataset = platform.import_source(paths[0].parent).id
        context = Context(Far(platform.host("clustering"), seconds))
        report, ours = timed(
            lambda: extract(
                context, dataset, query={}, item_ids=None, model="", weights=None, encoder=encoder
            )
        )
    assert report.encoded == COUNT, report.broken[:1]
    encoder.prepare = partial(late, seconds, encoder.prepare)  # type: ignore[method-assign]
    _, theirs = timed(lambda: plain_loop(encoder, paths, workers=WORKERS))
    peer = {f"open_clip's loop on a DataLoader, {WORKERS} workers": COUNT / theirs}
    workload = f"{COUNT:,} {DRAWING}, each given after {1000 * seconds:g} ms, mini-clip"
    enough = ours * 1.5 <= theirs
    tell("end to end", COUNT / ours, "images/s", peer, "at least 1.5 times it", enough, workload)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
