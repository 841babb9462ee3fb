"""Every kind of source beside its format's library: `python -m benchmarks.host sources`."""

from __future__ import annotations

import io
import json
import random
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks import lines
from benchmarks.host_imports import copy_files, imported
from benchmarks.lines import tell, timed

LABELS = ("cat", "dog", "bird", "fish")
FLAT_BYTES = 64 << 20
"""The peak may grow by so much from a tenth of the items to all of them."""


def sources() -> Iterator[bool]:
    """Every kind of source: rate, rate of importing again, and how the peak grows."""
    count = 100 if lines.quick else 10_000
    with tempfile.TemporaryDirectory() as place:
        pictures = folder(Path(place), count)
        _, copying = timed(lambda: copy_files(pictures, pictures / "copied"))
    for kind, (write, read) in FORMATS.items():
        with tempfile.TemporaryDirectory() as place:
            few, many = Path(place) / "few", Path(place) / "many"
            few.mkdir()
            many.mkdir()
            source = write(many, count)
            _, reading = timed(partial(read, source))
            small = imported(write(few, count // 10))
            found = imported(source)
        assert found["items"] == count
        work = f"{count:,} PNGs of 64 x 48 pixels, {kind}, with thumbnails and every file on disk"
        yield tell(f"sources: {kind}", count / found["seconds"], "items/s", {
                   READERS[kind]: count / reading, "files copied": count / copying},
                   "none", True, work)  # fmt: skip
        yield tell(f"sources: {kind}, again", count / found["again"], "items/s", {
                   "the first time": count / found["seconds"]}, "faster than the first time",
                   found["again"] < found["seconds"], f"{work}; nothing has changed")  # fmt: skip
        grown = found["peak"] - small["peak"]
        yield tell(f"sources: {kind}, peak memory", found["peak"] / 2**20, "MiB", {
                   f"of {count // 10:,} items": small["peak"] / 2**20},
                   f"at most {FLAT_BYTES >> 20} MiB more", grown <= FLAT_BYTES,
                   f"{work}; the process whole")  # fmt: skip


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
    (at / "state.json").write_text(json.dumps({"_data_files": [{"filename": name}]}))
    (at / "dataset_info.json").write_text("{}")
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
        result = [{"type": "choices", "value": {"choices": [LABELS[number % 4]]}}]
        data = {"image": f"/data/local-files/?d=images/{number:06}.png"}
        tasks.append({"id": number, "data": data, "annotations": [{"result": result}]})
    (at / "project.json").write_text(json.dumps(tasks))
    return at / "project.json"


def zipped(at: Path, count: int) -> Path:
    """Class folders in a zip."""
    with zipfile.ZipFile(at / "in.zip", "w") as archive:
        for number in range(count):
            archive.writestr(f"{LABELS[number % 4]}/{number:06}.png", picture(number))
    return at / "in.zip"


def read_files(source: Path) -> None:
    """Every file near the source."""
    for path in (source if source.is_dir() else source.parent).rglob("*"):
        if path.is_file():
            path.read_bytes()


def read_parquet(source: Path) -> None:
    """By pyarrow, batch by batch."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as found:
        for batch in found.iter_batches(100):
            batch.to_pylist()


def read_arrow(source: Path) -> None:
    """By pyarrow, batch by batch."""
    import pyarrow as pa

    (path,) = source.glob("*.arrow")
    with path.open("rb") as content:
        for batch in pa.ipc.open_stream(content):
            batch.to_pylist()


def read_tar(source: Path) -> None:
    """By the standard library."""
    with tarfile.open(source) as tar:
        for info in tar:
            content = tar.extractfile(info)
            assert content is not None
            content.read()


def read_zip(source: Path) -> None:
    """By the standard library."""
    with zipfile.ZipFile(source) as archive:
        for name in archive.namelist():
            archive.read(name)


FORMATS: Mapping[str, tuple[Callable[[Path, int], Path], Callable[[Path], None]]] = {
    "folder": (folder, read_files),
    "Parquet": (parquet, read_parquet),
    "save_to_disk": (saved, read_arrow),
    "COCO": (coco, read_files),
    "WebDataset": (webdataset, read_tar),
    "Label Studio": (label_studio, read_files),
    "zip": (zipped, read_zip),
}
READERS = {
    "folder": "files read",
    "Parquet": "read by pyarrow",
    "save_to_disk": "read by pyarrow",
    "COCO": "files read",
    "WebDataset": "read by tarfile",
    "Label Studio": "files read",
    "zip": "read by zipfile",
}
