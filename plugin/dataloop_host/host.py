"""`DataloopHost`: `host_contract.context.Host` over Dataloop's client. Not yet confirmed on the
real service.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pluggy
from numpy.typing import NDArray

from dataloop_host.client import PAGE, Client
from dataloop_host.feature_sets import FeatureSets
from dataloop_host.items import Items
from dataloop_host.vectors import read_vectors
from host_contract import hookspecs
from host_contract.context import Query
from host_contract.dataset_records import Records
from host_contract.entities import (
    ActionResult,
    Dataset,
    DatasetAction,
    Execution,
    FeatureSet,
    Item,
    ItemPage,
    Level,
    Limits,
    Metadata,
    Notification,
    Project,
)
from host_contract.errors import NotFound
from host_contract.manifest import read_manifest
from host_contract.thread_executions import Executions
from host_contract.thumbnail import thumbnail

log = logging.getLogger(__name__)

LIMITS = Limits(
    dataset_actions="Dataset Actions of Dataloop cannot be run from here.",
    notifications="Messages are written to this process' log; its client cannot ring the bell.",
    thumbnails="Pictures of items need Dataloop's own page.",
    content_versions="New bytes of the same size are not noticed; encode all items again.",
)


class DataloopHost:
    """One app beside Dataloop. Its functions run in this process, its vectors lie on this disk."""

    def __init__(self, app: object, state: Path) -> None:
        """Sign in with `dtlpy` first.

        Args:
            app: A module with the app's hooks, such as `clustering_app.hooks`.
            state: Folder for what the app keeps.

        Raises:
            InvalidInput: the folder is of another environment than `dtlpy` is set to.
        """
        self._plugin = pluggy.PluginManager(hookspecs.GROUP)
        self._plugin.add_hookspecs(hookspecs)
        self._plugin.register(app)
        manifest = read_manifest(self._plugin.hook.manifest_path())
        self._client = Client()
        self._items = Items(self._client)
        self._records = Records(state, self._client.dtlpy.environment())
        self._feature_sets = FeatureSets(self._records)
        self._executions = Executions(manifest.name, manifest.functions(), self._run, self)

    def close(self) -> None:
        """Stop what runs."""
        self._executions.close()

    def limits(self) -> Limits:
        """See the protocol."""
        return LIMITS

    def projects(self) -> list[Project]:
        """See the protocol."""
        found = self._client.ask("get", "/projects")
        return [Project(id=one["id"], name=one["name"]) for one in found]

    def datasets(self, project_id: str | None = None) -> list[Dataset]:
        """See the protocol."""
        wanted = [project_id] if project_id else [project.id for project in self.projects()]
        found: list[Dataset] = []
        for project in wanted:
            page = 0
            while True:
                body = {"filter": {}, "page": page, "pageSize": PAGE, "resource": "datasets"}
                body["context"] = {"projects": [project]}
                answer = self._client.ask("post", "/datasets/query", body)
                found += [_dataset(one, project) for one in answer["items"]]
                page += 1
                if not answer["hasNextPage"]:
                    break
        return sorted(found, key=lambda one: (one.created, one.id))

    def dataset(self, dataset_id: str) -> Dataset:
        """See the protocol."""
        return _dataset(self._client.ask("get", f"/datasets/{dataset_id}"), None)

    def items(
        self,
        dataset_id: str,
        query: Query | None = None,
        *,
        after: str | None = None,
        limit: int = 1000,
    ) -> ItemPage:
        """See the protocol. What the service's language cannot say is decided here."""
        return self._items.page(dataset_id, query, after, min(limit, PAGE))

    def count_items(self, dataset_id: str, query: Query | None = None) -> int:
        """See the protocol."""
        return self._items.count(dataset_id, query)

    def item(self, item_id: str) -> Item:
        """See the protocol."""
        return self._items.one(item_id)

    def thumbnail(self, item_id: str) -> bytes:
        """See the protocol. It is made here, of the whole picture."""
        return thumbnail(self.item(item_id))

    def item_url(self, item_id: str) -> str:
        """See the protocol."""
        item = self.item(item_id)
        dataset = self.dataset(item.dataset_id)
        place = f"projects/{dataset.project_id}/datasets/{dataset.id}/items/{item.id}"
        return str(self._client.dtlpy.client_api._get_resource_url(place))

    def update_metadata(self, item_ids: Sequence[str], changes: Metadata) -> int:
        """See the protocol."""
        kept = {name: value for name, value in changes.items() if value is not None}
        gone = dict.fromkeys(name for name, value in changes.items() if value is None)
        changed = 0
        for dataset_id, some in self._there(item_ids):
            changed += len(some)
            if kept:
                body = _for_items(some) | {"update": {"metadata": {"user": kept}}}
                self._client.ask("post", f"/datasets/{dataset_id}/query", body)
            for item_id in some if gone else ():
                self._client.ask("patch", f"/items/{item_id}", {"metadata": {"user": gone}})
        return changed

    def delete_items(self, item_ids: Sequence[str]) -> int:
        """See the protocol."""
        deleted = 0
        for dataset_id, some in self._there(item_ids):
            body = _for_items(some) | {"delete": True}
            self._client.ask("post", f"/datasets/{dataset_id}/query", body)
            self._plugin.hook.items_deleted(host=self, dataset_id=dataset_id, item_ids=some)
            deleted += len(some)
        return deleted

    def clone_items(self, item_ids: Sequence[str], dataset_id: str) -> int:
        """See the protocol."""
        self.dataset(dataset_id)
        there = [item_id for _, some in self._there(item_ids) for item_id in some]
        for item_id in there:
            self._client.dtlpy.items.clone(item_id=item_id, dst_dataset_id=dataset_id)
        return len(there)

    def feature_sets(self, dataset_id: str) -> list[FeatureSet]:
        """See the protocol."""
        self.dataset(dataset_id)
        return [*self._feature_sets.of(dataset_id).values()]

    def save_feature_set(
        self, dataset_id: str, name: str, *, size: int, model: str, fingerprint: str, count: int
    ) -> FeatureSet:
        """See the protocol."""
        self.dataset(dataset_id)
        return self._feature_sets.save(
            dataset_id, name, size=size, model=model, fingerprint=fingerprint, count=count
        )

    def delete_feature_set(self, feature_set_id: str) -> None:
        """See the protocol."""
        self._feature_sets.delete(feature_set_id)

    def start_execution(self, function: str, inputs: Metadata) -> Execution:
        """See the protocol."""
        dataset_id = inputs.get("dataset")
        items = inputs.get("items")
        if isinstance(items, list) and items:
            dataset_id = self._items.dataset_of(str(items[0]))
        return self._executions.start(function, inputs, str(dataset_id) if dataset_id else None)

    def execution(self, execution_id: str) -> Execution:
        """See the protocol."""
        return self._executions.get(execution_id)

    def executions(self, dataset_id: str, *, active: bool = False) -> list[Execution]:
        """See the protocol."""
        return self._executions.list(dataset_id, active=active)

    def cancel_execution(self, execution_id: str) -> None:
        """See the protocol."""
        self._executions.cancel(execution_id)

    def dataset_actions(self, dataset_id: str) -> list[DatasetAction]:
        """See the protocol; there are none, as `limits` says."""
        self.dataset(dataset_id)
        return []

    def run_action(
        self, name: str, dataset_id: str, item_ids: Sequence[str], inputs: Metadata
    ) -> ActionResult:
        """See the protocol."""
        raise NotFound(f"There is no action {name!r}. {LIMITS.dataset_actions}")

    def notify(
        self,
        title: str,
        text: str = "",
        *,
        level: Level = Level.INFO,
        dataset_id: str | None = None,
        execution_id: str | None = None,
    ) -> Notification:
        """See the protocol; it goes to this process' log, as `limits` says."""
        log.warning("%s: %s", title, text)
        return Notification(
            id=uuid.uuid4().hex,
            title=title,
            text=text,
            level=level,
            dataset_id=dataset_id,
            execution_id=execution_id,
            created=datetime.now(UTC),
        )

    def storage(self, dataset_id: str) -> str:
        """See the protocol."""
        return str(self._records.storage(dataset_id))

    def vectors(self, dataset_id: str, feature_set: str) -> tuple[list[str], NDArray[np.float32]]:
        """Vectors that the service keeps: N item ids in order, and (N, D). Raises `NotFound`."""
        self.dataset(dataset_id)
        return read_vectors(self._client, dataset_id, feature_set)

    def look_for_deletions(self) -> None:
        """Tell the app which items and datasets are gone since the last look.

        The service calls nobody: call this now and then, and once at the start. What was deleted
        while nothing ran is noticed too, since the ids of the last look are kept.
        """
        self._records.look_for_deletions(self._items.ids, self._plugin.hook, self)

    def _run(self, function: str, inputs: Metadata, context: Any) -> Any:
        return self._plugin.hook.run_function(function=function, inputs=inputs, context=context)

    def _there(self, item_ids: Sequence[str]) -> Iterable[tuple[str, list[str]]]:
        """Those of the items that there are, by dataset, as many at a time as a page holds."""
        places: dict[str, list[str]] = {}
        for item_id in dict.fromkeys(item_ids):
            try:
                places.setdefault(self._items.dataset_of(item_id), []).append(item_id)
            except NotFound:
                continue
        for dataset_id, ids in places.items():
            for start in range(0, len(ids), PAGE):
                there = self._items.some(dataset_id, ids[start : start + PAGE])
                if there:
                    yield dataset_id, [item.id for item in there]


def _dataset(record: Mapping[str, Any], project_id: str | None) -> Dataset:
    return Dataset(
        id=record["id"],
        project_id=project_id or record["projects"][0],
        name=record["name"],
        created=datetime.fromisoformat(record["createdAt"]),
    )


def _for_items(item_ids: Sequence[str]) -> dict[str, Any]:
    return {"filter": {"$and": [{"id": {"$in": [*item_ids]}}]}, "resource": "items"}
