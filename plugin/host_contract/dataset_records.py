"""What a host beside a platform keeps on the local disk, by dataset, all of one environment.

STATE/environment             address of the platform, or what else tells it from others
STATE/storage/DATASET/        the app's own
STATE/records/DATASET.json    feature sets by name, where the platform cannot keep them
STATE/items/DATASET.json      ids of the items at the last look
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy

from host_contract.context import Host
from host_contract.errors import InvalidInput, NotFound

ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


class Records:
    """Files by dataset. A file that is there is whole: it was written, then renamed."""

    def __init__(self, state: Path, environment: str) -> None:
        """Keep everything under a folder. Raises `InvalidInput` for one of another environment.

        To another environment every dataset of this one seems deleted.
        """
        self._state = state.expanduser().resolve()
        self._state.mkdir(parents=True, exist_ok=True)
        said = self._state / "environment"
        if not said.is_file():
            said.write_text(environment, encoding="utf-8")
        if (before := said.read_text(encoding="utf-8")) != environment:
            raise InvalidInput(
                f"{state} is of {before}, not of {environment}; name another folder."
            )

    def storage(self, dataset_id: str) -> Path:
        """The folder for what the app keeps of a dataset."""
        return self._state / "storage" / _checked(dataset_id)

    def datasets(self) -> list[str]:
        """Ids of the datasets of which anything is kept."""
        names = {path.name for path in self._state.glob("storage/*")}
        names |= {path.stem for path in self._state.glob("*/*.json")}
        return sorted(names)

    def read(self, kind: str, dataset_id: str) -> Any:
        """What was written, None before."""
        path = self._path(kind, dataset_id)
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    def write(self, kind: str, dataset_id: str, content: Any) -> None:
        """Keep JSON."""
        path = self._path(kind, dataset_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(content), encoding="utf-8")
        part.replace(path)

    def forget(self, dataset_id: str) -> None:
        """Remove everything of a dataset."""
        shutil.rmtree(self.storage(dataset_id), ignore_errors=True)
        for kind in ("records", "items"):
            self._path(kind, dataset_id).unlink(missing_ok=True)

    def look_for_deletions(
        self, ids: Callable[[str], list[str]], hook: pluggy.HookRelay, host: Host
    ) -> None:
        """Tell the app which items and datasets are gone since the last look.

        What was deleted while nothing ran is noticed too: the ids of the last look are kept.

        Args:
            ids: Ids of all items that a dataset has now; raises `NotFound` when it is gone.
            hook: The app's hooks.
            host: What they are handed.
        """
        for dataset_id in self.datasets():
            try:
                now = ids(dataset_id)
            except NotFound:
                hook.dataset_deleted(host=host, dataset_id=dataset_id)
                self.forget(dataset_id)
                continue
            before = self.read("items", dataset_id) or []
            if gone := sorted(set(before) - set(now)):
                hook.items_deleted(host=host, dataset_id=dataset_id, item_ids=gone)
            self.write("items", dataset_id, now)

    def _path(self, kind: str, dataset_id: str) -> Path:
        return self._state / kind / f"{_checked(dataset_id)}.json"


def _checked(dataset_id: str) -> str:
    if not ID.fullmatch(dataset_id):
        raise NotFound(f"There is no dataset {dataset_id!r}.")
    return dataset_id
