"""What the libraries that own the formats read of a source: bytes, labels and more of each item.

`python -m benchmarks.source_readers KIND SOURCE` is run by the Python of `source_peers`, where the
libraries are installed and this project is not. It prints one JSON: items, bytes, seconds without
imports, and the peak memory of the process. With a third argument it writes what each item is to
that file, a JSON a line.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import re
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit


class Read(NamedTuple):
    """An item as a library gives it."""

    name: str
    content: bytes
    labels: list[str]
    known: dict[str, Any]
    """What else it says that an import keeps, by our names."""


def by_datasets_folder(source: Path) -> Iterator[Read]:
    """Class folders by `datasets`, which beside a file of metadata names no labels."""
    import datasets

    rows = datasets.load_dataset(
        "imagefolder", data_dir=str(source), split="train", streaming=True
    ).cast_column("image", datasets.Image(decode=False))
    names = rows.features["label"].names if "label" in rows.features else None
    for row in rows:
        path = Path(row.pop("image")["path"])
        label = names[row.pop("label")] if names else path.parent.name
        yield Read(path.name, path.read_bytes(), [label], row)


def by_pyarrow(source: Path) -> Iterator[Read]:
    """Parquet by pyarrow; names of classes from the schema, where `datasets` writes them."""
    import pyarrow.parquet as pq

    for path in sorted(source.rglob("*.parquet")) if source.is_dir() else [source]:
        with pq.ParquetFile(path) as table:
            about = json.loads(table.schema_arrow.metadata[b"huggingface"])
            names = about["info"]["features"]["label"]["names"]
            for batch in table.iter_batches(100):
                for row in batch.to_pylist():
                    image, label = row.pop("image"), names[row.pop("label")]
                    yield Read(image["path"], image["bytes"], [label], _with_names(row, names))


def by_datasets(source: Path) -> Iterator[Read]:
    """What save_to_disk wrote, by `datasets`."""
    import datasets

    found = datasets.load_from_disk(str(source))
    parts = found if isinstance(found, dict) else {"": found}
    for split, rows in parts.items():
        names = rows.features["label"].names
        for row in rows.cast_column("image", datasets.Image(decode=False)):
            image, label = row.pop("image"), names[row.pop("label")]
            known = _with_names(row, names) | ({"split": split} if split else {})
            yield Read(image["path"], image["bytes"], [label], known)


def _with_names(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """A row with the names of its objects, which have the same classes as the label."""
    if "objects" in row:
        row["objects"]["category"] = [names[number] for number in row["objects"]["category"]]
    return row


def by_pycocotools(source: Path) -> Iterator[Read]:
    """COCO by pycocotools, which leaves the files to others."""
    from pycocotools.coco import COCO

    coco = COCO(str(source))
    for image in coco.loadImgs(coco.getImgIds()):
        boxes = coco.loadAnns(coco.getAnnIds(image["id"]))
        labels = dict.fromkeys(
            one["name"] for one in coco.loadCats([box["category_id"] for box in boxes])
        )
        path = _near(source.parent, image["file_name"])
        known = {"coco_id": image["id"], "objects": len(boxes)}
        yield Read(path.name, path.read_bytes(), [*labels], known)


def _near(folder: Path, name: str) -> Path:
    """The file of a COCO: beside it, in `images`, or where Label Studio had it, among drawings."""
    places = (folder / name, folder / "images" / name)
    return next(
        (path for path in places if path.is_file()),
        folder / "drawings" / name.rpartition("/drawings/")[2],
    )


def by_webdataset(source: Path) -> Iterator[Read]:
    """Tars by `webdataset`."""
    import webdataset

    shards = sorted(map(str, source.rglob("*.tar"))) if source.is_dir() else str(source)
    for sample in webdataset.WebDataset(shards, shardshuffle=False):
        known = json.loads(sample.get("json", b"{}"))
        if "txt" in sample:
            known["text"] = sample["txt"].decode()
        name = f"{Path(sample['__key__']).name}.png"
        yield Read(name, sample["png"], [sample["cls"].decode()], known)


def by_label_studio(source: Path) -> Iterator[Read]:
    """An export by the converter of Label Studio's SDK, which leaves the files to others.

    Its labelling configuration lies beside it, as .xml; files are served from its folder.
    """
    from label_studio_sdk.converter import Converter

    converter = Converter(
        source.with_suffix(".xml").read_text(encoding="utf-8"), str(source.parent),
        download_resources=False,
    )  # fmt: skip
    for task in converter.iter_from_json_file(str(source)):
        said = [one.get(one["type"].lower()) for all_ in task["output"].values() for one in all_]
        labels = [label for one in said if isinstance(one, list) for label in one]
        url = task["input"]["image"]
        path = source.parent / parse_qs(urlsplit(url).query)["d"][0]
        yield Read(path.name, path.read_bytes(), [*dict.fromkeys(labels)], {"task_id": task["id"]})


def by_zipfile(source: Path) -> Iterator[Read]:
    """A zip by the standard library; the folder is the label."""
    with zipfile.ZipFile(source) as archive:
        for name in archive.namelist():
            if not name.endswith("/"):
                folder, _, own = name.rpartition("/")
                yield Read(own, archive.read(name), [folder.rpartition("/")[2]], {})


READERS: Mapping[str, tuple[str, Callable[[Path], Iterator[Read]]]] = {
    "folder": ("datasets", by_datasets_folder),
    "Parquet": ("pyarrow.parquet", by_pyarrow),
    "save_to_disk": ("datasets", by_datasets),
    "COCO": ("pycocotools.coco", by_pycocotools),
    "WebDataset": ("webdataset", by_webdataset),
    "Label Studio": ("label_studio_sdk.converter", by_label_studio),
    "zip": ("zipfile", by_zipfile),
}
"""By kind: the module that is imported before time is taken, and the reader."""


def told(read: Read) -> str:
    """A line that says what an item is."""
    digest = hashlib.sha256(read.content).hexdigest()
    known = {"digest": digest, "name": read.name, "labels": read.labels, "known": read.known}
    return json.dumps(known) + "\n"


def main() -> None:
    """Read everything once."""
    kind, source, *tell = sys.argv[1:]
    logging.disable(logging.WARNING)
    module, reader = READERS[kind]
    importlib.import_module(module)
    items = size = 0
    started = time.perf_counter()
    with Path(tell[0] if tell else "/dev/null").open("w", encoding="utf-8") as lines:
        for read in reader(Path(source)):
            items += 1
            size += len(read.content)
            if tell:
                lines.write(told(read))
    seconds = time.perf_counter() - started
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])
    print(json.dumps({"items": items, "bytes": size, "seconds": seconds, "peak": peak}))


if __name__ == "__main__":
    main()
