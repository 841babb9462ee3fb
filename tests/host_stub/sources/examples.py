"""The same twelve pictures in every format, written as each format's own tools write them."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

COUNT = 12
NAMES = ("cat", "dog", "bird")
LABELS = [NAMES[number % 3] for number in range(COUNT)]


def picture(number: int, kind: str = "PNG") -> bytes:
    """A small picture that no other number has."""
    content = io.BytesIO()
    Image.new("RGB", (12, 8), (number % 256, number // 256, 90)).save(content, kind)
    return content.getvalue()


def picture_file(folder: Path, name: str, number: int) -> None:
    """One of them in a file."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(picture(number))


def class_folders(at: Path, count: int = COUNT) -> Path:
    """A folder a label, and a table of metadata."""
    rows = ["file_name,number"]
    for number in range(count):
        name = f"{NAMES[number % 3]}/{number:05}.png"
        picture_file(at, name, number)
        rows.append(f"{name},{number}")
    (at / "metadata.csv").write_text("\n".join(rows))
    return at


def table(count: int = COUNT, first: int = 0) -> pa.Table:
    """A table as Hugging Face makes it of pictures and classes."""
    numbers = range(first, first + count)
    image = [{"bytes": picture(number), "path": f"{number:05}.png"} for number in numbers]
    features = {
        "image": {"_type": "Image"},
        "label": {"names": list(NAMES), "_type": "ClassLabel"},
        "number": {"dtype": "int64", "_type": "Value"},
    }
    schema = pa.schema(
        [
            ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            ("label", pa.int64()),
            ("number", pa.int64()),
        ],
        metadata={b"huggingface": json.dumps({"info": {"features": features}}).encode()},
    )
    columns = [image, [number % 3 for number in numbers], list(numbers)]
    return pa.table(columns, schema=schema)


def parquet(at: Path, count: int = COUNT) -> Path:
    """One file of several row groups."""
    path = at / "data.parquet"
    pq.write_table(table(count), path, row_group_size=5)
    return path


def shards(at: Path) -> Path:
    """A folder of shards of two splits, as on the hub."""
    folder = at / "shards" / "data"
    folder.mkdir(parents=True)
    pq.write_table(table(5), folder / "train-00000-of-00002.parquet")
    pq.write_table(table(4, 5), folder / "train-00001-of-00002.parquet")
    pq.write_table(table(3, 9), folder / "test-00000-of-00001.parquet")
    return folder.parent


def saved(at: Path, count: int = COUNT) -> Path:
    """What save_to_disk writes of a dataset with one split."""
    folder = at / "saved"
    (folder / "train").mkdir(parents=True)
    (folder / "dataset_dict.json").write_text('{"splits": ["train"]}')
    name = "data-00000-of-00001.arrow"
    whole = table(count)
    with pa.ipc.new_stream(folder / "train" / name, whole.schema) as stream:
        stream.write_table(whole, max_chunksize=5)
    (folder / "train" / "state.json").write_text(json.dumps({"_data_files": [{"filename": name}]}))
    (folder / "train" / "dataset_info.json").write_text("{}")
    return folder


def coco(at: Path, count: int = COUNT) -> Path:
    """COCO's own folders: annotations beside the pictures of a split."""
    images, annotations = [], []
    for number in range(count):
        name = f"{number:05}.png"
        picture_file(at / "val2017", name, number)
        images.append({"id": number, "file_name": name, "width": 12, "height": 8, "license": 1})
        box = {"image_id": number, "bbox": [0, 0, 6, 4], "area": 24, "iscrowd": 0}
        annotations.append({**box, "id": number, "category_id": number % 3 + 1})
    found = {
        "images": images,
        "annotations": annotations,
        "licenses": [{"id": 1, "name": "CC0"}],
        "categories": [
            {"id": number, "name": name, "supercategory": "animal"}
            for number, name in enumerate(NAMES, 1)
        ],
    }
    path = at / "annotations" / "instances_val2017.json"
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(json.dumps(found))
    return path


def webdataset(at: Path, count: int = COUNT, mode: str = "w", name: str = "shard.tar") -> Path:
    """A tar of pictures with labels and JSON beside them."""
    path = at / name
    with tarfile.open(path, mode) as tar:
        for number in range(count):
            key = f"some/{number:05}"
            put(tar, f"{key}.cls", NAMES[number % 3].encode())
            put(tar, f"{key}.png", picture(number))
            put(tar, f"{key}.json", json.dumps({"number": number}).encode())
    return path


def put(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """A file in a tar."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def label_studio(at: Path, count: int = COUNT) -> Path:
    """An export of tasks on files that Label Studio was given as local files."""
    tasks = []
    for number in range(count):
        picture_file(at / "pictures", f"{number:05}.png", number)
        region = {"x": 0, "y": 0, "width": 50, "height": 50}
        result = [
            {"type": "choices", "from_name": "kind", "value": {"choices": [NAMES[number % 3]]}},
            {
                "type": "rectanglelabels",
                "from_name": "box",
                "value": {**region, "rectanglelabels": [NAMES[number % 3]]},
            },
        ]
        annotation = {"result": result, "created_at": "2026-01-02T03:04:05Z"}
        data = {"image": f"/data/local-files/?d=srv/pictures/{number:05}.png", "number": number}
        tasks.append({"id": number, "data": data, "annotations": [annotation]})
    path = at / "project.json"
    path.write_text(json.dumps(tasks))
    return path


def zipped(at: Path, count: int = COUNT) -> Path:
    """A folder that was packed as a whole."""
    folder = class_folders(at / "signs", count)
    path = at / "signs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(at))
    return path


EXAMPLES: Mapping[str, Callable[[Path], Path]] = {
    "folder": lambda at: class_folders(at / "animals"),
    "parquet": parquet,
    "shards": shards,
    "saved": saved,
    "coco": coco,
    "webdataset": webdataset,
    "webdataset.gz": lambda at: webdataset(at, mode="w:gz", name="shard.tar.gz"),
    "label studio": label_studio,
    "zip": zipped,
}
