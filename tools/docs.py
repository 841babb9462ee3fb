"""Write the pages of docs/ that the code says better than a person: `python -m tools.docs`.

With --check nothing is written, and the exit code is 1 when a page is out of date.
"""

import inspect
import json
import sys
from pathlib import Path

from host_contract import hookspecs
from host_contract.manifest import manifest_schema

DOCS = Path(__file__).parent.parent / "docs"


def hooks_page() -> str:
    """A heading with the arguments, and the docstring, of each hook."""
    parts = ["# Hooks\n", f"{inspect.getdoc(hookspecs)}\n"]
    for name, function in vars(hookspecs).items():
        if inspect.isfunction(function) and hasattr(function, f"{hookspecs.GROUP}_spec"):
            arguments = ", ".join(inspect.signature(function).parameters)
            parts += [f"## {name}({arguments})\n", f"{inspect.getdoc(function)}\n"]
    return "\n".join(parts)


PAGES = {
    "hooks.md": hooks_page,
    "manifest.schema.json": lambda: json.dumps(manifest_schema(), indent=2) + "\n",
}


def main() -> int:
    """Write or check every page."""
    stale = [
        name
        for name, page in PAGES.items()
        if not (DOCS / name).is_file() or (DOCS / name).read_text(encoding="utf-8") != page()
    ]
    if "--check" in sys.argv:
        for name in stale:
            print(f"docs/{name} is out of date; run: python -m tools.docs")
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
