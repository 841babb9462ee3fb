"""The page "/datasets/{dataset_id}": the Data tab and a tab for each panel of an app."""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from host_contract.entities import Execution, ExecutionStatus
from host_contract.errors import NotFound
from host_stub.pages import closing
from host_stub.pages.actions_menu import ActionsMenu
from host_stub.pages.bell import Bell
from host_stub.pages.data_tab import DataTab
from host_stub.pages.dialogs import Question
from host_stub.pages.elements import Elements, text
from host_stub.pages.frame import PLATFORM_NAME, back_to_datasets, message, page, to_datasets
from host_stub.pages.kinds import Kinds
from host_stub.pages.session import Session
from host_stub.users import Role, User

if TYPE_CHECKING:
    from host_contract.manifest import Panel
    from host_stub.app_loading import App
    from host_stub.platform import LocalPlatform

log = logging.getLogger(__name__)

TICK_MILLISECONDS = 1000


class BrowserPage:
    """One dataset in one open page."""

    def __init__(self, platform: LocalPlatform, dataset_id: str, user: User) -> None:
        self._platform = platform
        self._user = user
        self._dataset = platform.datasets.get(dataset_id)
        self._session = Session(user.name, self._show_items)
        self._question = Question()
        self._bell = Bell(platform, user, self._changed)
        self._data = DataTab(platform, self._dataset, user, self._changed)
        self._menu = ActionsMenu(
            platform, self._dataset, user, self._data, self._question, self._changed
        )
        self._apps = [
            (app, toolbar, panel)
            for app, toolbar, panel in platform.apps.tabs("datasetBrowser")
            if user.may(Role(panel.min_role))
        ]
        self._opened: set[int] = set()
        self._known_items: int | None = None
        self._tabs = self._make_tabs()
        over = pn.Column(self._bell.place, self._question.place, self._menu.download, margin=0)
        self._kinds = Kinds()
        self._main = pn.Column(self._tabs, over, self._kinds, sizing_mode="stretch_both", margin=0)

    def view(self) -> pmui.Page:
        """The whole page. Items and the tab of an app come when the browser has opened it."""
        pn.state.onload(self._load)
        return page(
            self._main,
            title=f"{PLATFORM_NAME} — {self._dataset.name}",
            header=[to_datasets(), pn.HSpacer(), self._menu.button, self._bell.button],
        )

    def _make_tabs(self) -> pmui.Tabs:
        tabs = pmui.Tabs(
            ("Data", self._data.view),
            *(
                # Tabs take their titles as HTML, and a manifest is not to be trusted.
                (html.escape(toolbar.display_name), pn.Column(sizing_mode="stretch_both", margin=0))
                for _, toolbar, _ in self._apps
            ),
            active=self._asked_for(),
            dynamic=False,
            sizing_mode="stretch_both",
            margin=0,
        )
        tabs.param.watch(self._tab_opened, "active")
        return tabs

    def _asked_for(self) -> int:
        """Number of the tab that the address names as `?panel=NAME`; else 0, the Data tab."""
        asked = [name.decode(errors="replace") for name in pn.state.session_args.get("panel", [])]
        names = [panel.name for _, _, panel in self._apps]
        return names.index(asked[0]) + 1 if asked and asked[0] in names else 0

    async def _load(self) -> None:
        # Not sooner: what changes before the browser is connected may never reach it.
        self._ticks = closing.ticking(self._tick, TICK_MILLISECONDS)
        await asyncio.gather(self._tick(), self._data.load(), self._open_tab(self._tabs.active))

    async def _tick(self) -> None:
        self._kinds.tell()
        self._bell.show(await asyncio.to_thread(self._bell.read))
        for execution in self._bell.ended():
            self._tell_end(execution)
        try:
            items = await asyncio.to_thread(self._platform.datasets.count_items, self._dataset.id)
            if self._known_items not in (None, items):
                await self._changed()
            self._known_items = items
        except NotFound:
            self._ticks.stop()
            self._main[:] = [
                Elements(message("delete", "This dataset was deleted", "", back_to_datasets()))
            ]

    def _tell_end(self, execution: Execution) -> None:
        name = self._bell.name_of(execution)
        if execution.status is ExecutionStatus.SUCCESS:
            pn.state.notifications.success(f"{name} has finished.")
        elif execution.status is ExecutionStatus.CANCELLED:
            pn.state.notifications.info(f"{name} was cancelled.")
        else:
            pn.state.notifications.error(f"{name}: {execution.error or 'failed'}", duration=0)

    async def _changed(self) -> None:
        """Items were added, changed or deleted, here or elsewhere."""
        self._known_items = await asyncio.to_thread(
            self._platform.datasets.count_items, self._dataset.id
        )
        await self._data.reload()
        await self._session.items_changed()

    def _show_items(self, item_ids: Sequence[str]) -> None:
        async def show() -> None:
            await self._data.show_selection(item_ids)
            self._tabs.active = 0

        pn.state.execute(show, schedule=True)

    async def _tab_opened(self, event: Any) -> None:
        """Build an app's tab when it is opened for the first time."""
        await self._open_tab(event.new)

    async def _open_tab(self, index: int) -> None:
        self._menu.button.visible = index == 0  # it acts on what is selected in the Data tab
        if index > 0 and index not in self._opened:
            self._opened.add(index)
            closing.collect_when_closed()
            app, _, panel = self._apps[index - 1]
            # An app may hang: it must not hold up the other pages.
            view = await asyncio.to_thread(self._build_tab, app, panel)
            self._kinds.tell()
            self._tabs[index][:] = [view]

    def _build_tab(self, app: App, panel: Panel) -> object:
        try:
            view = self._platform.apps.call(
                app.name,
                "dataset_tab",
                host=self._platform.host(app.name, self._user),
                dataset=self._dataset,
                panel=panel.name,
                session=self._session,
            )
            # Panel would read a bare text as Markdown, and so the HTML in it.
            return Elements(text(view, tag="p")) if isinstance(view, str) else view
        except Exception as error:
            log.exception("The tab %s of %s could not be built", panel.name, app.name)
            return Elements(
                message(
                    "error_outline",
                    f"{panel.display_name} could not be shown",
                    f"{type(error).__name__}: {error}. The whole cause is in the log of the "
                    "server. Reload the page to try again.",
                )
            )
