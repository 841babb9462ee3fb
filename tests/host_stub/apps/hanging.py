"""An app that does not come back: from a hook until a file is there, from its tab's handlers never.

Its tab knows several ways of it, and two to end the process.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from host_contract.hookspecs import hookimpl


@hookimpl
def manifest_path() -> Path:
    return Path(__file__).with_suffix(".json")


@hookimpl
def items_created(item_ids: Sequence[str]) -> None:
    while not Path(os.environ["HANGING_UNTIL"]).exists():
        time.sleep(0.02)


@hookimpl
def dataset_tab() -> object:
    import panel as pn

    says = pn.pane.Str("Nothing yet")

    def sleep(_event: object) -> None:
        time.sleep(1e6)

    async def wait(_event: object) -> None:
        threading.Event().wait()

    def go_on(_event: object) -> None:
        number = 0
        while True:
            with suppress(Exception):
                while True:
                    number += 1

    def leave(_event: object) -> None:
        sys.exit("leave")

    async def leave_later(_event: object) -> None:
        await asyncio.sleep(0.01)
        sys.exit("leave later")

    answered: list[object] = []

    def answer(event: object) -> None:
        answered.append(event)
        says.object = f"{len(answered)} answered"

    ways = {
        "sleep": sleep, "wait": wait, "go on": go_on, "leave": leave, "leave later": leave_later,
        "answer": answer,
    }  # fmt: skip
    buttons = [pn.widgets.Button(name=name, on_click=way) for name, way in ways.items()]
    return pn.Column(*buttons, says)
