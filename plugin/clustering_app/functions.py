"""The functions that the manifest declares: JSON inputs in, the stage called, JSON output out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from clustering_app.extraction.batches import Choice
from clustering_app.projection.run import RunParameters
from host_contract.context import ExecutionContext, Host
from host_contract.entities import Metadata
from host_contract.errors import InvalidInput, NotFound


class Inputs(BaseModel):
    """Inputs as the host hands them over; those the manifest does not declare are refused."""

    model_config = ConfigDict(extra="forbid")


class ExtractDataset(Inputs):
    """Inputs of `extract_dataset`."""

    dataset: str
    query: Metadata = Field(default_factory=dict)
    which: Choice = Choice.OUTDATED
    model: str = "mini-clip"
    weights: str | None = None


class ExtractItems(Inputs):
    """Inputs of `extract_items`."""

    items: Annotated[list[str], Field(min_length=1)]
    model: str = "mini-clip"
    weights: str | None = None


class RunProjection(Inputs):
    """Inputs of `run_projection`; all others are those of `RunParameters`, by name."""

    model_config = ConfigDict(extra="allow")

    dataset: str
    feature_set: str | None = None


class PlaceItems(Inputs):
    """Inputs of `place_items`."""

    dataset: str
    run: str | None = None


def extract_dataset(inputs: ExtractDataset, context: ExecutionContext) -> JsonValue:
    """Encode the items that match the query and are chosen by their state."""
    from clustering_app.extraction.job import extract

    report = extract(
        context,
        inputs.dataset,
        query=inputs.query,
        choice=inputs.which,
        item_ids=None,
        model=inputs.model,
        weights=inputs.weights,
    )
    return report.to_json()


def extract_items(inputs: ExtractItems, context: ExecutionContext) -> JsonValue:
    """Encode the given items, which must be of one dataset."""
    from clustering_app.extraction.job import extract

    item_ids = list(dict.fromkeys(inputs.items))
    report = extract(
        context,
        _dataset_of(item_ids, context.host),
        query={},
        item_ids=item_ids,
        model=inputs.model,
        weights=inputs.weights,
    )
    return report.to_json()


def _dataset_of(item_ids: Sequence[str], host: Host) -> str:
    """The dataset of the first item that is still there."""
    for item_id in item_ids:
        with suppress(NotFound):
            return host.item(item_id).dataset_id
    raise NotFound(f"None of these {len(item_ids):,} items is there any more.")


def run_projection(inputs: RunProjection, context: ExecutionContext) -> JsonValue:
    """Place every vector of a feature set on a map."""
    from clustering_app.projection.job import project
    from clustering_app.projector.search import QUERY_ENCODER

    info = project(
        context,
        inputs.dataset,
        feature_set=inputs.feature_set,
        parameters=_parameters(inputs.model_extra or {}),
        of_text=QUERY_ENCODER.of_text,
    )
    return {"run": info.id, "feature_set": info.feature_set, "points": info.count}


def place_items(inputs: PlaceItems, context: ExecutionContext) -> JsonValue:
    """Place the items that came after a map on it."""
    from clustering_app.projection.job import place

    info = place(context, inputs.dataset, run_id=inputs.run)
    return {"run": info.id, "feature_set": info.feature_set, "points": info.count}


def _parameters(chosen: Metadata) -> RunParameters:
    unknown = chosen.keys() - {field.name for field in fields(RunParameters)}
    if unknown:
        raise InvalidInput(f"Input {min(unknown)!r} of run_projection is not known.")
    return TypeAdapter(RunParameters).validate_python(chosen)


T = TypeVar("T", bound=Inputs)


def _checked(
    inputs_type: type[T], function: Callable[[T, ExecutionContext], JsonValue]
) -> Callable[[Metadata, ExecutionContext], JsonValue]:
    def call(inputs: Metadata, context: ExecutionContext) -> JsonValue:
        try:
            return function(inputs_type.model_validate(inputs), context)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InvalidInput(f"Input {where!r} of {function.__name__}: {first['msg']}.") from None

    return call


FUNCTIONS: Mapping[str, Callable[[Metadata, ExecutionContext], JsonValue]] = {
    "extract_dataset": _checked(ExtractDataset, extract_dataset),
    "extract_items": _checked(ExtractItems, extract_items),
    "run_projection": _checked(RunProjection, run_projection),
    "place_items": _checked(PlaceItems, place_items),
}


def run(function: str, inputs: Metadata, context: ExecutionContext) -> JsonValue:
    """Run a declared function.

    Raises:
        NotFound: no function has this name.
        InvalidInput: the inputs do not fit; names the input and the reason.
    """
    if function not in FUNCTIONS:
        raise NotFound(f"The app has no function {function!r}; it has {', '.join(FUNCTIONS)}.")
    return FUNCTIONS[function](inputs, context)
