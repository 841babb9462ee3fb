"""A folder of files to a dataset: sub-folders become labels, a metadata file becomes metadata."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from pydantic import JsonValue

from host_contract.entities import Dataset, Item, Metadata
from host_contract.errors import InvalidInput
from host_stub.datasets import Datasets

METADATA_FILES = ("metadata.csv", "metadata.jsonl")
FILE_NAME = "file_name"
"""Column that names the file, relative to the folder, as Hugging Face's image folders do."""
FILES_PER_TRANSACTION = 100


def import_folder(
    datasets: Datasets,
    folder: Path,
    name: str | None,
    progress: Callable[[float, str], None],
    warn: Callable[[str], None],
) -> Dataset:
    """Make a dataset of all files under a folder, or bring the one with that name up to date.

    A file that is there with the same bytes is left alone; one with other bytes replaces them.
    Hidden files are passed over. Links to folders and out of this one are too, and `warn` is told,
    as it is of metadata for files that are not there.

    Raises:
        InvalidInput: the folder is missing or empty, or its metadata file is wrong, by row.
    """
    folder = folder.expanduser().resolve()
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is not a folder.")
    paths, links = _files(folder)
    if not paths:
        raise InvalidInput(f"{folder} holds no files to import.")
    metadata = _read_metadata(folder)
    if links:
        warn(f"{_some(links)}: links to folders, to nothing or out of the folder were passed over.")
    if unused := sorted(metadata.keys() - {path.relative_to(folder).as_posix() for path in paths}):
        warn(f"{_some(unused)}: there is metadata for this, but no such file.")
    name = name or folder.name or "dataset"
    found = [dataset for dataset in datasets.list() if dataset.name == name]
    dataset = found[0] if found else datasets.create(name)
    known = _known_items(datasets, dataset.id) if found else {}
    for start in range(0, len(paths), FILES_PER_TRANSACTION):
        progress(start / len(paths), f"Importing {start:,} of {len(paths):,} files")
        some = paths[start : start + FILES_PER_TRANSACTION]
        _import_some(datasets, dataset.id, folder, some, metadata, known)
    progress(1.0, f"Imported {len(paths):,} files")
    return dataset


def _files(folder: Path) -> tuple[list[Path], list[str]]:
    """Files to import, and the names of links that are passed over."""
    paths, links = [], []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") for part in parts) or parts in [(m,) for m in METADATA_FILES]:
            continue
        if path.is_file() and path.resolve().is_relative_to(folder):
            paths.append(path)
        elif path.is_symlink():
            links.append(path.relative_to(folder).as_posix())
    return paths, links


def _some(names: list[str]) -> str:
    """The first name, and how many more there are."""
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"{names[0]!r}{more}"


def _known_items(datasets: Datasets, dataset_id: str) -> dict[tuple[str, str], Item]:
    known: dict[tuple[str, str], Item] = {}
    after: str | None = None
    while True:
        page = datasets.items(dataset_id, after=after)
        known |= {(item.folder, item.name): item for item in page.items}
        if (after := page.next_after) is None:
            return known


def _import_some(
    datasets: Datasets,
    dataset_id: str,
    folder: Path,
    paths: list[Path],
    metadata: dict[str, Metadata],
    known: dict[tuple[str, str], Item],
) -> None:
    with ExitStack() as opened:
        new = []
        for path in paths:
            parts = path.relative_to(folder).parts
            place = "/" + "".join(f"{part}/" for part in parts[:-1])
            content = opened.enter_context(path.open("rb"))
            if (item := known.get((place, path.name))) is not None:
                if _changed(item, path):
                    datasets.replace_content(item.id, content)
                continue
            own = metadata.get("/".join(parts), {})
            new.append((path.name, place, content, parts[:1] if len(parts) > 1 else (), own))
        if new:
            datasets.add_many(dataset_id, new)


def _changed(item: Item, path: Path) -> bool:
    if path.stat().st_size != item.size:
        return True
    with item.open() as old, path.open("rb") as new:
        while block := new.read(1 << 20):
            if old.read(1 << 20) != block:
                return True
    return False


def _read_metadata(folder: Path) -> dict[str, Metadata]:
    """User metadata by file name, from the metadata file at the top, if there is one."""
    for name in METADATA_FILES:
        path = folder / name
        if path.is_file():
            read = _read_csv if path.suffix == ".csv" else _read_jsonl
            try:
                return dict(read(path))
            except UnicodeDecodeError as error:
                raise InvalidInput(f"{path}: not UTF-8 text: {error.reason}.") from error
    return {}


def _read_csv(path: Path) -> Iterator[tuple[str, Metadata]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if FILE_NAME not in (reader.fieldnames or ()):
            raise InvalidInput(f"{path}, row 1: there is no column {FILE_NAME!r}.")
        for row in reader:
            if None in row or not row[FILE_NAME]:
                raise InvalidInput(f"{path}, row {reader.line_num}: too many cells, or no file.")
            file_name = row.pop(FILE_NAME)
            yield file_name, {k: _typed(v) for k, v in row.items() if v not in ("", None)}


def _typed(cell: str) -> JsonValue:
    """A number where the cell is one; text otherwise, so that '007' stays what it is."""
    for kind in (int, float):
        try:
            value = kind(cell)
        except ValueError:
            continue
        if math.isfinite(value) and not (cell.lstrip("-").startswith("0") and cell.isdigit()):
            return value
        if cell == "0":
            return 0
    return cell


def _read_jsonl(path: Path) -> Iterator[tuple[str, Metadata]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"{path}, row {number}: not JSON: {error}.") from error
        if not isinstance(row, dict) or not isinstance(row.get(FILE_NAME), str):
            raise InvalidInput(f"{path}, row {number}: not an object with {FILE_NAME!r}.")
        file_name = row.pop(FILE_NAME)
        yield file_name, {key: value for key, value in row.items() if value is not None}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")
