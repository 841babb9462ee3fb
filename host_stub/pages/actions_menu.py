"""Dataset Actions: functions of the host and of installed apps, applied to the selection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui
from pydantic import JsonValue

from host_contract.entities import ActionInput, ActionResult, Dataset, DatasetAction, Metadata
from host_stub.pages import formats, typed
from host_stub.pages.dialogs import Question
from host_stub.pages.download import Download
from host_stub.pages.frame import MENU_THEME, ON_TITLE_BAR
from host_stub.users import User

if TYPE_CHECKING:
    from host_stub.pages.data_tab import DataTab
    from host_stub.platform import LocalPlatform

SLOT = "Deployment slot: "


class ActionsMenu:
    """The menu. Host actions want a selection; functions of apps take the whole dataset too."""

    def __init__(
        self,
        platform: LocalPlatform,
        dataset: Dataset,
        user: User,
        data: DataTab,
        question: Question,
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        self._platform = platform
        self._dataset = dataset
        self._user = user
        self._data = data
        self._question = question
        self._changed = changed
        actions = platform.actions.list(dataset.id, user)
        host = [action for action in actions if action.slot == "dataset"]
        slot = [action for action in actions if action.slot == "deployment"]
        self._actions = {
            **{action.label: action for action in host},
            **{SLOT + action.label: action for action in slot},
        }
        self.button = pmui.MenuButton(
            label="Dataset Actions",
            icon="bolt",
            variant="outlined",
            items=_entries(host, slot),
            align="center",
            margin=(0, 10),
            sx=ON_TITLE_BAR | {"borderColor": "rgba(255, 255, 255, .6)"},
            theme_config=MENU_THEME,
        )
        self.button.on_click(self._chosen)
        self.download = Download()

    async def _chosen(self, entry: Any) -> None:
        action = self._actions.get(entry["label"])
        if action is None:
            return
        item_ids = self._data.selection
        if not item_ids and action.slot == "dataset":
            pn.state.notifications.warning(
                f"Nothing is selected. Select items in the Data tab, then choose {action.label}."
            )
            return
        controls = {wanted.name: await self._control(wanted) for wanted in action.inputs}

        async def run() -> None:
            inputs = {
                wanted.name: _value(wanted, controls[wanted.name].value) for wanted in action.inputs
            }
            result = await asyncio.to_thread(self._run, action, item_ids, inputs)
            await self._done(result)

        if not action.destructive and not action.inputs and action.slot == "dataset":
            await self._question.run(action.label, run)
            return
        self._question.ask(
            action.label,
            *self._what(action, item_ids),
            then=run,
            inputs=list(controls.values()),
            destructive=action.destructive,
        )

    def _run(
        self, action: DatasetAction, item_ids: Sequence[str], inputs: Metadata
    ) -> ActionResult:
        chosen = item_ids or self._platform.datasets.item_ids(self._dataset.id)
        return self._platform.actions.run(action.name, self._dataset.id, chosen, inputs, self._user)

    def _what(self, action: DatasetAction, item_ids: Sequence[str]) -> list[str]:
        if not item_ids:
            return [f"Runs on the whole dataset, {formats.count(self._data.total, 'item')}."]
        lines = [f"Runs on the selection, {formats.count(len(item_ids), 'item')}."]
        return [*lines, "This cannot be undone."] if action.destructive else lines

    async def _control(self, wanted: ActionInput) -> Any:
        if wanted.type == "dataset":
            datasets = await asyncio.to_thread(self._platform.datasets.list)
            others = {d.name: d.id for d in datasets if d.id != self._dataset.id}
            return pmui.Select(
                label=wanted.label, options=others, sizing_mode="stretch_width", margin=(8, 0)
            )
        return pmui.TextInput(
            label=wanted.label,
            sizing_mode="stretch_width",
            margin=(8, 0),
            placeholder=typed.DESCRIBED if wanted.type == "json" else "",
        )

    async def _done(self, result: ActionResult) -> None:
        if result.file_name is not None and result.file_content is not None:
            self.download.offer(result.file_name, result.file_content)
        undo = " The bell can undo it." if result.undo else ""
        pn.state.notifications.success(result.message + undo)
        await self._changed()


def _entries(
    host: Sequence[DatasetAction], slot: Sequence[DatasetAction]
) -> list[dict[str, str] | None]:
    """What the host offers, then the deployment slot."""
    entries: list[dict[str, str] | None] = [
        {"label": action.label, "icon": "delete" if action.destructive else "chevron_right"}
        for action in host
    ]
    if slot:
        entries.append(None)
        entries += [{"label": SLOT + action.label, "icon": "auto_awesome"} for action in slot]
    return entries


def _value(wanted: ActionInput, entered: Any) -> JsonValue:
    value: JsonValue = entered
    return typed.read(entered) if wanted.type == "json" and isinstance(entered, str) else value
