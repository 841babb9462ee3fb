"""Dataset Actions: the host's functions and those of its apps, applied to the selection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui
from pydantic import JsonValue

from clustering_app.errors import ClusteringError
from clustering_app.projector.download import Download
from clustering_app.projector.parts import Answer, Parts, notice
from host_contract.context import BrowserSession, Host
from host_contract.entities import ActionInput, ActionResult, DatasetAction, UndoAction
from host_contract.errors import ContractError

OPEN = "Open in Data tab"
SLOT = "Deployment slot: "
TYPED_WITHIN = 0.2
"""Seconds: Panel delivers what was typed 50 ms late, and a press of a button at once."""


class ActionsMenu:
    """The menu and the dialog in which an action asks for its inputs or to be confirmed."""

    def __init__(
        self,
        host: Host,
        dataset_id: str,
        session: BrowserSession | None,
        *,
        selected: Callable[[], list[str]],
        done: Callable[[ActionResult], Awaitable[None]],
        tell: Callable[[str], None],
    ) -> None:
        """Take the host, what gives the selection, hears of each result, and tells a text."""
        self._host = host
        self._dataset_id = dataset_id
        self._session = session
        self._selected = selected
        self._done = done
        self._tell = tell
        self._actions: dict[str, DatasetAction] = {}
        self._asked: DatasetAction | None = None
        self._controls: dict[str, Any] = {}
        self._running = False
        """Not the button's `loading`: a slow browser may bring back what was soon taken back."""
        self.button = pmui.MenuButton(
            label="Dataset Actions", icon="bolt", variant="outlined", items=[], size="small",
            sizing_mode="stretch_width", margin=(5, 0),
            css_classes=["selection-actions"],
        )  # fmt: skip
        self.button.on_click(self._chosen)
        self._download = Download()
        self._text = Parts()
        self._answer = Answer()
        self._inputs = pn.Column(sizing_mode="stretch_width", margin=0)
        self._confirm = pmui.Button(label="Confirm", on_click=self._confirmed)
        cancel = pmui.Button(label="Cancel", variant="text", on_click=self._close)
        buttons = pn.Row(pn.HSpacer(), cancel, self._confirm, sizing_mode="stretch_width")
        self.dialog = pmui.Dialog(
            self._text, self._inputs, self._answer, buttons, title_variant="h6", width_option="sm",
            sizing_mode="stretch_width", close_on_click=True,
        )  # fmt: skip

    def view(self) -> pn.Column:
        """The button, and what is seen only when needed."""
        return pn.Column(
            self.button, self.dialog, self._download, sizing_mode="stretch_width", margin=0
        )

    async def load(self) -> None:
        """Fill the menu: the Data tab, what the host offers, then the deployment slot."""
        actions = await asyncio.to_thread(self._host.dataset_actions, self._dataset_id)
        slot = [action for action in actions if action.slot == "deployment"]
        own = [action for action in actions if action.slot != "deployment"]
        self._actions = {action.label: action for action in own}
        self._actions |= {SLOT + action.label: action for action in slot}
        items: list[dict[str, str] | None] = []
        if self._session is not None:
            items += [{"label": OPEN, "icon": "open_in_new"}, None]
        for action in own:
            icon = "delete" if action.destructive else "chevron_right"
            items.append({"label": action.label, "icon": icon})
        if slot:
            items += [None, *({"label": SLOT + a.label, "icon": "auto_awesome"} for a in slot)]
        if (reason := self._host.limits().dataset_actions) is not None:
            items.append({"label": reason, "icon": "info"})
        self.button.items = items

    async def _chosen(self, chosen: Any) -> None:
        label = chosen["label"]
        action = self._actions.get(label)
        if action is None and label != OPEN:
            return
        # Never switched off: a change to a widget that is just being mounted would be lost.
        if not (item_ids := self._selected()):
            self._tell(f"Nothing is selected. Select points, then choose {label}.")
            return
        if action is None:
            if self._session is not None:
                self._session.show_items(item_ids)
            return
        if action.inputs or action.destructive:
            await self._ask(action, len(item_ids))
            return
        try:
            await self.run(action, item_ids, {})
        except (ContractError, ClusteringError) as error:
            await self._ask(action, len(item_ids))
            self._answer.say(str(error), kind="error")

    async def run(
        self, action: DatasetAction, item_ids: Sequence[str], inputs: dict[str, JsonValue]
    ) -> None:
        """Apply an action; its file, if it makes one, is saved. Raises `ContractError`."""
        result = await asyncio.to_thread(
            self._host.run_action, action.name, self._dataset_id, item_ids, inputs
        )
        if result.file_name is not None and result.file_content is not None:
            self._download.offer(result.file_name, result.file_content)
        await self._done(result)

    async def undo(self, undo: UndoAction) -> None:
        """Take an action back. Raises `ContractError`."""
        result = await asyncio.to_thread(
            self._host.run_action, undo.name, self._dataset_id, [], undo.inputs
        )
        await self._done(result)

    async def _ask(self, action: DatasetAction, count: int) -> None:
        self._asked = action
        self._controls = {wanted.name: await self._control(wanted) for wanted in action.inputs}
        items = "1 item" if count == 1 else f"{count:,} items"
        undone = "This cannot be undone." if action.destructive else ""
        self._text.put(notice("line", f"Runs on the selection, {items}.", undone))
        self._answer.say("")
        self._inputs[:] = list(self._controls.values())
        self._confirm.color = "error" if action.destructive else "primary"
        self.dialog.param.update(title=action.label, open=True)

    async def _control(self, wanted: ActionInput) -> Any:
        if wanted.type == "dataset":
            datasets = await asyncio.to_thread(self._host.datasets)
            others = {one.name: one.id for one in datasets if one.id != self._dataset_id}
            return pmui.Select(
                label=wanted.label, options=others, sizing_mode="stretch_width", margin=(8, 0)
            )
        hint = "A number, true, false, null to remove the field, or plain text"
        return pmui.TextInput(
            label=wanted.label, sizing_mode="stretch_width", margin=(8, 0),
            placeholder=hint if wanted.type == "json" else "",
        )  # fmt: skip

    def _close(self, _event: object = None) -> None:
        self._asked = None
        self.dialog.open = False

    async def _confirmed(self, _event: object) -> None:
        if self._asked is None:
            return
        self._answer.say("Working …")
        if self._running:
            return
        action, self._running = self._asked, True
        await asyncio.sleep(TYPED_WITHIN)
        inputs = {
            wanted.name: typed_value(wanted, self._controls[wanted.name].value)
            for wanted in action.inputs
        }
        try:
            await self.run(action, self._selected(), inputs)
        except (ContractError, ClusteringError) as error:
            self._answer.say(str(error), kind="error")
        else:
            self._answer.say("")
            if self._asked is action:
                self._close()
        finally:
            self._running = False


def typed_value(wanted: ActionInput, typed: Any) -> JsonValue:
    """What was typed, as the action takes it: JSON where it reads as JSON, else text."""
    if wanted.type != "json" or not isinstance(typed, str):
        value: JsonValue = typed
        return value
    try:
        parsed: JsonValue = json.loads(typed)
    except json.JSONDecodeError:
        return typed
    return parsed
