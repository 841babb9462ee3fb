"""The page "/executions": every call of an app's function, newest first, with its log."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from host_contract.entities import Execution, ExecutionStatus
from host_contract.errors import ContractError
from host_stub.pages import closing, formats
from host_stub.pages.elements import Element, Elements, box, button, icon, line, text
from host_stub.pages.frame import main_column, message, page, to_datasets
from host_stub.pages.inbox import STATUS_ICONS
from host_stub.users import Role, User

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

PAGE_SIZE = 30
TICK_MILLISECONDS = 1000
LOG_LINES = 500
"""The newest lines of a log that are shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows."""

    executions: tuple[Execution, ...]
    names: dict[str, str]
    """What an execution is about, by its id: function, and dataset if it has one."""
    log: tuple[str, ...]
    """Of the one that is opened."""
    more: bool
    """Whether there are older ones."""


class ExecutionsPage:
    """A card for each execution; one of them may be opened."""

    def __init__(self, platform: LocalPlatform, user: User) -> None:
        self._platform = platform
        self._may_change = user.may(Role.EDITOR)
        self._count = PAGE_SIZE
        self._opened: str | None = None
        self._cards = Elements(on_message=self._on_message)

    def view(self) -> pmui.Page:
        """The whole page. Its content comes when the browser has opened it, and follows."""
        pn.state.onload(self._load)
        heading = Elements(text("Executions", "page-title", "h2"))
        return page(main_column(heading, self._cards), header=[to_datasets()])

    async def _load(self) -> None:
        closing.ticking(self._tick, TICK_MILLISECONDS)
        await self._tick()

    async def _tick(self) -> None:
        shown = await asyncio.to_thread(self._read)
        now = datetime.now(UTC)
        cards = [self._card(execution, shown, now=now) for execution in shown.executions]
        if not cards:
            nothing = "What apps do for you, such as an extraction, is listed here."
            cards = [message("pending_actions", "Nothing has run yet", nothing)]
        more = [button("Show older ones", "more")] if shown.more else []
        self._cards.put(box("executions", *cards, *more))

    def _read(self) -> Shown:
        platform = self._platform
        found = platform.executions.list(limit=self._count + 1)
        datasets = {dataset.id: dataset.name for dataset in platform.datasets.list()}
        names = {}
        for one in found:
            of = datasets.get(one.dataset_id or "")
            names[one.id] = platform.apps.name_of(one.app, one.function) + (
                f" · {of}" if of else ""
            )
        opened = self._opened if self._opened in names else None
        log = platform.executions.log(opened)[-LOG_LINES:] if opened else []
        return Shown(tuple(found[: self._count]), names, tuple(log), len(found) > self._count)

    async def _on_message(self, message: Any) -> None:
        executions = self._platform.executions
        match message:
            case "more":
                self._count += PAGE_SIZE
            case {"open": str(execution_id)}:
                self._opened = None if execution_id == self._opened else execution_id
            case {"cancel": str(execution_id)} if self._may_change:
                await self._do(executions.cancel, execution_id)
            case {"retry": str(execution_id)} if self._may_change:
                await self._do(executions.retry, execution_id)
        await self._tick()

    async def _do(self, change: Any, execution_id: str) -> None:
        try:
            await asyncio.to_thread(change, execution_id)
        except ContractError as error:
            pn.state.notifications.error(str(error))

    def _card(self, execution: Execution, shown: Shown, *, now: datetime) -> Element:
        opened = execution.id == self._opened
        symbol, style = STATUS_ICONS[execution.status]
        name = shown.names[execution.id]
        buttons = _buttons(execution) if self._may_change else []
        toggle = button("Hide details" if opened else "Details", {"open": execution.id})
        head = box(
            "inbox-card-head",
            text(name, "inbox-card-title"),
            box("chips", toggle, *buttons),
        )
        progress = []
        if execution.status is ExecutionStatus.RUNNING:
            value = f"{execution.progress:.4f}"
            attributes = {"value": value, "max": "1", "aria-label": name}
            progress = [Element(tag="progress", style="progress", attributes=attributes)]
        why = execution.error or execution.message
        return line(
            execution.id,
            "inbox-card inbox-message",
            icon(symbol, style),
            box(
                "inbox-body wide",
                head,
                *progress,
                text(_facts(execution, now), "quiet", "p"),
                *([text(why, "inbox-text", "p")] if why else []),
                *(_details(execution, shown.log) if opened else []),
            ),
        )


def _buttons(execution: Execution) -> list[Element]:
    if not execution.status.final:
        return [button("Cancel", {"cancel": execution.id})]
    if execution.status is not ExecutionStatus.SUCCESS:
        return [button("Retry", {"retry": execution.id})]
    return []


def _facts(execution: Execution, now: datetime) -> str:
    """State, progress, remaining time, attempts, and when."""
    running = execution.status is ExecutionStatus.RUNNING
    waiting = execution.status is ExecutionStatus.CREATED
    facts = [
        "waiting to start" if waiting else execution.status.value,
        f"{100 * execution.progress:.0f} %" if running else "",
        formats.remaining(execution.remaining_seconds),
        formats.count(execution.attempts, "attempt") if execution.attempts else "",
        formats.ago(execution.ended or execution.created, now),
    ]
    if execution.ended and execution.started:
        facts.append(
            f"took {formats.duration((execution.ended - execution.started).total_seconds())}"
        )
    return " · ".join(fact for fact in facts if fact)


def _details(execution: Execution, log: tuple[str, ...]) -> list[Element]:
    facts = {
        "Id": execution.id,
        "App": f"{execution.app}, function {execution.function}",
        "Inputs": json.dumps(execution.inputs, ensure_ascii=False),
        "Output": json.dumps(execution.output, ensure_ascii=False),
    }
    rows = [
        Element(tag="tr", children=(text(name, "", "th"), text(formats.shortened(value), "", "td")))
        for name, value in facts.items()
    ]
    return [
        Element(tag="table", children=(Element(tag="tbody", children=rows),)),
        text("Log", "viewer-section", "h3"),
        box("log", *(text(said, "", "p") for said in log or ("Nothing was logged.",))),
    ]
