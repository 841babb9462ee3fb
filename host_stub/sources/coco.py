"""COCO's JSON of object detection: categories become labels, boxes become numbers.

The format: https://cocodataset.org/#format-data
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from host_contract.entities import Metadata
from host_contract.errors import InvalidInput
from host_stub.sources.location import File, Location
from host_stub.sources.source import Report, SourceItem

PART_OF_NAME = re.compile(r"^(instances|captions|person_keypoints|stuff|panoptic)_")
"""What COCO writes before the name of the pictures' folder in the names of its files."""
NOT_KEPT = ("segmentation", "keypoints", "segments_info")
"""Most of such a file, and nothing to map by."""
IMAGE_FIELDS = ("date_captured", "coco_url", "flickr_url")


class CocoSource:
    """The pictures that a COCO file names and that are there."""

    def __init__(self, location: Location, file: File, found: Any, url: str, name: str) -> None:
        """Check what was read.

        Args:
            location: Folder that the pictures are in, or in a folder of it.
            file: The JSON file.
            found: What was read of it, by `read_json` with `without_outlines`.
            url: What messages call it.
            name: What a dataset made of it is called.

        Raises:
            InvalidInput: it is not as COCO says, by list and row, or none of its pictures is there.
        """
        self.url = url
        self.name = name
        self._location = location
        self._file = file.path
        self._images = _rows(found, "images", file.path)
        self._annotations = _by_image(_rows(found, "annotations", file.path, needed=False))
        categories = _rows(found, "categories", file.path, needed=False)
        self._categories = _by_id(categories)
        self._licences = _by_id(_rows(found, "licenses", file.path, needed=False))
        self.total = len(self._images)
        self._folder = self._pictures_folder()

    def items(self, report: Report) -> Iterator[SourceItem]:
        """The pictures in the order of the list `images`."""
        for number, image in enumerate(self._images, 1):
            name = image.get("file_name")
            if not isinstance(name, str):
                report.add(self._row(number), "an image without 'file_name'.")
            elif (file := self._picture(self._folder, name)) is None:
                report.add(self._row(number, name), "named, but there is no such file.")
            else:
                own = self._annotations.get(_key(image.get("id")), [])
                labels, metadata = self._known(image, own)
                path = file.path if _leads_out(name) else name
                yield SourceItem(path, file.open, file.version, labels, metadata)

    def _picture(self, folder: str, name: str) -> File | None:
        if _leads_out(name):
            return self._location.find_end(name)
        return self._location.find(folder + name)

    def _row(self, number: int, name: str = "") -> str:
        return f"{self._file}, image {number}{f' ({name})' if name else ''}"

    def _known(
        self, image: dict[str, Any], own: list[dict[str, Any]]
    ) -> tuple[tuple[str, ...], Metadata]:
        labels, wider, captions, shares = [], [], [], []
        whole = _number(image.get("width")) * _number(image.get("height"))
        for annotation in own:
            category = self._categories.get(_key(annotation.get("category_id")), {})
            labels.append(category.get("name"))
            wider.append(category.get("supercategory"))
            captions.append(annotation.get("caption"))
            box = annotation.get("bbox")
            if isinstance(box, list) and len(box) == 4 and whole > 0:
                shares.append(min(1.0, _number(box[2]) * _number(box[3]) / whole))
        metadata: Metadata = {key: image[key] for key in IMAGE_FIELDS if _texts([image.get(key)])}
        metadata["coco_id"] = image.get("id")
        metadata["license"] = self._licences.get(_key(image.get("license")), {}).get("name")
        metadata["supercategories"] = list(_texts(wider)) or None
        metadata["captions"] = list(_texts(captions)) or None
        metadata["objects"] = sum(1 for annotation in own if "category_id" in annotation)
        metadata["crowds"] = sum(1 for annotation in own if annotation.get("iscrowd") in (1, True))
        if shares:
            metadata["largest_box"] = round(max(shares), 4)
            metadata["smallest_box"] = round(min(shares), 4)
        return _texts(labels), {k: v for k, v in metadata.items() if v is not None}

    def _pictures_folder(self) -> str:
        """Folder of the pictures relative to the location, with '/' at its end.

        Raises:
            InvalidInput: no picture is in any of the usual ones; names them.
        """
        names = [i["file_name"] for i in self._images if isinstance(i.get("file_name"), str)]
        folder, _, own = self._file.rpartition("/")
        part = PART_OF_NAME.sub("", own.removesuffix(".json"))
        beside = ["", "images/", "data/", f"{part}/", f"images/{part}/"]
        within = [f"{folder}/{place}" for place in ("", "images/", "data/")] if folder else []
        for place in [*within, *beside]:
            if any(self._picture(place, name) for name in names):
                return place
        if not names:
            raise InvalidInput(f"{self.url} names no images.")
        looked = ", ".join(repr(place or "./") for place in [*within, *beside])
        raise InvalidInput(
            f"{self.url}: none of its {len(names):,} images is there, such as {names[0]!r}; looked "
            f"in {looked} of {self._location.url}. Say where they are with --pictures."
        )


def _leads_out(name: str) -> bool:
    """Whether a name is a path from another machine, as Label Studio exports without pictures."""
    return name.startswith(("/", "./")) or "\\" in name or ".." in name.split("/")


def is_coco(found: Any) -> bool:
    """Whether a JSON looks like COCO's."""
    return isinstance(found, dict) and "images" in found


def without_outlines(found: dict[str, Any]) -> dict[str, Any]:
    """An object of the JSON without what is not kept, so that it never lies in memory whole."""
    for key in NOT_KEPT:
        found.pop(key, None)
    return found


def _rows(found: Any, key: str, path: str, *, needed: bool = True) -> list[dict[str, Any]]:
    rows = found.get(key) if isinstance(found, dict) else None
    if rows is None and not needed:
        return []
    if not isinstance(rows, list):
        raise InvalidInput(f"{path}: there is no list {key!r}, as COCO has.")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise InvalidInput(f"{path}, {key} row {number}: not an object.")
    return rows


def _by_image(annotations: list[dict[str, Any]]) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {}
    for annotation in annotations:
        if (key := _key(annotation.get("image_id"))) is not None:
            found.setdefault(key, []).append(annotation)
    return found


def _by_id(rows: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    return {key: row for row in rows if (key := _key(row.get("id"))) is not None}


def _key(value: Any) -> int | str | None:
    """An id to look up by, None for what is none; 1.0 is 1, as pandas writes it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | str) else None


def _number(value: Any) -> float:
    """A number that is not negative; 0.0 for all else."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e12
    return float(value) if good else 0.0


def _texts(values: list[Any]) -> tuple[str, ...]:
    """Those that are texts, each once."""
    return tuple(dict.fromkeys(v for v in values if isinstance(v, str) and v.strip()))
