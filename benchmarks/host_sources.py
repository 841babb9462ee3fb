"""Every kind of source, read and imported: `python -m benchmarks.host reading sources`."""

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
FLAT = f"at most {FLAT_BYTES >> 20} MiB more for each step"


def reading(peers: Path, kinds: Sequence[str]) -> Iterator[bool]:
    """Bytes, labels and metadata of all items, by ours and by the library that owns the format."""
    count = 100 if lines.quick else 10_000
    for kind in kinds:
        with tempfile.TemporaryDirectory() as place:
            sizes = (count // 10, count, 2 * count)
            few, many, twice = (FORMATS[kind](_made(Path(place, str(n))), n) for n in sizes)
            theirs = read_by_peer(peers, kind, many)
            small, ours, large = read_by_ours(few), read_by_ours(many), read_by_ours(twice)
        assert ours["items"] == theirs["items"] == count
        assert ours["bytes"] == theirs["bytes"]
        work = f"{count:,} PNGs of 64 x 48 pixels, {kind}, nothing kept"
        yield tell(f"reading: {kind}", count / ours["seconds"], "items/s", {
                   NAMES[kind]: count / theirs["seconds"]}, "none", True, work)  # fmt: skip
        peaks = {
            f"of {sizes[0]:,} items": small["peak"] / 2**20,
            f"of {sizes[2]:,} items": large["peak"] / 2**20,
            NAMES[kind]: theirs["peak"] / 2**20,
        }
        grown = max(ours["peak"] - small["peak"], large["peak"] - ours["peak"])
        yield tell(f"reading: {kind}, peak memory", ours["peak"] / 2**20, "MiB", peaks,
                   FLAT, grown <= FLAT_BYTES, f"{work}; the process whole")  # fmt: skip


def sources(peers: Path, kinds: Sequence[str]) -> Iterator[bool]:
    """Rates of importing and of importing again, and how the peak grows."""
    count = 100 if lines.quick else 10_000
    with tempfile.TemporaryDirectory() as place:
        pictures = folder(Path(place), count)
        _, copying = timed(lambda: copy_files(pictures, pictures / "copied"))
    for kind in kinds:
        with tempfile.TemporaryDirectory() as place:
            sizes = (count // 10, count)
            few, many = (FORMATS[kind](_made(Path(place, str(n))), n) for n in sizes)
            theirs = read_by_peer(peers, kind, many)
            small, found = imported(few), imported(many)
        assert found["items"] == count
        work = f"{count:,} PNGs of 64 x 48 pixels, {kind}, with thumbnails and every file on disk"
        yield tell(f"sources: {kind}", count / found["seconds"], "items/s", {
                   f"{NAMES[kind]}, nothing kept": count / theirs["seconds"],
                   "files copied": count / copying}, "none", True, work)  # fmt: skip
        yield tell(f"sources: {kind}, again", count / found["again"], "items/s", {
                   "the first time": count / found["seconds"]}, "faster than the first time",
                   found["again"] < found["seconds"], f"{work}; nothing has changed")  # fmt: skip
        yield tell(f"sources: {kind}, peak memory", found["peak"] / 2**20, "MiB", {
                   f"of {sizes[0]:,} items": small["peak"] / 2**20}, FLAT,
                   found["peak"] - small["peak"] <= FLAT_BYTES,
                   f"{work}; the process whole")  # fmt: skip


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
