"""The controls of a run's parameters: how vectors are projected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from clustering_app.projection.custom_axes import AXES
from clustering_app.projection.run import KNOWN_COMPONENTS, METHOD_NAMES, RunInfo, RunParameters
from clustering_app.projector.axes_form import AxesForm
from clustering_app.projector.number_field import number_in

SPHERIZE = {
    "Off": "off",
    "Centre and unit length": "centre",
    "Standardize": "standardize",
    "Whiten": "whiten",
}
NAMES = {
    "method": "method",
    "dimensions": "dimensions",
    "spherize": "spherize",
    "metric": "metric",
    "neighbours": "neighbours",
    "min_dist": "min dist",
    "perplexity": "perplexity",
    "iterations": "iterations",
    "learning_rate": "learning rate",
    "component_x": "component of x",
    "component_y": "component of y",
    "component_z": "component of z",
    "axes": "axes",
    "seed": "seed",
    "fit_on": "fit on",
}
ONLY_OF = {
    "umap": ("metric", "neighbours", "min_dist", "fit_on"),
    "tsne": ("metric", "perplexity", "iterations", "learning_rate", "fit_on"),
    "pca": ("component_x", "component_y", "component_z"),
    "axes": ("axes",),
}
"""Parameters that do not act with every method."""
TYPED = ("learning_rate", "seed", "fit_on")
"""Parameters that are typed, where the others are chosen or slid."""
METRICS = {"Euclidean": "euclidean", "Cosine": "cosine"}
WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (5, 0)}


class ParametersForm:
    """Shows the parameters that act with the chosen method."""

    def __init__(self, axes: AxesForm, on_edit: Callable[[], None]) -> None:
        """Take the form of custom axes, and what to call when something is chosen."""
        self._on_edit = on_edit
        self.axes = axes
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
        self.metric = pmui.Select(
            label="Metric", options=METRICS, value=default.metric, size="small", **WIDE
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
        self.component_x, self.component_y, self.component_z = (
            pmui.Select(
                label=f"Component of {axis}", options=_components(()), size="small",
                value=getattr(default, f"component_{axis}"), **WIDE,
            )
            for axis in AXES
        )  # fmt: skip
        self.seed = pmui.IntInput(
            label="Seed", value=default.seed, start=0, end=2**32 - 1, size="small", **WIDE
        )
        self.fit_on = pmui.IntInput(
            label="Fit on so many items (0: all)", value=default.fit_on, start=0, size="small",
            **WIDE,
        )  # fmt: skip
        for name in NAMES:
            if name != "axes":
                getattr(self, name).param.watch(self._edited, "value")
        self.show()

    def view(self) -> pn.Column:
        """The controls, one below the other."""
        return pn.Column(
            *(getattr(self, name) for name in NAMES), sizing_mode="stretch_width", margin=0
        )

    def parameters(self) -> RunParameters:
        """What is chosen; a field that is empty or out of bounds is put right, and shows it.

        Raises:
            InvalidParameters: an end of a custom axis is not chosen, or a parameter cannot be so.
        """
        for name in TYPED:
            number_in(getattr(self, name), getattr(RunParameters, name))
        return RunParameters(**{name: self._value(name) for name in NAMES})

    def changed(self, last: RunParameters) -> list[str]:
        """Names of what acts, and is chosen otherwise than it was."""
        silent = self._silent()
        return [
            said
            for name, said in NAMES.items()
            if name not in silent and self._value(name) != getattr(last, name)
        ]

    def fill(self, run: RunInfo) -> None:
        """Choose what a run was made with."""
        for name in NAMES:
            if name != "axes":
                getattr(self, name).value = getattr(run.parameters, name)
        self.axes.fill(run.parameters.axes or {})
        for axis in AXES:
            component = getattr(self, f"component_{axis}")
            component.options = _components(run.explained_variance)
            component.param.trigger("value")  # else the browser goes on showing its old name

    def show(self) -> None:
        """Show what acts with the method, and hide the rest."""
        silent = self._silent()
        self.axes.names = list(AXES[: self.dimensions.value])
        for names in ONLY_OF.values():
            for name in names:
                getattr(self, name).visible = name not in silent

    def _edited(self, _event: object) -> None:
        self.show()
        self._on_edit()

    def _silent(self) -> list[str]:
        """Parameters that do nothing now."""
        method = self.method.value
        others = {name for names in ONLY_OF.values() for name in names}
        silent = sorted(others.difference(ONLY_OF[method]))
        return [*silent, "component_z"] if self.dimensions.value == 2 else silent

    def _value(self, name: str) -> Any:
        if name == "axes":
            return self.axes.axes() if self.method.value == "axes" else None
        value = getattr(self, name).value
        return round(value, 4) if name == "min_dist" else value


def _components(shares: Sequence[float]) -> dict[str, int]:
    """Components to choose from, each with its share of the variance where that is known."""
    known = {number: f"{number} · {share:.1%}" for number, share in enumerate(shares, 1)}
    return {known.get(number, str(number)): number for number in range(1, KNOWN_COMPONENTS + 1)}
