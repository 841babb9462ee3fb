"""The left column: what to map and how, and what the map is coloured and labelled by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any

import panel as pn
import panel_material_ui as pmui

from clustering_app.projection.run import METHOD_NAMES, RunInfo, RunParameters
from clustering_app.projector.button import Button
from clustering_app.projector.colour_bar import ColourBar
from clustering_app.projector.colours import Colouring, LegendLine
from clustering_app.projector.contents import Contents
from clustering_app.projector.legend import Act, LegendList
from clustering_app.projector.map_state import NOTHING, SIMILARITY, MapState
from clustering_app.projector.parts import Parts, notice
from clustering_app.vectors.feature_set import FeatureSetInfo
from host_contract.entities import Metadata

SPHERIZE = {
    "Off": "off",
    "Centre and unit length": "centre",
    "Standardize": "standardize",
    "Whiten": "whiten",
}
NAMES = {
    "feature_set": "tensor",
    "method": "method",
    "dimensions": "dimensions",
    "spherize": "spherize",
    "neighbours": "neighbours",
    "min_dist": "min dist",
    "perplexity": "perplexity",
    "iterations": "iterations",
    "learning_rate": "learning rate",
    "seed": "seed",
}
ONLY_OF = {
    "umap": ("neighbours", "min_dist"),
    "tsne": ("perplexity", "iterations", "learning_rate"),
    "pca": (),
}
"""Parameters that act with one method alone."""
WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (5, 0)}

Handler = Callable[[], Awaitable[None]]


class Controls:
    """Controls of a map. Nothing is computed until Run."""

    def __init__(
        self,
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
        """Take what to call: for the buttons, for a field or an earlier map, for the legend."""
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
        self.method = pmui.RadioButtonGroup(
            options={name: method for method, name in METHOD_NAMES.items()}, value="umap",
            size="small", **WIDE,
        )  # fmt: skip
        self.dimensions = pmui.RadioButtonGroup(
            options={"2D": 2, "3D": 3}, value=2, size="small", **WIDE
        )
        default = RunParameters()
        self.spherize = pmui.Select(
            label="Spherize", options=SPHERIZE, value=default.spherize, size="small", **WIDE
        )
        self.neighbours = pmui.IntSlider(
            label="Neighbours", start=2, end=200, value=default.neighbours, size="small", **WIDE
        )
        self.min_dist = pmui.FloatSlider(
            label="Min dist", start=0.0, end=0.99, step=0.01, value=default.min_dist,
            size="small", **WIDE,
        )  # fmt: skip
        self.perplexity = pmui.FloatSlider(
            label="Perplexity", start=2.0, end=100.0, step=1.0, value=default.perplexity,
            size="small", **WIDE,
        )  # fmt: skip
        self.iterations = pmui.IntSlider(
            label="Iterations", start=500, end=5000, step=50, value=default.iterations,
            size="small", **WIDE,
        )  # fmt: skip
        self.learning_rate = pmui.FloatInput(
            label="Learning rate (0: automatic)", start=0.0, end=1e5, value=default.learning_rate,
            size="small", **WIDE,
        )  # fmt: skip
        self.seed = pmui.IntInput(
            label="Seed", value=default.seed, start=0, end=2**32 - 1, size="small", **WIDE
        )
        for name in NAMES:
            self._widget(name).param.watch(self._edited, "value")
        self.label_by.param.watch(self._field_chosen, "value")
        self.color_by.param.watch(self._field_chosen, "value")
        self.card_fields.param.watch(self._card_chosen, "value")

    def view(self) -> pn.Column:
        """The column, which scrolls by itself."""
        return pn.Column(
            Parts(notice("heading", "Data filters")),
            self.run, self.place, self.last_run, self.history, self.tensor,
            self.label_by, self.color_by, self.legend, self.colour_bar, self.card_fields,
            Parts(notice("heading", "Projection")),
            self.method, self.dimensions, self.spherize, self.neighbours, self.min_dist,
            self.perplexity, self.iterations, self.learning_rate, self.seed,
            width=256, sizing_mode="stretch_height", scroll="y-auto", margin=0,
            styles={"padding": "6px 14px 14px 10px"},
        )  # fmt: skip

    def inputs(self) -> Metadata:
        """What the controls say, as the inputs of `run_projection` without the dataset."""
        parameters = RunParameters(
            method=self.method.value,
            dimensions=self.dimensions.value,
            spherize=self.spherize.value,
            neighbours=self.neighbours.value,
            min_dist=round(self.min_dist.value, 4),
            perplexity=self.perplexity.value,
            iterations=self.iterations.value,
            learning_rate=self.learning_rate.value,
            seed=self.seed.value,
        )
        return {"feature_set": self.tensor.value, **asdict(parameters)}

    def changed(self) -> list[str]:
        """Names of the controls that say something else than the last run; none before it."""
        if self._last is None:
            return []
        last = _values(self._last)
        now = self.inputs()
        differing = [name for name in NAMES if now[name] != last[name]]
        silent = _without_effect(now["method"])
        return [NAMES[name] for name in differing if name not in silent]

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
            if points is not None:
                runs = {named_run(run): run.id for run in contents.runs}
                self.history.param.update(options=runs, value=points.run.id, visible=len(runs) > 1)
            if points is not None and is_new:
                self._last = points.run
                for name, value in _values(points.run).items():
                    if name != "feature_set" or value in names:
                        self._widget(name).value = value
            fields = points.fields() if points else []
            extra = [SIMILARITY] if state.color_by == SIMILARITY else []
            self.color_by.param.update(
                options=[NOTHING, *fields, *extra], value=state.color_by if points else NOTHING
            )
            self.label_by.param.update(options=[NOTHING, *fields], value=state.label_by)
            self.card_fields.param.update(options=fields, value=list(state.card_fields))
        finally:
            self._filling = False
        self._edited()

    def offer(self, *, ready: bool, unmapped: int) -> None:
        """Say whether a run can be started now, and how many items could be placed on the map."""
        self.run.enabled = self.place.enabled = ready
        self.place.visible = unmapped > 0
        self.place.label = f"Place {unmapped:,} new item{'' if unmapped == 1 else 's'}"

    def show_legend(self, lines: Sequence[LegendLine], colours: Colouring) -> None:
        """Say what the colours stand for: categories by line, numbers by a scale."""
        self.legend.show(lines)
        self.colour_bar.show(colours)

    def _widget(self, name: str) -> Any:
        return self.tensor if name == "feature_set" else getattr(self, name)

    def _edited(self, _event: object = None) -> None:
        silent = _without_effect(self.method.value)
        for names in ONLY_OF.values():
            for name in names:
                self._widget(name).visible = name not in silent
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


def _values(run: RunInfo) -> Metadata:
    return {"feature_set": run.feature_set, **asdict(run.parameters)}


def _without_effect(method: object) -> list[str]:
    """Parameters that do nothing with this method."""
    return [name for other, names in ONLY_OF.items() if other != method for name in names]


def _described(info: FeatureSetInfo) -> str:
    return f"{info.name} · {info.fingerprint.dimension} · {info.count:,} items"


def named_run(run: RunInfo) -> str:
    """A map in one line; the seconds tell two of a minute apart."""
    when = run.created.astimezone().strftime("%-d %b %H:%M:%S")
    parameters = run.parameters
    return f"{when} · {METHOD_NAMES[parameters.method]} {parameters.dimensions}D"


def _last_run(run: RunInfo | None) -> str:
    if run is None:
        return "There is no map yet."
    when = run.created.astimezone().strftime("%-d %b %Y, %H:%M")
    placed = f", {run.placed:,} of them placed later" if run.placed else ""
    method = METHOD_NAMES[run.parameters.method]
    return f"Last run {when} · {method} · {run.count:,} points{placed}"


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
    if run.explained_variance:
        shares = " + ".join(f"{share:.0%}" for share in run.explained_variance)
        parts.append(f"Variance explained: {shares}")
    return ". ".join(parts)
