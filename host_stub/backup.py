"""All of a data directory in one file, and back. The host may go on serving meanwhile.

The database is copied first, as it was at one moment, then the bytes. Those of items that were
deleted meanwhile may be gone by then; such items are taken out of the copy, so that the backup is
whole in itself.

What apps keep elsewhere (`app_data`) is not in it, only the name of the place: a host that is made
of the backup goes on with what lies there.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from host_contract.errors import InvalidInput
from host_stub.app_data import FOLDER, REMEMBERED
from host_stub.files import PARTS
from host_stub.platform import LocalPlatform

DATABASE = "host.sqlite"
FILES = "files"


def back_up(platform: LocalPlatform, archive: Path) -> None:
    """Write everything that a host keeps to a tar file.

    Raises:
        InvalidInput: the file exists or its folder does not, the directory holds nothing yet, or
            an execution is under way, whose app may be writing.
    """
    if not platform.datasets.list():
        raise InvalidInput(f"There is no dataset in {platform.data_dir}; is it the right one?")
    if archive.exists():
        raise InvalidInput(f"{archive} exists already; name another file.")
    if not archive.parent.is_dir():
        raise InvalidInput(
            f"{archive} cannot be made: there is no folder {archive.parent}; make it."
        )
    if active := platform.executions.list(active=True):
        raise InvalidInput(
            f"{len(active)} executions are under way or waiting; back up when they have ended, or "
            "cancel them first."
        )
    data_dir = platform.data_dir
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".backup-") as folder:
        copy, part = Path(folder) / DATABASE, Path(folder) / "backup.tar"
        with (
            closing(sqlite3.connect(data_dir / DATABASE)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        with tarfile.open(part, "w") as tar:
            kept = {path.name for path in _add_folders(tar, data_dir)}
            with closing(sqlite3.connect(copy)) as target:
                _forget_items_without_bytes(target, kept)
            tar.add(copy, DATABASE)
            if (data_dir / REMEMBERED).is_file():
                tar.add(data_dir / REMEMBERED, REMEMBERED)
        part.chmod(0o600)
        part.replace(archive)


def restore(archive: Path, data_dir: Path) -> None:
    """Make a data directory of a backup.

    Raises:
        InvalidInput: the directory is not empty, or the file is no whole backup.
    """
    data_dir = data_dir.expanduser().resolve()
    if data_dir.exists() and any(data_dir.iterdir()):
        raise InvalidInput(f"{data_dir} is not empty; name a new directory.")
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=data_dir.parent, prefix=".restore-"))
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        _check(folder)
        if data_dir.exists():
            data_dir.rmdir()
        folder.replace(data_dir)
    except (tarfile.TarError, OSError, sqlite3.Error) as error:
        raise InvalidInput(f"{archive} is no whole backup: {error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _add_folders(tar: tarfile.TarFile, data_dir: Path) -> list[Path]:
    """Add bytes and what apps keep; returns the files that were there long enough to be added."""
    added = []
    received = data_dir / FILES / PARTS
    for path in sorted(path for name in (FILES, FOLDER) for path in (data_dir / name).rglob("*")):
        if path.is_file() and path.parent != received:
            try:
                tar.add(path, path.relative_to(data_dir).as_posix())
            except FileNotFoundError:
                continue  # it was deleted meanwhile
            added.append(path)
    return added


def _forget_items_without_bytes(database: sqlite3.Connection, kept: set[str]) -> None:
    database.execute("PRAGMA foreign_keys = ON")  # vectors of clients go with their items
    with database:
        for item_id, content, thumbnail in database.execute(
            "SELECT id, content, thumbnail FROM items"
        ).fetchall():
            if content not in kept or (thumbnail and thumbnail not in kept):
                database.execute("DELETE FROM items WHERE id = ?", [item_id])


def _check(folder: Path) -> None:
    """Every file has the bytes that its name promises, and the database is sound."""
    if not (folder / DATABASE).is_file():
        raise tarfile.TarError(f"it holds no {DATABASE}")
    for path in (folder / FILES).glob("??/*"):
        with path.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != path.name:
                raise tarfile.TarError(f"{path.relative_to(folder)} is damaged")
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        (sound,) = database.execute("PRAGMA integrity_check").fetchone()
        if sound != "ok":
            raise tarfile.TarError(f"{DATABASE} is damaged: {sound}")
