"""Real examples of every kind of source, item by item: `python -m benchmarks.host examples`.

The gathered drawings are written by each format's own tools, and read by the library that owns the
format and by ours; names, bytes, labels and metadata of all items are compared.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from benchmarks import lines
from benchmarks.host_imports import read_by_ours
from benchmarks.lines import tell
from benchmarks.source_peers import NAMES, read_by_peer, write_by_peers
from host_stub.sources.kinds import open_source
from host_stub.sources.source import Report
from tools.encoder.gather import WORK


class Example(NamedTuple):
    """Something that a tool wrote."""

    kind: str
    """Of source."""
    ours: str
    """What is opened."""
    theirs: str
    """What the library reads."""


EXAMPLES: Mapping[str, Example] = {
    "class folders of supervision": Example("folder", "classes", "classes"),
    "... in a zip": Example("zip", "classes.zip", "classes.zip"),
    "Parquet of datasets": Example("Parquet", "parquet", "parquet"),
    "save_to_disk of datasets": Example("save_to_disk", "saved", "saved"),
    "tars of webdataset": Example("WebDataset", "webdataset", "webdataset"),
    "COCO of supervision": Example("COCO", "coco/annotations.json", "coco/annotations.json"),
    "Label Studio": Example("Label Studio", "label-studio.json", "label-studio.json"),
    "COCO of Label Studio": Example("COCO", "label-studio-coco.json", "label-studio-coco.json"),
    "... with pictures": Example("COCO", "label-studio-coco.zip", "label-studio-coco/result.json"),
}


def examples(peers: Path) -> Iterator[bool]:
    """Read each example, and compare it with what its library reads."""
    count = 100 if lines.quick else 10_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        draw(folder / "drawings", count)
        write_by_peers(peers, folder)
        for name in EXAMPLES:
            yield compared(folder, name, count, peers)


def compared(folder: Path, name: str, count: int, peers: Path) -> bool:
    """Print how fast one example is read, and whether all of its items are as they should be."""
    example, told = EXAMPLES[name], folder / "told"
    source = folder / example.ours
    theirs = read_by_peer(peers, example.kind, folder / example.theirs, told)
    ours = read_by_ours(source)
    found, report = _items(source)
    expected = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    wrong = [one["name"] for one in expected if not _same(one, found.get(one["name"]))]
    for line in [*report.lines(), *(f"{wrong[0]!r} differs" for _ in wrong[:1])]:
        print(f"{name}: {line}", file=sys.stderr)
    same = len(expected) - len(wrong)
    ok = same == count == ours["items"] == theirs["items"] and not len(report)
    work = f"{count:,} drawings of 64 x 64 pixels, {example.kind}; {same:,} are the same; peak"
    peaks = f"{ours['peak'] / 2**20:.0f} MiB, theirs {theirs['peak'] / 2**20:.0f}"
    against = {NAMES[example.kind]: count / theirs["seconds"]}
    rate = count / ours["seconds"]
    return tell(
        f"examples: {name}", rate, "items/s", against, "every item the same", ok, f"{work} {peaks}"
    )


def _items(source: Path) -> tuple[dict[str, dict[str, Any]], Report]:
    """By name, which is unique in the examples, what the library tells of each item, of ours."""
    found, report = {}, Report()
    for item in open_source(str(source)).items(report):
        with item.open() as content:
            digest = hashlib.sha256(content.read()).hexdigest()
        name = item.path.rpartition("/")[2]
        found[name] = {"digest": digest, "labels": item.labels, "known": item.metadata}
    return found, report


def _same(expected: Mapping[str, Any], found: Mapping[str, Any] | None) -> bool:
    """Whether an item has the bytes and labels, and of the metadata at least those expected."""
    return (
        found is not None
        and found["digest"] == expected["digest"]
        and sorted(found["labels"]) == sorted(expected["labels"])
        and expected["known"].items() <= found["known"].items()
    )


def draw(into: Path, count: int) -> None:
    """Gathered drawings as PNGs in a folder for each style, and their captions."""
    if not (WORK / "images.npy").exists():
        raise FileNotFoundError("First run: python -m tools.encoder.gather")
    pictures = np.load(WORK / "images.npy", mmap_mode="r")
    pairs = json.loads((WORK / "pairs.json").read_text(encoding="utf-8"))
    into.mkdir()
    with (into / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file_name", "caption", "number"])
        for number, row in enumerate(np.linspace(0, len(pairs) - 1, count, dtype=int)):
            name = f"{pairs[row]['style']}/{number:06}.png"
            (into / name).parent.mkdir(exist_ok=True)
            Image.fromarray(pictures[row]).save(into / name)
            rows.writerow([name, pairs[row]["captions"][0], number])
