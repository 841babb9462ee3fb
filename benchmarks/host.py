"""The local host: `python -m benchmarks.host [CASE ...] [--data DIR] [--quick]`.

One JSON object a line, as all benchmarks; exit code 1 when a case misses its bar. `import` fills
the data directory that `load` and `hour` serve; with `--data` it is kept, so that they can be run
one at a time. What serves, what imports and what asks are processes of their own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks import host_load, lines
from benchmarks.host_examples import examples
from benchmarks.host_sources import reading, sources
from benchmarks.source_formats import FORMATS

CASES: Mapping[str, Callable[[Path], Iterator[bool]]] = {
    "import": host_load.importing,
    "load": host_load.load,
    "hour": host_load.hour,
}


def main() -> int:
    """Print the cases; 1 when one is not ok."""
    parser = argparse.ArgumentParser(description=__doc__)
    known = ["reading", "examples", "sources", *CASES]
    parser.add_argument("cases", nargs="*", help=f"of: {', '.join(known)}; all by default")
    parser.add_argument("--data", type=Path, help="data directory to make or to serve, and to keep")
    parser.add_argument("--kinds", nargs="*", choices=FORMATS, default=[*FORMATS], metavar="KIND",
                        help=f"of reading and sources; of: {', '.join(FORMATS)}")  # fmt: skip
    parser.add_argument(
        "--peers", type=Path, default=Path.home() / ".cache" / "clustering" / "peers",
        help="where the libraries of the formats are installed once",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="a hundredth, for a smoke test")
    given = parser.parse_args()
    unknown = set(given.cases) - set(known)
    if unknown:
        parser.error(f"no case is named {', '.join(sorted(unknown))}")
    lines.quick = given.quick
    with tempfile.TemporaryDirectory() as place:
        data_dir = given.data or Path(place)
        cases = {
            "reading": lambda _: reading(given.peers, given.kinds),
            "sources": lambda _: sources(given.peers, given.kinds),
            "examples": lambda _: examples(given.peers),
            **CASES,
        }
        ok = [good for name in given.cases or known for good in cases[name](data_dir)]
    return 0 if all(ok) else 1


if __name__ == "__main__":
    sys.exit(main())
