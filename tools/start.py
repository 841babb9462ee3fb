"""From a fresh clone to a running demo or passed tests, with Python and pip alone.

    python3 tools/start.py demo     set up, then open the demo in the browser
    python3 tools/start.py test     set up, then run every check

The virtual environment is made in .venv, or where CLUSTERING_VENV says. Further arguments go to
the command that is started.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENVIRONMENT = Path(os.environ.get("CLUSTERING_VENV", ROOT / ".venv")).resolve()
SCRIPTS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
COMMANDS = {
    "demo": ("demo", ["clustering", "demo"]),
    "test": ("test", ["python", "-m", "tools.check"]),
}


def main() -> int:
    """Set up the environment and start the command; returns its exit code."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print(__doc__)
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is read before pip checks it
        print(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
        return 1
    extra, command = COMMANDS[sys.argv[1]]
    if not ENVIRONMENT.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    install = ["-m", "pip", "install", "--quiet", "--constraint", "constraints.txt"]
    subprocess.run(
        [SCRIPTS / "python", *install, "--editable", f".[{extra}]"], cwd=ROOT, check=True
    )
    if extra == "test" and not any(map(shutil.which, ("chromium", "google-chrome"))):
        print("No chromium on the PATH: fetching the one that playwright keeps.")
        subprocess.run([SCRIPTS / "playwright", "install", "chromium"], cwd=ROOT, check=True)
    program, *arguments = command
    return subprocess.call([SCRIPTS / program, *arguments, *sys.argv[2:]], cwd=ROOT)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"This step failed (its own words are above): {error.cmd}")
    except KeyboardInterrupt:
        sys.exit(130)
