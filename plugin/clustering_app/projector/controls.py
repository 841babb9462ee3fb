"""The left column: what to map and how, and what the map is coloured and labelled by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui
from pydantic import TypeAdapter

from clustering_app.projection.run import METHOD_NAMES, RunInfo, RunParameters, say_points
from clustering_app.projector.axes_form import AxesForm
from clustering_app.projector.button import Button
from clustering_app.projector.colour_bar import ColourBar
from clustering_app.projector.colours import Colouring, LegendLine
from clustering_app.projector.contents import Contents
from clustering_app.projector.coverage_panel import CoveragePanel
from clustering_app.projector.free_name import free_name
from clustering_app.projector.legend import Act, LegendList
from clustering_app.projector.map_state import NOTHING, SIMILARITY, MapState
from clustering_app.projector.notices import items
from clustering_app.projector.parameters_form import ParametersForm
from clustering_app.projector.parts import Parts, notice
from clustering_app.vectors.feature_set import FeatureSetInfo
from host_contract.entities import Metadata

WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (5, 0)}

Handler = Callable[[], Awaitable[None]]

_PARAMETERS = TypeAdapter(RunParameters)


class Controls:
    """Controls of a map. Nothing is computed until Run."""

    def __init__(
        self,
        axes: AxesForm,
        coverage: CoveragePanel,
        *,
        on_run: Handler,
        on_place: Handler,
        on_field: Callable[[str, str], Awaitable[None]],
        on_history: Callable[[str], Awaitable[None]],
        on_category: Callable[[Act, str], None],
        on_colour: Callable[[str, str | None], None],
        on_range: Callable[[float, float], None],
        on_card: Callable[[tuple[str, ...]], None],
    ) -> None:
        """Take the form of custom axes, what is below the choice of the tensor, and what to call.

        For the buttons, for a field, an earlier map, the legend, and the hover card.
        """
        self._coverage = coverage
        self._last: RunInfo | None = None
        self._on_field = on_field
        self._on_history = on_history
        self._on_card = on_card
        self._filling = False

        self.run = Button("Run", on_run, icon="play_arrow", look="button filled", **WIDE)
        self.place = Button("", on_place, title="No point of the map moves", **WIDE)
        self.last_run = Parts()
        self.history = pmui.Select(label="Map", options={}, size="small", visible=False, **WIDE)
        self.history.param.watch(self._history_chosen, "value")
        self.tensor = pmui.Select(label="Tensor", options={}, size="small", **WIDE)
        self.label_by = pmui.Select(label="Label by", options=[NOTHING], size="small", **WIDE)
        self.color_by = pmui.Select(label="Color by", options=[NOTHING], size="small", **WIDE)
        self.card_fields = pmui.MultiChoice(
            label="Hover card", options=["label"], value=["label"], **WIDE
        )
        self.legend = LegendList(on_category, on_colour)
        self.colour_bar = ColourBar(on_range)
        self.parameters = ParametersForm(axes, self.edited)
        self.tensor.param.watch(self.edited, "value")
        self.label_by.param.watch(self._field_chosen, "value")
        self.color_by.param.watch(self._field_chosen, "value")
        self.card_fields.param.watch(self._card_chosen, "value")

    def view(self) -> pn.Column:
        """The column, which scrolls by itself."""
        return pn.Column(
            Parts(notice("heading", "Data filters")),
            self.run, self.place, self.last_run, self.history, self.tensor,
            self._coverage.view(), self.label_by, self.color_by, self.legend, self.colour_bar,
            self.card_fields,
            Parts(notice("heading", "Projection")),
            self.parameters.view(),
            width=256, sizing_mode="stretch_height", scroll="y-auto", margin=0,
            styles={"padding": "6px 14px 14px 10px"},
        )  # fmt: skip

    def inputs(self) -> Metadata:
        """What the controls say, as the inputs of `run_projection` without the dataset.

        Raises:
            InvalidParameters: something is not chosen yet; says what.
        """
        chosen: Metadata = _PARAMETERS.dump_python(self.parameters.parameters(), mode="json")
        return {"feature_set": self.tensor.value, **chosen}

    def changed(self) -> list[str]:
        """Names of the controls that say something else than the last run; none before it."""
        if self._last is None:
            return []
        other = ["tensor"] if self.tensor.value != self._last.feature_set else []
        return other + self.parameters.changed(self._last.parameters)

    def show(self, contents: Contents, state: MapState) -> None:
        """Take what was read: feature sets, fields, and the last run with its parameters."""
        self._filling = True
        try:
            sets = {_described(info): info.name for info in contents.feature_sets}
            points = contents.points
            is_new = points is not None and (self._last is None or self._last.id != points.run.id)
            names = list(sets.values())
            newest = names[-1] if names else None
            chosen = self.tensor.value if self.tensor.value in names else newest
            self.tensor.param.update(options=sets, value=chosen)
            self.tensor.param.trigger("value")  # the same set with another count has another text
            if points is not None:
                runs = named_runs(contents.runs)
                self.history.param.update(options=runs, value=points.run.id, visible=len(runs) > 1)
            if points is not None and is_new:
                self._last = points.run
                self.parameters.fill(points.run)
                if points.run.feature_set in names:
                    self.tensor.value = points.run.feature_set
            fields = points.fields() if points else []
            extra = [SIMILARITY] if state.color_by == SIMILARITY else []
            self.color_by.param.update(
                options=[NOTHING, *fields, *extra], value=state.color_by if points else NOTHING
            )
            self.label_by.param.update(options=[NOTHING, *fields], value=state.label_by)
            self.card_fields.param.update(
                options=fields, value=list(state.card_fields) if points else []
            )
        finally:
            self._filling = False
        self.edited()

    def offer(self, *, ready: bool, unmapped: int) -> None:
        """Say whether a run can be started now, and how many items could be placed on the map."""
        self.run.enabled = self.place.enabled = ready
        self.place.visible = unmapped > 0
        self.place.label = f"Place {unmapped:,} new item{'' if unmapped == 1 else 's'}"

    def show_legend(self, lines: Sequence[LegendLine], colours: Colouring) -> None:
        """Say what the colours stand for: categories by line, numbers by a scale."""
        self.legend.show(lines)
        self.colour_bar.show(colours)

    def edited(self, _event: object = None) -> None:
        """Say what was changed since the last run."""
        if self._filling:
            return
        lines = [notice("line", _last_run(self._last), believable(self._last))]
        if changed := self.changed():
            lines.append(notice("changed", f"Changed since: {', '.join(changed)}. Press Run."))
        self.last_run.put(*lines)

    async def _history_chosen(self, event: Any) -> None:
        if not self._filling and event.new:
            await self._on_history(event.new)

    async def _field_chosen(self, event: Any) -> None:
        if not self._filling:
            await self._on_field(
                "color_by" if event.obj is self.color_by else "label_by", event.new
            )

    def _card_chosen(self, event: Any) -> None:
        if not self._filling:
            self._on_card(tuple(event.new))


def _described(info: FeatureSetInfo) -> str:
    return f"{info.name} · {info.fingerprint.dimension} · {items(info.count)}"


def named_runs(runs: Sequence[RunInfo]) -> dict[str, str]:
    """Ids of maps by a name of one line, in their order, newest first; no two have one name."""
    ids: dict[str, str] = {}
    for run in reversed(runs):  # so that a map keeps its name when there is a newer one
        when = run.created.astimezone().strftime("%-d %b %H:%M:%S")
        parameters = run.parameters
        name = f"{when} · {METHOD_NAMES[parameters.method]} {parameters.dimensions}D"
        ids[free_name(name, ids, " · ")] = run.id
    return dict(reversed(ids.items()))


def _last_run(run: RunInfo | None) -> str:
    if run is None:
        return "There is no map yet."
    when = run.created.astimezone().strftime("%-d %b %Y, %H:%M")
    placed = f", {run.placed:,} of them placed later" if run.placed else ""
    if run.parameters.fit_on and run.placed:
        placed = f", fitted on {run.count - run.placed:,}, the others placed"
    method = METHOD_NAMES[run.parameters.method]
    return f"Last run {when} · {method} · {say_points(run.count)}{placed}"


def believable(run: RunInfo | None) -> str:
    """How far the map can be believed."""
    if run is None:
        return ""
    parts = []
    if run.quality is not None:
        parts.append(
            f"{run.quality.neighbours_kept:.0%} of true neighbours kept, "
            f"trustworthiness {run.quality.trustworthiness:.2f}"
        )
    if shares := run.explained_variance:
        drawn = [
            shares[number - 1] for number in run.parameters.components if number <= len(shares)
        ]
        parts.append(f"Variance explained: {' + '.join(f'{share:.0%}' for share in drawn)}")
    for name, axis in sorted((run.parameters.axes or {}).items()):
        parts.append(f"{name}: {axis}")
    return ". ".join(parts)
