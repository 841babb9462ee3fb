"""An import in a process of its own, whose peak memory is measured (on Linux).

`python -m benchmarks.host_imports SOURCE DATA_DIR` prints what it was, as JSON.
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
        answer = subprocess.run(
            [sys.executable, "-m", "benchmarks.host_imports", source, data_dir or empty],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def copy_files(source: Path, target: Path) -> None:
    """As plain files, one after another, without waiting for the disk."""
    paths = list(source.rglob("*.png"))
    target.mkdir()
    for path in paths:
        shutil.copyfile(path, target / path.name)


def main() -> None:
    """Import, import again, and print the figures."""
    from host_stub.platform import LocalPlatform

    source, data_dir = sys.argv[1:]
    with LocalPlatform(Path(data_dir)) as platform:
        dataset, seconds = timed(lambda: platform.import_source(source))
        _, again = timed(lambda: platform.import_source(source))
        items = platform.datasets.count_items(dataset.id)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])
    print(json.dumps({"seconds": seconds, "again": again, "items": items, "peak": peak}))


if __name__ == "__main__":
    main()
