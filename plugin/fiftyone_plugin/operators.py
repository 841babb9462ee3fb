"""FiftyOne's operators: extract, run, and open the map."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from clustering_app.projection.run import METHOD_NAMES
from fiftyone_host.ids import id_of, item_id
from fiftyone_plugin.pages import pages
from host_contract.entities import ExecutionStatus, Metadata
from host_contract.errors import ContractError

SECONDS_BETWEEN_LOOKS = 0.5


class Extract(foo.Operator):
    """Encode the selected samples, or all that are new or changed."""

    @property
    def config(self) -> Any:
        """How it is listed."""
        return foo.OperatorConfig(
            name="extract", label="Clustering: extract features", execute_as_generator=True
        )

    def resolve_input(self, ctx: Any) -> Any:
        """The model."""
        inputs = types.Object()
        what = f"{len(ctx.selected):,} selected samples" if ctx.selected else "the whole dataset"
        inputs.str("model", label="Model", default="mini-clip", description=f"Encodes {what}.")
        return types.Property(inputs, view=types.View(label="Extract features"))

    async def execute(self, ctx: Any) -> AsyncIterator[Any]:
        """Encode, and say how far it is."""
        dataset_id = id_of(ctx.dataset)
        inputs: Metadata = {"model": ctx.params.get("model") or "mini-clip"}
        if ctx.selected:
            inputs["items"] = [item_id(dataset_id, one) for one in ctx.selected]
            function = "extract_items"
        else:
            inputs["dataset"] = dataset_id
            function = "extract_dataset"
        async for step in _followed(ctx, function, inputs):
            yield step


class RunProjection(foo.Operator):
    """Make a map of all vectors."""

    @property
    def config(self) -> Any:
        """How it is listed."""
        return foo.OperatorConfig(
            name="run_projection", label="Clustering: make a map", execute_as_generator=True
        )

    def resolve_input(self, ctx: Any) -> Any:
        """Method and dimensions; all other parameters are in the tab."""
        inputs = types.Object()
        methods = [method for method in METHOD_NAMES if method != "axes"]
        inputs.enum("method", methods, label="Method", default="umap")
        inputs.enum("dimensions", [2, 3], label="Dimensions", default=2)
        return types.Property(inputs, view=types.View(label="Make a map"))

    async def execute(self, ctx: Any) -> AsyncIterator[Any]:
        """Make it, and say how far it is."""
        inputs: Metadata = {"dataset": id_of(ctx.dataset), **ctx.params}
        async for step in _followed(ctx, "run_projection", inputs):
            yield step


class OpenMap(foo.Operator):
    """Open the panel with the map."""

    @property
    def config(self) -> Any:
        """How it is listed."""
        return foo.OperatorConfig(name="open_map", label="Clustering: open the map")

    def resolve_placement(self, ctx: Any) -> Any:
        """A button among the actions of the grid."""
        button = types.Button(label="Clustering: open the map", icon="bubble_chart", prompt=False)
        return types.Placement(types.Places.SAMPLES_GRID_SECONDARY_ACTIONS, button)

    def execute(self, ctx: Any) -> None:
        """Open it beside the samples."""
        ctx.ops.open_panel("clustering_map", layout="horizontal")


async def _followed(ctx: Any, function: str, inputs: Metadata) -> AsyncIterator[Any]:
    """Run a function of the app; gives what the App is to show meanwhile and at the end.

    Raises:
        ContractError: it failed or was cancelled, in one line.
    """
    host = (await asyncio.to_thread(pages)).host
    execution = await asyncio.to_thread(host.start_execution, function, inputs)
    while not (now := host.execution(execution.id)).status.final:
        yield ctx.ops.set_progress(label=now.message or "Waiting", progress=now.progress)
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    if now.status is not ExecutionStatus.SUCCESS:
        raise ContractError(now.error or now.message)
    yield ctx.ops.reload_dataset()
    yield ctx.ops.notify(f"{function} has ended.", variant="success")
