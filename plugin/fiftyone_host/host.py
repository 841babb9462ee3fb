"""`FiftyOneHost`: `host_contract.context.Host` over an installed FiftyOne."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pluggy
from numpy.typing import NDArray

from fiftyone_host import feature_sets, fields
from fiftyone_host.actions import ACTIONS, DELETE, tag
from fiftyone_host.ids import by_dataset, id_of, item_id, load, moment, parts
from fiftyone_host.items import Items
from fiftyone_host.maps import write_map
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

PROJECT = Project(id="fiftyone", name="FiftyOne")
"""FiftyOne has datasets alone."""
NO_BELL = "Messages are written to the log of the process that runs the functions."
NO_PICTURES = "Pictures are shown where the map is opened from FiftyOne's App."


class FiftyOneHost:
    """One app beside FiftyOne. Its functions run in this process, its maps lie on this disk."""

    def __init__(
        self, app: object, state: Path, *, also: Sequence[object] = (), pictures: str | None = None
    ) -> None:
        """Use the database that FiftyOne is configured for, and start it if it is FiftyOne's own.

        Args:
            app: A module with the app's hooks, such as `clustering_app.hooks`.
            state: Folder for what the app keeps.
            also: More modules with hooks, such as wrappers that follow what the app does.
            pictures: Path at which the pages around the tab serve pictures, by item id.

        Raises:
            ImportError: the extra `fiftyone` is not installed.
            InvalidInput: the folder is of another database.
        """
        import fiftyone as fo

        self._plugin = pluggy.PluginManager(hookspecs.GROUP)
        self._plugin.add_hookspecs(hookspecs)
        for module in (app, *also):
            self._plugin.register(module)
        manifest = read_manifest(self._plugin.hook.manifest_path())
        place = fo.config.database_uri or fo.config.database_dir
        self._records = Records(state, f"{place} {fo.config.database_name}")
        self._items = Items(pictures)
        self._executions = Executions(manifest.name, manifest.functions(), self._run, self)

    def close(self) -> None:
        """Stop what runs."""
        self._executions.close()

    def limits(self) -> Limits:
        """See the protocol."""
        missing = None if self._items.pictures else NO_PICTURES
        return Limits(notifications=NO_BELL, thumbnails=missing)

    def projects(self) -> list[Project]:
        """See the protocol."""
        return [PROJECT]

    def datasets(self, project_id: str | None = None) -> list[Dataset]:
        """See the protocol."""
        import fiftyone as fo

        if project_id not in (None, PROJECT.id):
            raise NotFound(f"There is no project {project_id!r}.")
        found = [_dataset(fo.load_dataset(name)) for name in fo.list_datasets()]
        return sorted(found, key=lambda one: (one.created, one.id))

    def dataset(self, dataset_id: str) -> Dataset:
        """See the protocol."""
        return _dataset(load(dataset_id))

    def items(
        self,
        dataset_id: str,
        query: Query | None = None,
        *,
        after: str | None = None,
        limit: int = 1000,
    ) -> ItemPage:
        """See the protocol."""
        return self._items.page(dataset_id, query, after, limit)

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
        """See the protocol: the sample in FiftyOne's App."""
        import fiftyone as fo

        dataset_id, sample_id = parts(self.item(item_id).id)
        app = f"http://{fo.config.default_app_address or 'localhost'}:{fo.config.default_app_port}"
        return f"{app}/datasets/{quote(load(dataset_id).name, safe='')}?id={sample_id}"

    def update_metadata(self, item_ids: Sequence[str], changes: Metadata) -> int:
        """See the protocol.

        Raises:
            InvalidInput: a field takes values of another type, or is no metadata.
        """
        changed = 0
        for dataset_id, samples in self._there(item_ids).items():
            fields.write(load(dataset_id), samples, changes)
            changed += len(samples)
        return changed

    def delete_items(self, item_ids: Sequence[str]) -> int:
        """See the protocol. FiftyOne leaves the files where they are."""
        deleted = 0
        for dataset_id, samples in self._there(item_ids).items():
            load(dataset_id).delete_samples(samples)
            gone = [item_id(dataset_id, one) for one in samples]
            self._plugin.hook.items_deleted(host=self, dataset_id=dataset_id, item_ids=gone)
            deleted += len(samples)
        return deleted

    def clone_items(self, item_ids: Sequence[str], dataset_id: str) -> int:
        """See the protocol. The clones share the files; vectors are not taken along."""
        target = load(dataset_id)
        clones = []
        for source_id, samples in self._there(item_ids).items():
            source = load(source_id)
            left_out = [feature_sets.field_of(one.name) for one in feature_sets.of(source)]
            present = [name for name in left_out if source.has_field(name)]
            view = source.select(samples).sort_by("id")
            clones += [sample.copy(omit_fields=present) for sample in view]
        target.add_samples(clones)
        return len(clones)

    def feature_sets(self, dataset_id: str) -> list[FeatureSet]:
        """See the protocol."""
        return feature_sets.of(load(dataset_id))

    def save_feature_set(
        self, dataset_id: str, name: str, *, size: int, model: str, fingerprint: str, count: int
    ) -> FeatureSet:
        """See the protocol."""
        return feature_sets.save(
            load(dataset_id), name, size=size, model=model, fingerprint=fingerprint, count=count
        )

    def delete_feature_set(self, feature_set_id: str) -> None:
        """See the protocol; the field with the vectors goes too."""
        feature_sets.delete(feature_set_id)

    def start_execution(self, function: str, inputs: Metadata) -> Execution:
        """See the protocol."""
        dataset_id = inputs.get("dataset")
        items = inputs.get("items")
        if isinstance(items, list) and items:
            dataset_id = parts(str(items[0]))[0]
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
        """See the protocol."""
        self.dataset(dataset_id)
        return [*ACTIONS]

    def run_action(
        self, name: str, dataset_id: str, item_ids: Sequence[str], inputs: Metadata
    ) -> ActionResult:
        """See the protocol."""
        if name == DELETE:
            count = self.delete_items(item_ids)
            return ActionResult(message=f"{count:,} samples were deleted; their files stay.")
        samples = by_dataset(item_ids).get(dataset_id, [])
        return tag(name, dataset_id, samples, inputs)

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

    def write_vectors(self, dataset_id: str, feature_set: str) -> None:
        """Put the vectors that the app keeps into the field of the feature set."""
        found = self._plugin.hook.read_features(
            host=self, dataset_id=dataset_id, feature_set=feature_set, item_ids=None
        )
        by_sample = {parts(one)[1]: np.asarray(vector) for one, vector in found.items()}
        feature_sets.write_vectors(load(dataset_id), feature_set, by_sample)

    def vectors(self, dataset_id: str, field: str) -> tuple[list[str], NDArray[np.float32]]:
        """Vectors in any field of a dataset: N item ids, and (N, D). Raises `NotFound`."""
        ids, vectors = feature_sets.read_vectors(load(dataset_id), field)
        return [item_id(dataset_id, one) for one in ids], vectors

    def write_map(
        self,
        dataset_id: str,
        key: str,
        item_ids: Sequence[str],
        points: NDArray[np.floating[Any]],
    ) -> int:
        """Show a map in FiftyOne's Embeddings panel, see `fiftyone_host.maps`."""
        samples = [parts(one)[1] for one in item_ids]
        return write_map(load(dataset_id), key, samples, points)

    def look_for_deletions(self) -> None:
        """Tell the app which items and datasets are gone since the last look.

        FiftyOne calls nobody: call this now and then, and once at the start.
        """
        self._records.look_for_deletions(self._items.ids, self._plugin.hook, self)

    def _run(self, function: str, inputs: Metadata, context: Any) -> Any:
        return self._plugin.hook.run_function(function=function, inputs=inputs, context=context)

    def _there(self, item_ids: Sequence[str]) -> Mapping[str, list[str]]:
        """Those of the items that there are: samples by dataset."""
        found: dict[str, list[str]] = {}
        for dataset_id, samples in by_dataset(item_ids).items():
            try:
                there = load(dataset_id).select(samples).values("id")
            except NotFound:
                continue
            if there:
                found[dataset_id] = there
        return found


def _dataset(dataset: Any) -> Dataset:
    return Dataset(
        id=id_of(dataset),
        project_id=PROJECT.id,
        name=dataset.name,
        created=moment(dataset.created_at),
    )
