"""An app that does not come back from a hook until a file is there."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from host_contract.hookspecs import hookimpl


@hookimpl
def manifest_path() -> Path:
    return Path(__file__).with_suffix(".json")


@hookimpl
def items_created(item_ids: Sequence[str]) -> None:
    while not Path(os.environ["HANGING_UNTIL"]).exists():
        time.sleep(0.02)
