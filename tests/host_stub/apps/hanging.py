"""An app that does not come back: from a hook until a file is there, from its tab's handlers never.

Its tab knows several ways of it.
"""

import os
import threading
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


@hookimpl
def dataset_tab() -> object:
    import panel as pn

    says = pn.pane.Str("Nothing yet")

    def sleep(_event: object) -> None:
        time.sleep(1e6)

    def count(_event: object) -> None:
        number = 0
        while True:
            number += 1

    async def wait(_event: object) -> None:
        threading.Event().wait()

    def answer(_event: object) -> None:
        says.object = "I am back"

    buttons = [pn.widgets.Button(name=each.__name__) for each in (sleep, count, wait, answer)]
    for button, each in zip(buttons, (sleep, count, wait, answer), strict=True):
        button.on_click(each)
    return pn.Column(*buttons, says)
