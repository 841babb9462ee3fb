"""The whole host, opened on a data directory: `host_contract.platform.Platform`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from host_contract.context import Host
from host_contract.entities import Dataset, Execution, Level, Metadata
from host_stub import events, importing, serving
from host_stub.actions import Actions
from host_stub.app_data import AppData
from host_stub.client_vectors import ClientVectors
from host_stub.database import Database
from host_stub.datasets import Datasets
from host_stub.executions import Executions
from host_stub.feature_sets import FeatureSets
from host_stub.files import Files
from host_stub.host import AppHost
from host_stub.latest import Latest
from host_stub.notifications import Notifications
from host_stub.plugins import HOOK_SECONDS, Apps
from host_stub.projects import Projects
from host_stub.sources.kinds import open_source
from host_stub.sources.source import Report
from host_stub.users import LOCAL_USER, User, Users

log = logging.getLogger(__name__)


def open_platform(
    data_dir: Path,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    storage: str | None = None,
) -> LocalPlatform:
    """Open the host; the entry point of the group `host_contract.platforms`."""
    return LocalPlatform(data_dir, workers=workers, scheduler=scheduler, storage=storage)


class LocalPlatform:
    """Every part of the host. Safe to stop at any moment and to open again."""

    def __init__(
        self,
        data_dir: Path,
        *,
        modules: Sequence[str] = (),
        workers: int = 1,
        scheduler: str | None = None,
        storage: str | None = None,
        hook_seconds: float = HOOK_SECONDS,
    ) -> None:
        """Open the host.

        Args:
            data_dir: Folder that holds everything; made if it is not there.
            modules: Apps to load by module name, beside those found by entry point.
            workers: Processes of this machine that share what a function maps.
            scheduler: Address of a running Dask scheduler, whose workers are used instead; they
                must find `data_dir` at the same path.
            storage: Folder or fsspec URL where apps keep what they know of datasets; None for
                where they did so far, which is `data_dir` at first.
            hook_seconds: How long an app may take to come back from a hook.

        Raises:
            InvalidInput: apps have kept something elsewhere, or cannot in `storage`.
        """
        self.data_dir = data_dir.expanduser().resolve()
        self.database = Database(self.data_dir)
        self._app_data = AppData(self.data_dir, storage)
        self.users = Users(self.database)
        self.seen = Latest[Any](self.database)
        """What all open pages show alike."""
        self.apps = Apps(self.database, modules, hook_seconds=hook_seconds)
        self.notifications = Notifications(self.database)
        self.feature_sets = FeatureSets(self.database)
        self.client_vectors = ClientVectors(self.database)
        self.projects = Projects(self.database)
        self.datasets = Datasets(self.database, Files(self.data_dir / "files"), self._event)
        self.executions = Executions(
            self.database,
            self.apps,
            self.data_dir,
            modules,
            scheduler,
            workers,
        )
        self.actions = Actions(self.datasets, self.apps, self.executions, self.notifications)
        self.apps.open(lambda app: AppHost(self, app))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the worker, tell the apps, and close the database."""
        self.apps.close()
        self.executions.close()
        self.database.close()

    def host(self, app: str, user: User = LOCAL_USER) -> Host:
        """The host as one app sees it, for a user. Raises `NotFound`."""
        self.apps.manifest(app)
        return AppHost(self, app, user)

    def import_source(
        self,
        url: str | Path,
        *,
        name: str | None = None,
        pictures: str | Path | None = None,
        progress: Callable[[float, str], None] | None = None,
    ) -> Dataset:
        """Make a dataset of what is at a path or URL; the bell lists what was passed over.

        Raises:
            InvalidInput: it is no source, or wrong, by file and row.
        """
        report = Report()
        source = open_source(str(url), None if pictures is None else str(pictures))
        try:
            told = progress or (lambda fraction, message: None)
            return importing.import_source(self.datasets, source, name, told, report)
        finally:
            title = f"Imported {source.name}, but not all of it"
            for line in report.lines():
                log.warning("%s", line)
                self.notifications.add(title, line, level=Level.WARNING)

    def run(
        self,
        app: str,
        function: str,
        inputs: Metadata,
        *,
        progress: Callable[[float, str], None] | None = None,
    ) -> Execution:
        """Run a declared function and wait for its end; interrupted, it is cancelled first."""
        execution = self.executions.start(app, function, inputs)

        def watch(now: Execution) -> None:
            if progress is not None:
                progress(now.progress, now.message)

        try:
            return self.executions.wait(execution.id, watch)
        except KeyboardInterrupt:
            self.executions.cancel(execution.id)
            self.executions.wait(execution.id)
            raise

    def serve(self, *, address: str, port: int, ready: Callable[[str], None] | None = None) -> None:
        """Serve the pages and the REST API until interrupted; goes on with what was left behind."""
        self.executions.resume()
        threading.Thread(target=self.datasets.tidy, name="tidy", daemon=True).start()
        serving.serve(self, address, port, ready or (lambda origin: None))

    def dataset_path(self, dataset_id: str) -> str:
        """Path of a dataset's page."""
        return f"/datasets/{dataset_id}"

    def storage(self, app: str, dataset_id: str) -> str:
        """Folder or URL for what an app keeps of a dataset."""
        return self._app_data.place(app, dataset_id)

    def _event(self, resource: str, action: str, dataset_id: str, item_ids: Sequence[str]) -> None:
        gone = (resource, action) == ("Dataset", "Deleted")
        if gone:
            for execution in self.executions.list(dataset_id, active=True):
                self.executions.cancel(execution.id)
        events.dispatch(self, resource, action, dataset_id, item_ids)
        if gone:
            for app in self.apps.list():
                self._app_data.remove(app.name, dataset_id)
