"""The local host: `python -m benchmarks.host [CASE ...] [--data DIR] [--quick]`.

One JSON object a line, as all benchmarks; exit code 1 when a case misses its bar. `import` fills
the data directory that `load` and `hour` serve; with `--data` it is kept, so that they can be run
one at a time. What serves, what imports and what asks are processes of their own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import host_load
from benchmarks.host_sources import sources

CASES = ("sources", "import", "load", "hour")
SERVED = {"import": host_load.importing, "load": host_load.load, "hour": host_load.hour}


def main() -> int:
    """Print the cases; 1 when one is not ok."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help=f"of: {', '.join(CASES)}; all by default")
    parser.add_argument("--data", type=Path, help="data directory to make or to serve, and to keep")
    parser.add_argument("--quick", action="store_true", help="a hundredth, for a smoke test")
    given = parser.parse_args()
    unknown = set(given.cases) - set(CASES)
    if unknown:
        parser.error(f"no case is named {', '.join(sorted(unknown))}")
    chosen = given.cases or CASES
    with tempfile.TemporaryDirectory() as place:
        data_dir = given.data or Path(place)
        ok = [good for name in chosen for good in lines(name, data_dir, quick=given.quick)]
    return 0 if all(ok) else 1


def lines(name: str, data_dir: Path, *, quick: bool) -> Iterator[bool]:
    """A case, line by line."""
    return sources(quick=quick) if name == "sources" else SERVED[name](data_dir, quick=quick)


if __name__ == "__main__":
    sys.exit(main())
