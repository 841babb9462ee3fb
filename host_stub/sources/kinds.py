"""Recognises what is at an address, by looking, and opens it with the reader for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from host_contract.errors import InvalidInput
from host_stub.sources.archive import open_zip
from host_stub.sources.coco import CocoSource, is_coco, without_outlines
from host_stub.sources.folder import METADATA_FILES, FolderSource
from host_stub.sources.label_studio import LabelStudioSource, is_label_studio
from host_stub.sources.location import File, Location, UnreadableFile, open_location
from host_stub.sources.parquet import ParquetSource
from host_stub.sources.saved import SavedSource, is_saved
from host_stub.sources.source import Source
from host_stub.sources.texts import read_json
from host_stub.sources.webdataset import WebDatasetSource

PARQUET = ".parquet"
ANNOTATIONS = "annotations"
"""COCO's own folder of JSON files, beside the folders of pictures."""
TARS = (".tar", ".tar.gz", ".tgz")
FILES = (PARQUET, *TARS, ".zip", ".json")
BESIDE_SHARDS = (".json", ".jsonl", ".md", ".txt", ".yaml", ".yml")
"""What may lie beside shards and is no item."""


def open_source(url: str, pictures: str | None = None) -> Source:
    """Open what is at a local path or an fsspec URL.

    Args:
        url: A folder, or a file: Parquet, tar, zip, or JSON of COCO or Label Studio.
        pictures: Folder of the pictures that a JSON names, where they are not beside it.

    Raises:
        InvalidInput: there is nothing there, it is of no known kind, or is wrong, by file and row.
    """
    location, file = open_location(url)
    if file is None:
        return open_folder(location, _name_of(location.url))
    ending = next((end for end in FILES if file.name.lower().endswith(end)), "")
    name = _name_of(file.name[: len(file.name) - len(ending)] or file.name)
    if ending == PARQUET:
        return ParquetSource([file], url, name)
    if ending in TARS:
        return WebDatasetSource([file], url, name)
    if ending == ".zip":
        return open_folder(open_zip(file.open(), url), name)
    if ending == ".json":
        return _open_json(location, file, url, name, pictures)
    raise InvalidInput(
        f"{url} is of no known kind: looked for a folder, .parquet, .tar, .tar.gz, .zip, and .json "
        "of COCO or Label Studio."
    )


def open_folder(location: Location, name: str) -> Source:
    """Open what is in a folder: what `save_to_disk` made, shards with only texts beside, an export
    of COCO or Label Studio with its pictures, or files.

    Raises:
        InvalidInput: it cannot be listed or holds nothing, or what it holds is wrong.
    """
    if is_saved(location):
        return SavedSource(location, name)
    shards = [file for file in location.files() if not file.name.lower().endswith(BESIDE_SHARDS)]
    if shards and all(file.name.lower().endswith(PARQUET) for file in shards):
        return ParquetSource(shards, location.url, name)
    if shards and all(file.name.lower().endswith(TARS) for file in shards):
        return WebDatasetSource(shards, location.url, name)
    return _exported(location, name) or FolderSource(location, name)


def _exported(location: Location, name: str) -> Source | None:
    """The source of the one JSON that lies on top or in `annotations/`, if it is an export.

    Raises:
        UnreadableFile: nobody can say, and labels would be lost.
    """
    own = [*location.entries().values(), *location.entries(ANNOTATIONS).values()]
    files = [file for file in own if file is not None]
    jsons = [file for file in files if file.name.lower().endswith(".json")]
    if len(jsons) != 1 or any(file.path in METADATA_FILES for file in files):
        return None
    try:
        found = read_json(jsons[0], without_outlines)
        reader = _reader_of(found)
        return reader(location, jsons[0], found, location.url, name) if reader else None
    except UnreadableFile:
        raise
    except InvalidInput:
        return None  # a file among others, then


def _reader_of(found: Any) -> Callable[[Location, File, Any, str, str], Source] | None:
    if is_coco(found):
        return CocoSource
    return LabelStudioSource if is_label_studio(found) else None


def _open_json(location: Location, file: File, url: str, name: str, pictures: str | None) -> Source:
    found = read_json(file, without_outlines)
    reader = _reader_of(found)
    if reader is None:
        raise InvalidInput(
            f"{url} is of no known kind: looked for an object with 'images', as COCO has, and for "
            "a list of objects with 'data', as Label Studio exports."
        )
    if pictures is not None:
        location, single = open_location(pictures)
        if single is not None:
            raise InvalidInput(f"{pictures} is a file; name the folder of the pictures.")
    elif PurePosixPath(location.url).name == ANNOTATIONS:
        file = replace(file, path=f"{ANNOTATIONS}/{file.path}")
        location = location.outer()
    return reader(location, file, found, url, name)


def _name_of(url: str) -> str:
    """What a dataset is called, with '?' for bytes of a name that are not UTF-8."""
    name = PurePosixPath(url.partition("://")[2] or url).name or "dataset"
    return name.encode(errors="replace").decode()
