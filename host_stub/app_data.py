"""Where apps keep what they know of datasets: below the data directory, or wherever it says.

The data directory remembers the place, so that worker processes and later starts find it, and so
that no start with another one seems to have lost everything.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from host_contract.errors import InvalidInput

log = logging.getLogger(__name__)

REMEMBERED = "storage"
"""File of the data directory that holds the place, where it is another one."""
FOLDER = "apps"


class AppData:
    """A folder or a URL an app and dataset."""

    def __init__(self, data_dir: Path, storage: str | None) -> None:
        """Take the place that is asked for, or else the one that is remembered.

        Args:
            data_dir: Of the host; it is there.
            storage: A folder's path or an fsspec URL; None for what the data directory says, which
                is itself at first.

        Raises:
            InvalidInput: apps have kept something somewhere else already, or the URL cannot be
                used.
        """
        own, said = data_dir / FOLDER, data_dir / REMEMBERED
        remembered = said.read_text(encoding="utf-8") if said.is_file() else str(own)
        self._root = remembered if storage is None else _normal(storage)
        if self._root != remembered:
            if said.is_file() or any(path.is_file() for path in own.rglob("*")):
                raise InvalidInput(
                    f"What apps know of the datasets in {data_dir} lies in {remembered}, not in "
                    f"{self._root}. Leave the storage out, as an option and in the environment, to "
                    "go on with it, or name a new data directory; docs/scaling.md says how to move."
                )
            _check(self._root)
            said.write_text(self._root, encoding="utf-8")

    def place(self, app: str, dataset_id: str) -> str:
        """Path or URL of what an app keeps of a dataset."""
        return f"{self._root}/{app}/{dataset_id}"

    def remove(self, app: str, dataset_id: str) -> None:
        """Remove it, as far as possible; what stays is in the log."""
        place = self.place(app, dataset_id)
        if "://" not in place:
            shutil.rmtree(place, ignore_errors=True)
            return
        from fsspec.core import url_to_fs

        try:
            files, path = url_to_fs(place)
            files.invalidate_cache()
            files.rm(path, recursive=True)
        except FileNotFoundError:
            pass  # the app has removed it
        except Exception:  # each file system has errors of its own
            log.exception("%s could not be removed", place)


def _normal(storage: str) -> str:
    return storage.rstrip("/") if "://" in storage else str(Path(storage).expanduser().resolve())


def _check(root: str) -> None:
    """Refuse a URL of a kind that is not known, or whose file system is not installed."""
    if "://" not in root:
        return
    from fsspec.core import url_to_fs

    try:
        url_to_fs(root)
    except (ImportError, ValueError) as error:
        raise InvalidInput(f"Apps cannot keep anything in {root}: {error}") from error
