"""The bell: notifications, and what is running now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from host_contract.entities import Execution, Notification
from host_contract.errors import ContractError
from host_stub.actions import UNDO
from host_stub.pages.elements import Element, Elements, box, icon, text
from host_stub.pages.inbox import ended_card, execution_card, notification_card
from host_stub.users import Role, User

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

SHOWN_NOTIFICATIONS = 50
SHOWN_ENDED = 5


@dataclass(frozen=True, slots=True)
class BellState:
    """What the bell shows."""

    executions: tuple[Execution, ...]
    """Those not yet ended, newest first."""
    ended: tuple[Execution, ...]
    """The last few that ended, newest first."""
    notifications: tuple[Notification, ...]
    """Newest first."""
    unread: int
    undoable: frozenset[str] = frozenset()
    """Ids of the notifications that tell of something which can be undone."""


class Bell:
    """A button with the number of unread notifications, and the drawer it opens."""

    def __init__(
        self, platform: LocalPlatform, user: User, changed: Callable[[], Awaitable[None]]
    ) -> None:
        """Take whose bell it is, and what to call when something was undone."""
        self._platform = platform
        self._user = user
        self._changed = changed
        self._may_act = user.may(Role.EDITOR)
        self._state = BellState((), (), (), 0)
        self._opened = datetime.now(UTC)
        self._told: set[str] = set()
        """Executions whose end the page was told."""
        self._fresh: frozenset[str] = frozenset()
        self._list = Elements(on_message=self._on_message)
        self.button = Elements(
            on_message=self._open, sizing_mode="fixed", align="center", margin=(0, 10)
        )
        self.button.put(_button(0, "unread"))
        self._drawer = pmui.Drawer(self._list, anchor="right", size=400)
        self.place = pn.Column(margin=0)
        """Where the page has the drawer, once it was opened."""

    def read(self) -> BellState:
        """Read what is to be shown. Touches the disk: call it in a thread."""
        state: BellState = self._platform.seen.get("bell", self._read_rows)
        undoable = self._platform.actions.undoable() if self._may_act else frozenset[str]()
        return replace(state, undoable=undoable)

    def _read_rows(self) -> BellState:
        """What is the same for all users."""
        active = tuple(self._platform.executions.list(active=True))
        newest = self._platform.executions.list(limit=len(active) + SHOWN_ENDED)
        ended = tuple(execution for execution in newest if execution.status.final)[:SHOWN_ENDED]
        return BellState(
            active,
            ended,
            tuple(self._platform.notifications.list(limit=SHOWN_NOTIFICATIONS)),
            self._platform.notifications.unread_count(),
        )

    def show(self, state: BellState) -> None:
        """Show it."""
        self._state = state
        running = len(state.executions)
        self.button.put(
            _button(state.unread, "unread") if state.unread else _button(running, "running")
        )
        if self._drawer.open:
            self._list.put(self._view())

    def ended(self) -> list[Execution]:
        """Those shown that ended since the page was opened, each told once."""
        news = [
            execution
            for execution in self._state.ended
            if execution.id not in self._told
            and execution.ended is not None
            and execution.ended >= self._opened
        ]
        self._told.update(execution.id for execution in news)
        return news

    def name_of(self, execution: Execution) -> str:
        """The name that the manifest gives to the execution's function."""
        return self._platform.apps.name_of(execution.app, execution.function)

    async def _open(self, _event: object) -> None:
        self._fresh = frozenset(n.id for n in self._state.notifications if not n.read)
        self._list.put(self._view())
        self._drawer.open = True
        self.place[:] = [self._drawer]
        await asyncio.to_thread(self._platform.notifications.mark_read)
        self.show(await asyncio.to_thread(self.read))

    async def _on_message(self, message: Any) -> None:
        if message == "close":
            self._drawer.open = False
        elif (
            self._may_act
            and isinstance(message, dict)
            and message.get("cancel") in {execution.id for execution in self._state.executions}
        ):
            await asyncio.to_thread(self._platform.executions.cancel, message["cancel"])
            self.show(await asyncio.to_thread(self.read))
        elif isinstance(message, dict) and message.get("undo") in self._state.undoable:
            await self._undo(message["undo"])

    async def _undo(self, notification_id: str) -> None:
        [dataset_id] = [
            one.dataset_id for one in self._state.notifications if one.id == notification_id
        ]
        try:
            result = await asyncio.to_thread(
                self._platform.actions.run,
                UNDO, dataset_id or "", [], {"of": notification_id}, self._user,
            )  # fmt: skip
        except ContractError as error:
            tell, said = pn.state.notifications.error, str(error)
        else:
            tell, said = pn.state.notifications.success, result.message
        self.show(await asyncio.to_thread(self.read))
        await self._changed()
        tell(said)  # last: it mounts parts of the page anew, which then miss what changes meanwhile

    def _view(self) -> Element:
        now = datetime.now(UTC)
        close = Element(
            tag="button",
            style="icon-button",
            message="close",
            attributes={"type": "button", "aria-label": "Close notifications"},
            children=(icon("close"),),
        )
        sections = {
            "Running now": [
                execution_card(execution, self.name_of(execution), cancellable=self._may_act)
                for execution in self._state.executions
            ],
            "Messages": [
                notification_card(
                    n, fresh=n.id in self._fresh, undoable=n.id in self._state.undoable, now=now
                )
                for n in self._state.notifications
            ],
            "Ended": [
                ended_card(execution, self.name_of(execution), now=now)
                for execution in self._state.ended
            ],
        }
        shown = [
            element
            for title, cards in sections.items()
            if cards
            for element in (text(title, "inbox-section", "h3"), *cards)
        ]
        nothing = text("What apps and the platform have to say appears here.", "quiet inbox-empty")
        return box(
            "inbox",
            box("inbox-head", text("Notifications", "inbox-title", "h2"), close),
            *(shown or [nothing]),
            Element(
                tag="a", text="All executions", style="link", attributes={"href": "/executions"}
            ),
        )


def _button(count: int, of_what: str) -> Element:
    """The bell, and above it how many of what there are."""
    return Element(
        tag="button",
        style="icon-button bell",
        message="open",
        attributes={"type": "button", "title": "Notifications", "aria-label": "Notifications"},
        children=(
            icon("notifications"),
            *([text(f"{count:,}", f"bell-count {of_what}")] if count else []),
        ),
    )
