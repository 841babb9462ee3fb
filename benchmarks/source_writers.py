"""Real examples: the same drawings, written by each format's own tools.

`python -m benchmarks.source_writers FOLDER [WRITER ...]` is run by the Python of `source_peers`. It
finds `FOLDER/drawings` with class folders and a metadata.csv (file_name, caption, number), and
writes into FOLDER what `host_examples.EXAMPLES` names.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.label_studio_server import served

CONFIG = (
    '<View><Image name="image" value="$image"/>'
    '<Choices name="kind" toName="image"><Choice value="plain"/><Choice value="coloured"/>'
    "</Choices>"
    '<RectangleLabels name="box" toName="image">{labels}</RectangleLabels>'
    '<TextArea name="said" toName="image"/><Rating name="stars" toName="image"/></View>'
)


def drawings(folder: Path) -> Iterator[tuple[Path, str, dict[str, str]]]:
    """Each drawing's file, class and row of metadata."""
    with (folder / "drawings" / "metadata.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            path = folder / "drawings" / row["file_name"]
            yield path, path.parent.name, row


def boxes(path: Path) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of what is drawn; of every third drawing its middle too."""
    with Image.open(path) as image:
        found = image.getchannel("A").getbbox() or (0, 0, *image.size)
    return [found, (16, 16, 48, 40)][: 2 if int(path.stem) % 3 == 0 else 1]


def rows_of(folder: Path) -> Any:
    """A dataset of Hugging Face's, of files that it reads when it writes."""
    from datasets import ClassLabel, Dataset, Features, Image, List, Value

    found = list(drawings(folder))
    names = sorted({kind for _, kind, _ in found})
    columns = {
        "image": [str(path) for path, _, _ in found],
        "label": [kind for _, kind, _ in found],
        "caption": [row["caption"] for _, _, row in found],
        "number": [int(row["number"]) for _, _, row in found],
        "share": [int(row["number"]) / 7 for _, _, row in found],
        "words": [row["caption"].split() for _, _, row in found],
        "objects": [
            {"bbox": boxes(path), "category": [kind] * len(boxes(path))} for path, kind, _ in found
        ],
    }
    features = Features(
        image=Image(), label=ClassLabel(names=names), caption=Value("string"),
        number=Value("int32"), share=Value("float64"), words=List(Value("string")),
        objects={"bbox": List(List(Value("float64"))), "category": List(ClassLabel(names=names))},
    )  # fmt: skip
    return Dataset.from_dict(columns, features=features)


def parquet(folder: Path) -> None:
    """Shards by `datasets`, named as on the hub."""
    from datasets.table import embed_table_storage

    rows = rows_of(folder).with_format("arrow")
    rows = rows.map(embed_table_storage, batched=True).with_format(None)  # as push_to_hub does
    (folder / "parquet").mkdir()
    for number in range(3):
        shard = rows.shard(3, number, contiguous=True)
        shard.to_parquet(str(folder / "parquet" / f"train-{number:05}-of-00003.parquet"))


def saved(folder: Path) -> None:
    """Two splits by save_to_disk, one of several files."""
    splits = rows_of(folder).train_test_split(0.2, shuffle=False)
    splits.save_to_disk(str(folder / "saved"), num_shards={"train": 3, "test": 1})


def class_folders(folder: Path) -> None:
    """Class folders by `supervision`, which writes the pictures anew."""
    import supervision as sv

    found = list(drawings(folder))
    names = sorted({kind for _, kind, _ in found})
    classes = {
        str(path): sv.Classifications(class_id=_numbers([names.index(kind)]))
        for path, kind, _ in found
    }
    data = sv.ClassificationDataset(names, [str(path) for path, _, _ in found], classes)
    data.as_folder_structure(str(folder / "classes"))
    shutil.make_archive(str(folder / "classes"), "zip", folder, "classes")


def webdataset(folder: Path) -> None:
    """Shards by ShardWriter."""
    from webdataset import ShardWriter

    (folder / "webdataset").mkdir()
    pattern = str(folder / "webdataset" / "drawings-%06d.tar")
    with ShardWriter(pattern, maxcount=1500, verbose=0) as sink:
        for path, kind, row in drawings(folder):
            known = {"number": int(row["number"])}
            sample = {"png": path.read_bytes(), "cls": kind, "txt": row["caption"], "json": known}
            sink.write({"__key__": f"{kind}/{path.stem}", **sample})


def coco(folder: Path) -> None:
    """COCO by `supervision`, which writes the pictures anew."""
    import supervision as sv

    found = list(drawings(folder))
    names = sorted({kind for _, kind, _ in found})
    detections = {
        str(path): sv.Detections(
            xyxy=_numbers(boxes(path), float),
            class_id=_numbers([names.index(kind)] * len(boxes(path))),
        )
        for path, kind, _ in found
    }
    data = sv.DetectionDataset(names, [str(path) for path, _, _ in found], detections)
    into = folder / "coco"
    data.as_coco(str(into / "images"), str(into / "annotations.json"))


def label_studio(folder: Path) -> None:
    """What a real Label Studio exports of a project: its JSON, COCO, and COCO with the pictures."""
    found = list(drawings(folder))
    labels = "".join(f'<Label value="{one}"/>' for one in sorted({kind for _, kind, _ in found}))
    (folder / "label-studio.xml").write_text(CONFIG.format(labels=labels), encoding="utf-8")
    with served(folder) as call:
        config = CONFIG.format(labels=labels)
        project = json.loads(call("/api/projects", {"title": "Drawings", "label_config": config}))
        place = {"path": str(folder / "drawings"), "use_blob_urls": True, "regex_filter": ".*png"}
        call("/api/storages/localfiles/", {"project": project["id"], **place})
        export = f"/api/projects/{project['id']}/export?download_all_tasks=true&exportType="
        for first in range(0, len(found), 500):
            tasks = [_task(*one) for one in found[first : first + 500]]
            call(f"/api/projects/{project['id']}/import", tasks)
        (folder / "label-studio.json").write_bytes(call(export + "JSON"))
        with zipfile.ZipFile(io.BytesIO(call(export + "COCO"))) as archive:
            (folder / "label-studio-coco.json").write_bytes(archive.read("result.json"))
        packed = folder / "label-studio-coco.zip"
        packed.write_bytes(call(export + "COCO_WITH_IMAGES"))
    shutil.unpack_archive(packed, folder / "label-studio-coco")


def _task(path: Path, kind: str, row: Mapping[str, str]) -> dict[str, Any]:
    """A task of Label Studio's, annotated."""
    number = int(row["number"])

    def result(name: str, type_: str, **value: Any) -> dict[str, Any]:
        return {
            "id": f"{name}{number}", "from_name": name, "to_name": "image", "type": type_,
            "original_width": 64, "original_height": 64, "image_rotation": 0, "value": value,
        }  # fmt: skip

    regions = [
        {**result("box", "rectanglelabels", rectanglelabels=[kind], rotation=0,
                  x=left / 0.64, y=top / 0.64, width=(right - left) / 0.64,
                  height=(bottom - top) / 0.64), "id": f"box{number}-{index}"}
        for index, (left, top, right, bottom) in enumerate(boxes(path))
    ]  # fmt: skip
    choice = result("kind", "choices", choices=["plain" if "mono" in kind else "coloured"])
    said = result("said", "textarea", text=[row["caption"]])
    stars = result("stars", "rating", rating=number % 5 + 1)
    url = f"/data/local-files/?d=drawings/{kind}/{path.name}"
    data = {"image": url, "number": number}
    return {"data": data, "annotations": [{"result": [choice, *regions, said, stars]}]}


def _numbers(values: list[Any], kind: type = int) -> Any:
    import numpy as np

    return np.array(values, dtype=kind)


WRITERS: tuple[Callable[[Path], None], ...] = (
    class_folders, parquet, saved, webdataset, coco, label_studio,
)  # fmt: skip


def main() -> None:
    """Write them all, or those of some names."""
    folder, *names = sys.argv[1:]
    for writer in WRITERS:
        if not names or writer.__name__ in names:
            started = time.monotonic()
            writer(Path(folder).resolve())
            print(f"{writer.__name__}: {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
