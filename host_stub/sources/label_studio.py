"""A Label Studio export, its full JSON: choices and labels of regions become labels.

The format: https://labelstud.io/guide/task_format
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from host_contract.entities import Metadata
from host_contract.errors import InvalidInput
from host_stub.sources.location import File, Location
from host_stub.sources.source import Report, SourceItem

UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-")
"""What Label Studio writes before the name of a file that was uploaded to it."""


class LabelStudioSource:
    """The pictures of the tasks that are there; nothing is fetched from another address."""

    def __init__(self, location: Location, file: File, found: Any, url: str, name: str) -> None:
        """Check what was read.

        Args:
            location: The folder that was served to Label Studio, or one that holds its pictures.
            file: The JSON file.
            found: What was read of it.
            url: What messages call it.
            name: What a dataset made of it is called.

        Raises:
            InvalidInput: a task is none, by row, or no picture of any is there.
        """
        self.url = url
        self.name = name
        self._location = location
        self._file = file.path
        for number, task in enumerate(found, 1):
            if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
                raise InvalidInput(f"{file.path}, task {number}: not an object with 'data'.")
        self._tasks: list[dict[str, Any]] = found
        self.total = len(found)
        if not any(self._picture(task) for task in found):
            raise InvalidInput(
                f"{url}: none of its {len(found):,} tasks has a picture that is in {location.url}, "
                f"such as {_reference(found[0])!r}. Say where they are with --pictures."
            )

    def items(self, report: Report) -> Iterator[SourceItem]:
        """The pictures in the order of the tasks."""
        for number, task in enumerate(self._tasks, 1):
            file = self._picture(task)
            if file is None:
                row = f"{self._file}, task {number} ({_reference(task)})"
                report.add(row, "its picture is not there, or at another address.")
                continue
            labels, metadata = _known(task)
            yield SourceItem(file.path, file.open, file.version, labels, metadata)

    def _picture(self, task: dict[str, Any]) -> File | None:
        """The file whose path ends as the reference does, by as many folders as can be."""
        path = _path_of(_reference(task))
        if not path:
            return None
        uploaded = UPLOAD_PREFIX.sub("", path.rpartition("/")[2])
        return self._location.find_end(path) or self._location.find(uploaded)


def is_label_studio(found: Any) -> bool:
    """Whether a JSON looks like a Label Studio export."""
    return bool(
        isinstance(found, list) and found and isinstance(found[0], dict) and "data" in found[0]
    )


def _reference(task: dict[str, Any]) -> str:
    """What a task says of its picture: the value named so, or the first that has a path."""
    data = task["data"]
    texts = [value for value in data.values() if isinstance(value, str)]
    named = data.get("image")
    return named if isinstance(named, str) else next((text for text in texts if "/" in text), "")


def _path_of(reference: str) -> str:
    """The path in a reference: of a served local file (`?d=`), of a URL, or as it is."""
    try:
        split = urlsplit(reference)
    except ValueError:
        return ""
    served = parse_qs(split.query).get("d")
    return served[0] if served else unquote(split.path)


def _known(task: dict[str, Any]) -> tuple[tuple[str, ...], Metadata]:
    """Labels and metadata of the annotations that were not cancelled."""
    annotations = [one for one in _objects(task.get("annotations")) if not one.get("was_cancelled")]
    results = [result for one in annotations for result in _objects(one.get("result"))]
    labels: list[str] = []
    metadata: Metadata = {
        key: value
        for key, value in task["data"].items()
        if key != "image" and isinstance(value, str | int | float | bool) and value != ""
    }
    regions = 0
    for result in results:
        kind, value = result.get("type"), result.get("value")
        if not isinstance(kind, str) or not isinstance(value, dict):
            continue
        said = value.get(kind)
        if kind in ("choices", "labels") or kind.endswith("labels"):
            labels += _texts(said)
            regions += kind != "choices"
        elif kind in ("rating", "number") and isinstance(said, int | float):
            metadata[str(result.get("from_name", kind))] = said
        elif kind == "textarea":
            metadata[str(result.get("from_name", kind))] = " ".join(_texts(value.get("text")))
    metadata |= {"task_id": task.get("id"), "regions": regions, "annotations": len(annotations)}
    times = [one["created_at"] for one in annotations if isinstance(one.get("created_at"), str)]
    metadata["annotated"] = max(times, default=None)
    kept: Metadata = {k: v for k, v in metadata.items() if v is not None}
    return tuple(dict.fromkeys(label for label in labels if label.strip())), kept


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
