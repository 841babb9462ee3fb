"""The Clustering tab of one dataset in one open page."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

import panel as pn
from panel.io.callbacks import PeriodicCallback

from clustering_app.errors import ClusteringError, InvalidParameters
from clustering_app.extraction.batches import Choice
from clustering_app.projector.actions import ActionsMenu
from clustering_app.projector.axes_form import AxesForm
from clustering_app.projector.clusters_panel import ClustersPanel
from clustering_app.projector.comparison import Comparison
from clustering_app.projector.contents import Contents, check, read_contents
from clustering_app.projector.controls import Controls
from clustering_app.projector.coverage_panel import CoveragePanel
from clustering_app.projector.download import DownloadMenu
from clustering_app.projector.executions import MAKE_MAPS, Executions
from clustering_app.projector.finder import Finder
from clustering_app.projector.finding import Found
from clustering_app.projector.later import later
from clustering_app.projector.legend import Act
from clustering_app.projector.map_panel import MapPanel
from clustering_app.projector.map_state import MapState
from clustering_app.projector.notices import (
    ADD,
    DETAILS,
    DISMISS,
    REFRESH,
    RERUN,
    UNDO,
)
from clustering_app.projector.notices_panel import NoticesPanel
from clustering_app.projector.opening import Opening
from clustering_app.projector.own_colours import keep_colour
from clustering_app.projector.selected_panel import SelectedPanel
from clustering_app.projector.selection_bar import Command, SelectionBar
from clustering_app.projector.selections_panel import SelectionsPanel
from clustering_app.projector.sharing import Sharing
from clustering_app.projector.watch import CANCEL, TRY_AGAIN
from clustering_app.vectors.store import FeatureStore
from host_contract.context import BrowserSession, Host
from host_contract.entities import ActionResult, Dataset
from host_contract.errors import ContractError

TICK_MILLISECONDS = 700
STYLE = (Path(__file__).parent / "tab.css").read_text(encoding="utf-8")


class ClusteringTab:
    """Joins the parts of the tab; what they show is in `state`."""

    def __init__(
        self,
        host: Host,
        dataset: Dataset,
        session: BrowserSession | None = None,
        *,
        panel: str = "",
    ) -> None:
        """Make the tab; nothing is read before it is open in the browser.

        Args:
            host: Where everything is.
            dataset: What the tab is of.
            session: The page around the tab; None in a notebook.
            panel: Name by which the page opens this tab for an address with `?panel=NAME`.
        """
        self._host = host
        self._dataset = dataset
        self.state = MapState()
        self._loaded = self._closed = False
        self._run_id: str | None = None
        self._reading = asyncio.Event()
        """Set when what was last asked for has been read, and is shown."""
        self._items_changed = False
        self._own_count: int | None = None
        """Items that this tab left when it deleted some, until the host tells of that."""
        self.executions = Executions(host, dataset.id)
        self.notices = NoticesPanel(self.executions, self._pressed)
        self.axes_form = AxesForm(
            selection=self.state.selected_ids,
            read_saved=lambda selection_id: self.selections_panel.read(selection_id),
            on_chosen=lambda: self.controls.edited(),
            sizing_mode="stretch_width", margin=(5, 0),
        )  # fmt: skip
        self.coverage_panel = CoveragePanel(
            host, dataset.id, shown_set=lambda: self.state.contents.shown_set,
            on_extract=self.extract, on_passed_over=self.reload,
        )  # fmt: skip
        self.controls = Controls(
            self.axes_form, self.coverage_panel, on_run=self.run, on_place=self.place,
            on_field=self._field_chosen, on_history=self.open_map,
            on_category=self._category_chosen, on_colour=self._colour_chosen,
            on_range=self._range_chosen, on_card=self._card_chosen,
        )  # fmt: skip
        self.map_panel = MapPanel(
            self.state,
            on_selection=lambda: self._show_selection(from_map=True),
            on_view=lambda: self.sharing.update(),
        )
        self.finder = Finder(host, self.state, self._found)
        self.actions = ActionsMenu(
            host, dataset.id, session, selected=self.state.selected_ids, done=self._action_done,
            tell=self._tell,
        )  # fmt: skip
        self.selected_panel = SelectedPanel(
            host, self.state, on_select=self._ids_chosen,
            on_similar=lambda: later(self.finder.find_similar),
        )  # fmt: skip
        self.selection_bar = SelectionBar(self.state, self._commanded)
        self._store = store = FeatureStore(host.storage(dataset.id))
        self.selections_panel = SelectionsPanel(
            store, self.state, on_select=self._ids_chosen,
            on_saved=lambda: self.sharing.update(), on_listed=self.axes_form.offer,
        )  # fmt: skip
        self.comparison = Comparison(store, self.state, on_selection=self._show_selection)
        self.clusters_panel = ClustersPanel(
            host, self.state, on_select=self._ids_chosen, on_named=self.show,
            on_written=self._written,
        )  # fmt: skip
        self.sharing = Sharing(
            store, self.state, panel=panel, finder=self.finder, map_panel=self.map_panel,
            selections=self.selections_panel, clusters=self.clusters_panel,
            open_map=self.open_map, show=self.show, tell=self._tell,
        )  # fmt: skip
        self.download_menu = DownloadMenu(
            self.state, dataset.name, scene=self.map_panel.scene, tell=self._tell
        )
        self._ticks = PeriodicCallback(
            callback=self.tick, period=TICK_MILLISECONDS, background=True
        )
        self._opening = Opening(self._make_layout(), self._entered)
        self._show_places()
        if session is not None:
            session.on_items_changed(self._tell_items_changed)

    def view(self) -> pn.Column:
        """The tab: what to map, the map, and what is selected; a line until it is read."""
        if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
            # A page may be left while it is being opened, and would be looked after for ever.
            pn.state.on_session_destroyed(lambda _context: self.close())
        pn.state.onload(self._open)
        return self._opening.place

    def close(self) -> None:
        """Look no longer at executions, and let go of what was read; a page that is left does."""
        self._closed = True
        self._ticks.stop()
        self.state.forget()
        self.comparison.beside.forget()

    def _make_layout(self) -> pn.Row:
        self._left = self.controls.view()
        drawn = self.map_panel.view(
            self.selection_bar, self.download_menu.view(), self.sharing.button,
            self.comparison.choice,
        )  # fmt: skip
        self._middle = pn.Row(drawn, self.comparison.view(), sizing_mode="stretch_both", margin=0)
        self._right = pn.Column(
            self.finder.view(), self.clusters_panel.view(), self.selections_panel.view(),
            self.actions.view(), self.selected_panel.view(),
            width=292, sizing_mode="stretch_height", scroll="y-auto", margin=0,
            styles={"padding": "8px 10px 14px 12px"},
        )  # fmt: skip
        centre = pn.Column(
            self.notices.strip, self.notices.page, self._middle,
            sizing_mode="stretch_both", margin=0, styles={"padding": "8px"}, css_classes=["centre"],
        )  # fmt: skip
        return pn.Row(
            self._left, centre, self._right,
            sizing_mode="stretch_both", margin=0, min_height=480, stylesheets=[STYLE],
        )  # fmt: skip

    async def _open(self) -> None:
        await self.reload()
        await self.actions.load()
        self._opening.tab_read()

    def _entered(self) -> None:
        if not self._closed:
            self._ticks.start()

    async def reload(self) -> None:
        """Read items, vectors and the open map, the newest unless one was chosen, and show them.

        What is asked for last is shown: a reading that another overtook returns with that one.
        """
        self._items_changed = False
        reading = self._reading = asyncio.Event()
        try:
            contents = await asyncio.to_thread(
                read_contents, self._host, self._dataset.id, self._run_id
            )
            named = await self.clusters_panel.named(contents)
            if reading is not self._reading:
                await self._reading.wait()
            elif not self._closed:
                await self._take(named)
        finally:
            reading.set()

    async def _take(self, contents: Contents) -> None:
        """Show what was read."""
        self.state.take(contents)
        self._loaded = True
        if self.state.points is not None:
            await self.selections_panel.load()
        await self.comparison.show(self.state.contents)
        self._show_places()
        self.show()
        later(self.coverage_panel.follow)

    async def open_map(self, run_id: str) -> None:
        """Open an earlier map; Run goes back to the newest."""
        self._run_id = run_id
        await self.reload()

    async def tick(self) -> None:
        """Look at the executions; they may have been started anywhere."""
        ended = await self.executions.look()
        if ended is not None:
            if self.executions.failed is None and ended.function in MAKE_MAPS:
                self._run_id = None
            await self.reload()
        elif self._items_changed and self.state.points is not None:
            await self._check()
        elif self._items_changed and self.state.contents.without_items:
            await self.reload()
        self._show_places()

    async def extract(self, choice: Choice = Choice.OUTDATED) -> None:
        """Start the extraction of a part of the dataset."""
        if self.executions.running is None:
            await self.executions.extract(self.state.contents, choice)
            self._show_places()

    async def run(self) -> None:
        """Make a map of all items, as the controls say."""
        if self.executions.running is not None or not self.controls.tensor.value:
            return
        try:
            inputs = self.controls.inputs()
        except InvalidParameters as error:
            self._tell(str(error))
            return
        self._tell("")
        await self.executions.project(inputs)
        self._show_places()

    async def place(self) -> None:
        """Place the items that came after the open map on it."""
        if self.executions.running is None and self.state.points is not None:
            await self.executions.place(self.state.points.run.id)
            self._show_places()

    def _found(self, found: Found) -> None:
        """Select what was found, and colour by how similar each item is where that is known."""
        if found.similarity is not None:
            self.state.compare(found.similarity)
            self.controls.show(self.state.contents, self.state)
        self.state.select(found.item_ids)
        self._recolour()
        self._show_selection()

    async def _check(self) -> None:
        """Compare the map with what is there now; the map itself stays until Refresh."""
        if (points := self.state.points) is None:
            return
        found, unmapped = await asyncio.to_thread(check, self._host, self._dataset.id, points)
        contents = self.state.contents
        agreed = (contents.coverage, contents.unmapped)
        if contents.points is points and (found, unmapped) != agreed:
            self.state.contents = contents.with_check(found, unmapped)

    def _tell_items_changed(self) -> None:
        """Hear that items changed; what this tab deleted itself is no news."""
        if self._own_count is None:
            self._items_changed = True
        else:
            later(self._tell_change_of_others)

    async def _tell_change_of_others(self) -> None:
        left, self._own_count = self._own_count, None
        count = await asyncio.to_thread(self._host.count_items, self._dataset.id)
        self._items_changed = self._items_changed or count != left

    def _show_places(self) -> None:
        """Show the parts that there is something for."""
        running = self.executions.running
        without_map = self.state.points is None
        self._left.visible = bool(self.state.contents.feature_sets)
        self._middle.visible = self._right.visible = not without_map
        self.controls.offer(
            ready=running is None and bool(self.state.contents.feature_sets),
            unmapped=0 if without_map else self.state.contents.unmapped,
        )
        self.notices.show(
            self.state.contents, loaded=self._loaded, items_changed=self._items_changed
        )

    def _tell(self, text: str) -> None:
        """Say something above the map, until it is dismissed."""
        self.notices.say(text)
        self._show_places()

    def show(self) -> None:
        """Show the state everywhere; to be called after a change of `state` by a program."""
        self.controls.show(self.state.contents, self.state)
        if (points := self.state.points) is not None:
            self.finder.search_panel.show_fields(points.table.fields(), points.fields())
            self._draw()
        self._show_selection()

    def _draw(self) -> None:
        self.map_panel.draw()
        self.comparison.draw()
        self.controls.show_legend(self.state.legend(), self.state.colours())

    def _recolour(self) -> None:
        self.map_panel.recolour()
        self.comparison.recolour()
        self.controls.show_legend(self.state.legend(), self.state.colours())

    def _show_selection(self, *, from_map: bool = False) -> None:
        if self.state.points is None:
            return
        if not from_map:
            self.map_panel.select()
        self.map_panel.count()
        self.comparison.select()
        self.selection_bar.show()
        self.axes_form.selected = len(self.state.selection)
        self.selected_panel.show()
        self.sharing.update()

    async def _field_chosen(self, name: str, field: str) -> None:
        setattr(self.state, name, field)
        if self.state.points is None:
            return
        if name == "color_by":
            self._recolour()
        else:
            self.map_panel.label()
            self.comparison.recolour()
        self.sharing.update()

    def _category_chosen(self, act: Act, label: str) -> None:
        {
            "select": self.state.select_category,
            "hide": self.state.hide_category,
            "show": self.state.show_category,
            "isolate": self.state.isolate_category,
        }[act](label)
        if act != "select":
            self._draw()
        self._show_selection()

    def _colour_chosen(self, label: str, colour: str | None) -> None:
        field = self.state.color_by
        self.state.paint(label, colour)
        self._recolour()
        later(lambda: self._keep_colour(field, label, colour))

    async def _keep_colour(self, field: str, label: str, colour: str | None) -> None:
        try:
            await asyncio.to_thread(keep_colour, self._store, field, label, colour)
        except ClusteringError as error:
            self._tell(f"The colour is not kept: {error}")

    def _range_chosen(self, low: float, high: float) -> None:
        self.state.select_range(low, high)
        self._show_selection()

    def _card_chosen(self, fields: tuple[str, ...]) -> None:
        self.state.card_fields = fields

    def _ids_chosen(self, item_ids: Collection[str]) -> None:
        self.state.select(item_ids)
        self._show_selection()

    def _commanded(self, command: Command) -> None:
        """Show what a button, a menu or a key did to selection and isolation."""
        if command not in ("invert", "clear"):
            self._draw()
        self._show_selection()

    async def _written(self, said: str) -> None:
        self.notices.say(said)
        await self.reload()

    async def _action_done(self, result: ActionResult) -> None:
        self.notices.say(result.message, result.undo)
        before = self.state.contents.coverage
        await self.reload()
        after = self.state.contents.coverage
        if before is None or after is None or before.items == after.items:
            return
        self._own_count = after.items
        if self._items_changed:  # it was told while the tab was being read
            self._items_changed = False
            await self._tell_change_of_others()

    def _pressed(self, label: str) -> None:
        """A button of a notice."""
        if label in (ADD, RERUN):
            later(self.extract)
        elif label == DETAILS:
            later(self.coverage_panel.open)
        elif label == CANCEL:
            later(self.executions.cancel)
        elif label == TRY_AGAIN:
            later(self._try_again)
        elif label == REFRESH:
            later(self.reload)
        elif label == DISMISS:
            self.executions.forget()
            self._tell("")
        elif label == UNDO:
            later(self.undo_action)

    async def undo_action(self) -> None:
        """Take back the action whose answer is shown."""
        if (undo := self.notices.undo) is None:
            return
        self.notices.undo = None
        try:
            await self.actions.undo(undo)
        except (ContractError, ClusteringError) as error:
            self._tell(str(error))

    async def _try_again(self) -> None:
        await self.executions.try_again()
        self._show_places()
