"""The page "/apps": what is installed, whether it works, and its manifest."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from host_contract.errors import ContractError
from host_stub.app_loading import App
from host_stub.pages import formats
from host_stub.pages.elements import Element, Elements, box, button, icon, text
from host_stub.pages.frame import main_column, message, page, to_datasets
from host_stub.plugins import Failure
from host_stub.users import Role, User

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

HOW_TO_INSTALL = (
    "Apps come with pip, or from a folder: python -m host_stub install FOLDER --data-dir "
)
STATES = {
    "works": ("check_circle", "level-success"),
    "off": ("pause_circle", "level-quiet"),
    "failing": ("warning", "level-warning"),
    "broken": ("error", "level-error"),
}


class AppsPage:
    """A card for each app; one of them may be opened."""

    def __init__(self, platform: LocalPlatform, user: User) -> None:
        self._platform = platform
        self._owner = user.may(Role.OWNER)
        self._opened: str | None = None
        self._cards = Elements(on_message=self._on_message)

    def view(self) -> pmui.Page:
        """The whole page. Its content comes when the browser has opened it."""
        pn.state.onload(self._load)
        heading = Elements(
            text("Apps", "page-title", "h2"),
            *([text(f"{HOW_TO_INSTALL}{self._platform.data_dir}", "quiet", "p")] * self._owner),
        )
        return page(main_column(heading, self._cards), header=[to_datasets()])

    async def _load(self) -> None:
        apps = self._platform.apps
        now = datetime.now(UTC)
        cards = [
            app_card(
                app,
                enabled=apps.enabled(app),
                failure=apps.failure(app.name),
                opened=app.name == self._opened,
                switchable=self._owner,
                now=now,
            )
            for app in await asyncio.to_thread(apps.list)
        ]
        nothing = message("extension", "No apps yet", "What is installed is listed here.")
        self._cards.put(box("executions", *(cards or [nothing])))

    async def _on_message(self, message: Any) -> None:
        match message:
            case {"open": str(name)}:
                self._opened = None if name == self._opened else name
            case {"app": str(name), "enabled": bool(enabled)} if self._owner:
                try:
                    await asyncio.to_thread(self._platform.apps.enable, name, enabled)
                except ContractError as error:
                    pn.state.notifications.error(str(error))
        await self._load()


def health(app: App, *, enabled: bool, failure: Failure | None) -> str:
    """A key of `STATES`."""
    if not enabled:
        return "off"
    if app.error is not None:
        return "broken"
    return "failing" if failure else "works"


def app_card(
    app: App,
    *,
    enabled: bool,
    failure: Failure | None,
    opened: bool,
    switchable: bool,
    now: datetime,
) -> Element:
    """Name, version, health, and the error of an app that has one."""
    state = health(app, enabled=enabled, failure=failure)
    symbol, style = STATES[state]
    manifest = app.manifest
    title = f"{manifest.display_name} {manifest.version}" if manifest else app.name
    switch = button(
        "Switch off" if enabled else "Switch on", {"app": app.name, "enabled": not enabled}
    )
    again = button("Try again", {"app": app.name, "enabled": True})
    toggle = button("Hide manifest" if opened else "Manifest", {"open": app.name})
    buttons = [toggle] if manifest else []
    if switchable:
        buttons += [again, switch] if state == "broken" else [switch]
    lines = [text(f"{state} · {app.source}", "quiet", "p")]
    if manifest:
        lines.append(text(manifest.description, "inbox-text", "p"))
    if app.error:
        lines.append(text(app.error, "inbox-text level-error", "p"))
    if failure:
        when = formats.ago(failure.at, now)
        lines.append(text(f"{when}: {failure.what}", "inbox-text level-error", "p"))
    if opened and manifest:
        shown = manifest.model_dump_json(by_alias=True, exclude_defaults=True, indent=2)
        lines.append(text(shown, "log", "p"))
    head = box("inbox-card-head", text(title, "inbox-card-title"), box("chips", *buttons))
    return box(
        "inbox-card inbox-message", icon(symbol, style), box("inbox-body wide", head, *lines)
    )
