"""The tools that own the formats of sources, in an environment of their own, which takes 1.4 GB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path

PACKAGES = (
    "datasets==5.2.0", "label-studio==1.23.2", "pycocotools==2.0.11", "supervision==0.31.2",
    "webdataset==1.0.2",
)  # fmt: skip
"""Label Studio brings its SDK, whose converter is measured."""
NAMES: Mapping[str, str] = {
    "folder": "datasets' imagefolder",
    "Parquet": "pyarrow",
    "save_to_disk": "datasets",
    "COCO": "pycocotools and files",
    "WebDataset": "webdataset",
    "Label Studio": "label-studio-sdk and files",
    "zip": "zipfile",
}
"""What reads each kind there."""
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
ROOT = Path(__file__).parents[1]


def peers_python(peers: Path) -> Path:
    """Python of the environment, which is made where there is none with these packages."""
    place, wanted = peers / "sources", "\n".join(PACKAGES)
    python = place / "bin" / "python"
    finished = place / "installed.txt"
    if not finished.exists() or finished.read_text(encoding="ascii") != wanted:
        print(f"Installing {', '.join(PACKAGES)} into {place} …", file=sys.stderr)
        venv.create(place, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        finished.write_text(wanted, encoding="ascii")
    return python


def write_by_peers(peers: Path, folder: Path) -> None:
    """Write real examples beside `drawings` in a folder: see `source_writers`."""
    with tempfile.TemporaryDirectory() as cache:
        subprocess.run(
            [peers_python(peers), "-m", "benchmarks.source_writers", folder], check=True, cwd=ROOT,
            env={**os.environ, **OFFLINE, "HF_HOME": cache},
        )  # fmt: skip


def read_by_peer(
    peers: Path, kind: str, source: Path, tell: Path | None = None
) -> dict[str, float]:
    """Items, bytes, seconds and peak bytes of a fresh process; each item's line in `tell`."""
    command: list[str | Path] = [peers_python(peers), "-m", "benchmarks.source_readers"]
    command += [kind, source.resolve()]
    command += [tell] if tell else []
    with tempfile.TemporaryDirectory() as cache:
        answer = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, **OFFLINE, "HF_HOME": cache},
        )  # fmt: skip
    return dict(json.loads(answer.stdout.splitlines()[-1]))
