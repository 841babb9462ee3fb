"""An import, or reading alone, in a process of its own, whose peak memory is measured (on Linux).

`python -m benchmarks.host_imports import SOURCE DATA_DIR` and `... read SOURCE` print what it was,
as JSON.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.lines import timed


def imported(source: Path, data_dir: Path | None = None) -> dict[str, float]:
    """Seconds, seconds of importing again, items, and peak bytes of a fresh process."""
    past = time.time() - 3600
    for path in (source if source.is_dir() else source.parent).rglob("*"):
        os.utime(path, (past, past))  # a file changed just now is read again
    with tempfile.TemporaryDirectory() as empty:
        return _in_a_process("import", source, data_dir or Path(empty))


def read_by_ours(source: Path) -> dict[str, float]:
    """Seconds, items, bytes, and peak bytes of a fresh process that keeps nothing."""
    return _in_a_process("read", source)


def copy_files(source: Path, target: Path) -> None:
    """As plain files, one after another, without waiting for the disk."""
    paths = list(source.rglob("*.png"))
    target.mkdir()
    for path in paths:
        shutil.copyfile(path, target / path.name)


def _in_a_process(*given: str | Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.host_imports", *given]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def _import(source: str, data_dir: str) -> dict[str, float]:
    from host_stub.platform import LocalPlatform

    with LocalPlatform(Path(data_dir)) as platform:
        dataset, seconds = timed(lambda: platform.import_source(source))
        _, again = timed(lambda: platform.import_source(source))
        items = platform.datasets.count_items(dataset.id)
    return {"seconds": seconds, "again": again, "items": items}


def _read(source: str) -> dict[str, float]:
    import fsspec.implementations.local  # noqa: F401 - as of the peers, imports take no time
    import pyarrow.parquet  # noqa: F401

    from host_stub.sources.kinds import open_source
    from host_stub.sources.source import Report

    items = size = 0
    started = time.perf_counter()
    for item in open_source(source).items(Report()):
        with item.open() as content:
            size += len(content.read())
        items += 1
    return {"seconds": time.perf_counter() - started, "items": items, "bytes": size}


def main() -> None:
    """Import, import again or read, and print the figures."""
    work, *given = sys.argv[1:]
    found = _import(*given) if work == "import" else _read(*given)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])
    print(json.dumps({**found, "peak": peak}))


if __name__ == "__main__":
    main()
