"""Which fields of a dataset's samples are metadata and which labels, and both as the contract's.

What neither is (vectors, masks, heat maps, positions on the earth) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import JsonValue

from fiftyone_host.ids import moment
from host_contract.entities import Annotation, Metadata
from host_contract.errors import InvalidInput

OWN = ("id", "filepath", "metadata", "created_at", "last_modified_at")
"""Fields that FiftyOne fills in itself."""
LABEL_LISTS: Mapping[str, str | None] = {
    "Classification": None,
    "Classifications": "classifications",
    "Detection": None,
    "Detections": "detections",
    "Keypoint": None,
    "Keypoints": "keypoints",
    "Polyline": None,
    "Polylines": "polylines",
}
"""Kinds of labels by name: the field with the list of those that are several."""


def metadata_fields(dataset: Any) -> list[str]:
    """Names of the fields that are user metadata; tags are among them."""
    import fiftyone as fo

    plain = (
        fo.StringField, fo.BooleanField, fo.IntField, fo.FloatField, fo.DateField,
        fo.DateTimeField, fo.DictField, fo.ListField,
    )  # fmt: skip
    return [
        name
        for name, field in dataset.get_field_schema().items()
        if name not in OWN and (isinstance(field, plain) or type(field) is fo.Field)
    ]


def label_fields(dataset: Any) -> dict[str, str]:
    """Names of the fields that hold labels, and the kind of each."""
    import fiftyone as fo

    schema = dataset.get_field_schema(ftype=fo.EmbeddedDocumentField)
    kinds = {name: field.document_type.__name__ for name, field in schema.items()}
    return {name: kind for name, kind in kinds.items() if kind in LABEL_LISTS}


def annotations_of(kind: str, value: Any) -> list[Annotation]:
    """The labels that a field of this kind holds."""
    if value is None:
        return []
    several = LABEL_LISTS[kind]
    labels = [value] if several is None else getattr(value, several)
    return [
        Annotation(
            label=label.label,
            type=type(label).__name__.lower(),
            coordinates=to_json(getattr(label, "bounding_box", None)),
        )
        for label in labels
        if label.label is not None
    ]


def user_metadata(names: Sequence[str], values: Sequence[Any]) -> Metadata:
    """Fields of a sample by name; those without a value are left out."""
    found = {name: to_json(value) for name, value in zip(names, values, strict=True)}
    return {name: value for name, value in found.items() if value is not None and value != []}


def to_json(value: Any) -> JsonValue:
    """A value of a field as JSON; what JSON cannot say as its text."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        return moment(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): to_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    return str(value)


def write(dataset: Any, sample_ids: Sequence[str], changes: Metadata) -> None:
    """Give samples other values of their fields; a new field gets the type of its value.

    Raises:
        InvalidInput: a field is none of metadata, or takes values of another type; no field is
            changed.
    """
    names = metadata_fields(dataset)
    schema = dataset.get_field_schema()
    for name, value in changes.items():
        if name in schema and name not in names:
            raise InvalidInput(f"The field {name!r} of {dataset.name!r} is no metadata.")
        if name in schema and value is not None:
            _check(name, schema[name], value)
        elif name not in schema:
            _check_name(name)
    for name, value in changes.items():
        if value is None and name not in schema:
            continue
        emptied: JsonValue = [] if name == "tags" and value is None else value
        try:
            dataset.select(sample_ids).set_values(name, [emptied] * len(sample_ids))
        except (ValueError, TypeError) as error:
            raise InvalidInput(
                f"The field {name!r} cannot be written: {' '.join(str(error).split())}"
            ) from error


def _check(name: str, field: Any, value: JsonValue) -> None:
    from mongoengine.errors import ValidationError

    try:
        field.validate(value)
    except (ValidationError, ValueError, TypeError) as error:
        kind = type(field).__name__.removesuffix("Field").lower()
        raise InvalidInput(f"The field {name!r} takes {kind} values, not {value!r}.") from error


def _check_name(name: str) -> None:
    from fiftyone.core.odm.utils import validate_field_name

    if "." in name:  # FiftyOne would look for a field in a field
        raise InvalidInput(f"{name!r} cannot be a field: it has a dot.")
    try:
        validate_field_name(name)
    except ValueError as error:
        raise InvalidInput(f"{name!r} cannot be a field: {' '.join(str(error).split())}") from error
