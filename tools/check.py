"""Every check that a change must pass, in the order of speed: `python -m tools.check`.

Arguments go to pytest, and then pytest alone is run.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sys.executable).parent
CHECKS = (
    ("format", ["ruff", "format", "--check", "."]),
    ("lint", ["ruff", "check", "."]),
    ("imports", ["lint-imports"]),
    ("types", ["mypy"]),
    ("docs", ["python", "-m", "tools.docs", "--check"]),
)


def main() -> int:
    """Run the checks; returns the exit code of the first that fails, or 0."""
    checks = () if sys.argv[1:] else CHECKS
    for name, (program, *arguments) in (*checks, ("tests", ["pytest", *sys.argv[1:]])):
        print(f"== {name}: {program} {' '.join(arguments)}", flush=True)
        code = subprocess.call([SCRIPTS / program, *arguments], cwd=ROOT)
        if code != 0:
            print(f"== {name} failed")
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
