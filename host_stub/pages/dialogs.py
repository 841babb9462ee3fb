"""The dialog in which a page asks one thing at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import panel as pn
import panel_material_ui as pmui

from host_contract.errors import ContractError
from host_stub.pages import typed
from host_stub.pages.elements import Elements, text


class Question:
    """A dialog with a text, inputs, and the buttons Cancel and Confirm."""

    def __init__(self) -> None:
        self._then: Callable[[], Awaitable[None]] | None = None
        self._working = False
        """Not the button's `loading`: a slow browser may bring back what was soon taken back."""
        self.place = pn.Column(margin=0)
        """Where the page has the dialog: it is made at the first question, as most never ask."""

    def _make(self) -> None:
        self._text = Elements()
        self._said = Elements()
        self._inputs = pn.Column(sizing_mode="stretch_width", margin=0)
        cancel = pmui.Button(label="Cancel", variant="text", on_click=self._close)
        self._confirm = pmui.Button(label="Confirm", on_click=self._answer)
        self._dialog = pmui.Dialog(
            self._text,
            self._inputs,
            self._said,
            pn.Row(pn.HSpacer(), cancel, self._confirm, sizing_mode="stretch_width"),
            title_variant="h6",
            width_option="sm",
            sizing_mode="stretch_width",
            close_on_click=True,
        )

    def ask(
        self,
        title: str,
        *lines: str,
        then: Callable[[], Awaitable[None]],
        inputs: Sequence[object] = (),
        confirm: str = "Confirm",
        destructive: bool = False,
    ) -> None:
        """Ask; await `then` on Confirm. A `ContractError` from it is shown and may be mended."""
        if not self.place:
            self._make()
        self._then = then
        self._text.put(*(text(line, "dialog-text", "p") for line in lines))
        self._said.put()
        self._inputs[:] = list(inputs)
        self._confirm.param.update(label=confirm, color="error" if destructive else "primary")
        self._dialog.param.update(title=title, open=True)
        self.place[:] = [self._dialog]

    async def run(self, title: str, then: Callable[[], Awaitable[None]]) -> None:
        """Do it without asking; show the dialog only for what went wrong."""
        try:
            await then()
        except ContractError as error:
            self.ask(title, str(error), then=then, confirm="Try again")

    def _close(self, _event: object = None) -> None:
        self._then = None
        self._dialog.open = False

    async def _answer(self, _event: object) -> None:
        if self._then is None:
            return
        self._said.put(text("Working …", "dialog-text", "p"))
        if self._working:
            return
        then, self._working = self._then, True
        await asyncio.sleep(typed.WITHIN_SECONDS)
        try:
            await then()
        except ContractError as error:
            self._said.put(text(str(error), "error-text", "p"))
        else:
            if self._then is then:
                self._close()
            else:
                self._said.put()
        finally:
            self._working = False
