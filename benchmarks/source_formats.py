"""Generated examples of every kind of source, written with no library but pyarrow."""

from __future__ import annotations

import io
import json
import random
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

LABELS = ("cat", "dog", "bird", "fish")


def picture(number: int) -> bytes:
    """A PNG that compresses about as a photograph does."""
    content = io.BytesIO()
    noise = random.Random(number).randbytes(64 * 48 * 3)
    Image.frombytes("RGB", (64, 48), noise).save(content, "PNG")
    return content.getvalue()


def folder(at: Path, count: int) -> Path:
    """Class folders and a table of metadata."""
    rows = ["file_name,number"]
    for number in range(count):
        name = f"{LABELS[number % 4]}/{number:06}.png"
        (at / name).parent.mkdir(exist_ok=True)
        (at / name).write_bytes(picture(number))
        rows.append(f"{name},{number}")
    (at / "metadata.csv").write_text("\n".join(rows), encoding="utf-8")
    return at


def table(count: int) -> Any:
    """A table as Hugging Face makes it."""
    import pyarrow as pa

    image = [{"bytes": picture(n), "path": f"{n:06}.png"} for n in range(count)]
    features = {
        "image": {"_type": "Image"},
        "label": {"names": LABELS, "_type": "ClassLabel"},
        "number": {"dtype": "int64", "_type": "Value"},
    }
    found = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    numbers = list(range(count))
    columns = {"image": image, "label": [n % 4 for n in numbers], "number": numbers}
    return pa.table(columns).replace_schema_metadata(found)


def parquet(at: Path, count: int) -> Path:
    """Row groups of a hundred, as Hugging Face writes them for pictures."""
    import pyarrow.parquet as pq

    pq.write_table(table(count), at / "data.parquet", row_group_size=100)
    return at / "data.parquet"


def saved(at: Path, count: int) -> Path:
    """What save_to_disk writes."""
    import pyarrow as pa

    name = "data-00000-of-00001.arrow"
    whole = table(count)
    with pa.ipc.new_stream(at / name, whole.schema) as stream:
        stream.write_table(whole, max_chunksize=1000)
    state: dict[str, Any] = {
        "_data_files": [{"filename": name}], "_fingerprint": "0", "_format_columns": None,
        "_format_kwargs": {}, "_format_type": None, "_output_all_columns": False, "_split": None,
    }  # fmt: skip
    (at / "state.json").write_text(json.dumps(state))
    info = json.loads(whole.schema.metadata[b"huggingface"])["info"]
    (at / "dataset_info.json").write_text(json.dumps(info))
    return at


def coco(at: Path, count: int) -> Path:
    """Pictures, and one box in each."""
    images, annotations = [], []
    (at / "images").mkdir()
    for number in range(count):
        name = f"{number:06}.png"
        (at / "images" / name).write_bytes(picture(number))
        images.append({"id": number, "file_name": name, "width": 64, "height": 48})
        box = {"id": number, "image_id": number, "category_id": number % 4, "bbox": [1, 2, 30, 20]}
        annotations.append({**box, "segmentation": [[n / 7 for n in range(60)]]})
    categories = [{"id": number, "name": name} for number, name in enumerate(LABELS)]
    found = {"images": images, "annotations": annotations, "categories": categories}
    (at / "coco.json").write_text(json.dumps(found))
    return at / "coco.json"


def webdataset(at: Path, count: int) -> Path:
    """One tar."""
    with tarfile.open(at / "shard.tar", "w") as tar:
        for number in range(count):
            for ending, content in (("cls", b"%d" % (number % 4)), ("png", picture(number))):
                info = tarfile.TarInfo(f"{number:06}.{ending}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return at / "shard.tar"


def label_studio(at: Path, count: int) -> Path:
    """Tasks with one choice."""
    tasks = []
    (at / "images").mkdir()
    for number in range(count):
        (at / "images" / f"{number:06}.png").write_bytes(picture(number))
        choice = {"type": "choices", "from_name": "kind", "to_name": "image"}
        result = [{**choice, "value": {"choices": [LABELS[number % 4]]}}]
        data = {"image": f"/data/local-files/?d=images/{number:06}.png"}
        tasks.append({"id": number, "data": data, "annotations": [{"result": result}]})
    (at / "project.json").write_text(json.dumps(tasks))
    choices = "".join(f'<Choice value="{name}"/>' for name in LABELS)
    (at / "project.xml").write_text(
        f'<View><Image name="image" value="$image"/><Choices name="kind" toName="image">{choices}'
        "</Choices></View>"
    )
    return at / "project.json"


def zipped(at: Path, count: int) -> Path:
    """Class folders in a zip."""
    with zipfile.ZipFile(at / "in.zip", "w") as archive:
        for number in range(count):
            archive.writestr(f"{LABELS[number % 4]}/{number:06}.png", picture(number))
    return at / "in.zip"


FORMATS: Mapping[str, Callable[[Path, int], Path]] = {
    "folder": folder,
    "Parquet": parquet,
    "save_to_disk": saved,
    "COCO": coco,
    "WebDataset": webdataset,
    "Label Studio": label_studio,
    "zip": zipped,
}
"""Each writes so many items into an empty folder, and gives what is to be opened."""
