"""Every kind of source beside its format's library: `python -m benchmarks.host sources`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import lines
from benchmarks.host_imports import copy_files, imported, read_by_ours
from benchmarks.lines import tell, timed
from benchmarks.source_formats import FORMATS, folder
from benchmarks.source_peers import NAMES, read_by_peer

FLAT_BYTES = 64 << 20
"""The peak may grow by so much from a tenth of the items to all, and from all to twice as many."""


def sources(peers: Path, kinds: Sequence[str]) -> Iterator[bool]:
    """Rates of reading, importing and importing again, and how the peak grows."""
    count = 100 if lines.quick else 10_000
    with tempfile.TemporaryDirectory() as place:
        pictures = folder(Path(place), count)
        _, copying = timed(lambda: copy_files(pictures, pictures / "copied"))
    for kind in kinds:
        with tempfile.TemporaryDirectory() as place:
            yield from _source(Path(place), kind, count, peers, copying)


def _source(place: Path, kind: str, count: int, peers: Path, copying: float) -> Iterator[bool]:
    few, many, twice = (
        FORMATS[kind](_made(place / str(size)), size) for size in (count // 10, count, 2 * count)
    )
    theirs, ours, more = read_by_peer(peers, kind, many), read_by_ours(many), read_by_ours(twice)
    small, found = imported(few), imported(many)
    assert found["items"] == ours["items"] == theirs["items"] == count
    assert ours["bytes"] == theirs["bytes"]
    name = NAMES[kind]
    work = f"{count:,} PNGs of 64 x 48 pixels, {kind}"
    whole = f"{work}, with thumbnails and every file on disk"
    yield tell(f"sources: {kind}, read", count / ours["seconds"], "items/s", {
               name: count / theirs["seconds"]}, "none", True, f"{work}, nothing kept")  # fmt: skip
    yield tell(f"sources: {kind}", count / found["seconds"], "items/s", {
               f"{name}, nothing kept": count / theirs["seconds"], "files copied": count / copying},
               "none", True, whole)  # fmt: skip
    yield tell(f"sources: {kind}, again", count / found["again"], "items/s", {
               "the first time": count / found["seconds"]}, "faster than the first time",
               found["again"] < found["seconds"], f"{whole}; nothing has changed")  # fmt: skip
    grown = max(found["peak"] - small["peak"], more["peak"] - ours["peak"])
    peaks = {
        f"of {count // 10:,} items": small["peak"] / 2**20,
        "reading alone": ours["peak"] / 2**20,
        f"reading {2 * count:,} items": more["peak"] / 2**20,
        f"{name}, nothing kept": theirs["peak"] / 2**20,
    }
    bar = f"at most {FLAT_BYTES >> 20} MiB more for each step"
    yield tell(f"sources: {kind}, peak memory", found["peak"] / 2**20, "MiB", peaks, bar,
               grown <= FLAT_BYTES, f"{whole}; the process whole")  # fmt: skip


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
