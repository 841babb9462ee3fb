"""Calls of apps' functions: rows in the database, run in a worker process of Dask distributed.

The worker is a process of its own, so that a crash or a lack of memory there never takes the pages
down. A killed worker is started again, and its execution with it, as often as the app's manifest
allows; functions go on where they stopped. One execution runs at a time, the others wait.
"""

from __future__ import annotations

import builtins
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from pydantic import JsonValue
from sqlalchemy import select

from host_contract.entities import Execution, ExecutionStatus, Metadata
from host_contract.errors import InvalidInput, NotFound
from host_contract.manifest import Function
from host_stub.cluster import start_cluster
from host_stub.database import Database, DatasetRow, ExecutionRow, ItemRow, new_id, now
from host_stub.plugins import Apps
from host_stub.worker import run_execution

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

log = logging.getLogger(__name__)

ACTIVE = (ExecutionStatus.CREATED.value, ExecutionStatus.RUNNING.value)
POLL_SECONDS = 0.2
LEAST_PROGRESS = 0.03
"""Below this fraction the time that remains is not estimated."""
LOST = "The host stopped while this was running. Start it again; what was done is kept."

INPUT_TYPES: dict[str, tuple[str, Callable[[object], bool]]] = {
    "Dataset": ("the id of a dataset", lambda value: isinstance(value, str)),
    "Item[]": (
        "a list of item ids",
        lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    ),
    "Json": ("an object", lambda value: isinstance(value, dict)),
    "String": ("a text", lambda value: isinstance(value, str)),
    "Integer": (
        "a whole number",
        lambda value: isinstance(value, int) and not isinstance(value, bool),
    ),
    "Number": (
        "a number",
        lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    ),
    "Boolean": ("true or false", lambda value: isinstance(value, bool)),
}


class Executions:
    """Start, watch and stop executions. Safe to use from any thread."""

    def __init__(
        self,
        database: Database,
        apps: Apps,
        data_dir: Path,
        modules: Sequence[str],
        scheduler: str | None,
    ) -> None:
        """Executions left behind by a host that is gone are marked as lost.

        Args:
            database: Where the rows are.
            apps: Whose functions are called.
            data_dir: Opened by the worker too.
            modules: Apps named by module, for the worker.
            scheduler: Address of a running Dask scheduler; a local worker is started without one.
        """
        self._database = database
        self._apps = apps
        self._task = (str(data_dir), tuple(modules))
        self._scheduler = scheduler
        self._owner = _owner(os.getpid())
        self._lock = threading.Lock()
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None
        self._futures: dict[str, Future[None]] = {}
        self._mark_lost()

    def start(self, app: str, function: str, inputs: Metadata) -> Execution:
        """Start a declared function, and return at once.

        Raises:
            NotFound: there is no such app, function, dataset or item.
            InvalidInput: the inputs do not fit what the manifest declares.
        """
        declared = self._apps.manifest(app).functions().get(function)
        if declared is None:
            raise NotFound(f"App {app!r} declares no function {function!r}.")
        given = _checked(declared, inputs)
        row = ExecutionRow(
            id=new_id(),
            app=app,
            function=function,
            dataset_id=self._dataset_of(declared, given),
            inputs=given,
            status=ExecutionStatus.CREATED.value,
            created=now(),
            owner=self._owner,
        )
        with self._database.session() as session:
            session.add(row)
        self._submit(row.id)
        return self.get(row.id)

    def get(self, execution_id: str) -> Execution:
        """One execution as it stands now. Raises `NotFound`."""
        with self._database.session() as session:
            return _execution(_row(session.get(ExecutionRow, execution_id), execution_id))

    def log(self, execution_id: str) -> builtins.list[str]:
        """The lines of an execution's log. Raises `NotFound`."""
        with self._database.session() as session:
            return _row(session.get(ExecutionRow, execution_id), execution_id).log.splitlines()

    def list(
        self, dataset_id: str | None = None, *, active: bool = False, limit: int = 200
    ) -> builtins.list[Execution]:
        """Executions, newest first: of one dataset, and only those not yet ended, if asked."""
        wanted = select(ExecutionRow).order_by(ExecutionRow.id.desc()).limit(limit)
        if dataset_id is not None:
            wanted = wanted.where(ExecutionRow.dataset_id == dataset_id)
        if active:
            wanted = wanted.where(ExecutionRow.status.in_(ACTIVE))
        with self._database.session() as session:
            return [_execution(row) for row in session.scalars(wanted)]

    def cancel(self, execution_id: str) -> None:
        """Ask an execution to stop; one that has not begun is cancelled at once."""
        with self._database.changing() as session:
            row = _row(session.get(ExecutionRow, execution_id), execution_id)
            if row.status in ACTIVE:
                row.cancel_requested = True
            if row.status == ExecutionStatus.CREATED.value:
                row.status, row.ended = ExecutionStatus.CANCELLED.value, now()

    def wait(
        self, execution_id: str, watch: Callable[[Execution], None] | None = None
    ) -> Execution:
        """Wait for the end, telling `watch` how it stands meanwhile."""
        while True:
            execution = self.get(execution_id)
            if watch is not None:
                watch(execution)
            if execution.status.final:
                return execution
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Stop the worker. What was running is marked as lost when the host opens again."""
        with self._lock:
            for closing in (self._client, self._cluster):
                if closing is not None:
                    closing.close(timeout=10)
            self._client = self._cluster = None

    def _submit(self, execution_id: str) -> None:
        with self._lock:
            client = self._client or self._connect()
            future = client.submit(run_execution, *self._task, execution_id, pure=False)
            self._futures[execution_id] = future
        future.add_done_callback(  # type: ignore[no-untyped-call]
            lambda done: self._ended(execution_id, done)
        )

    def _connect(self) -> Client:
        from distributed import Client

        if self._scheduler is None:
            self._cluster = start_cluster()
        self._client = Client(self._scheduler or self._cluster)  # type: ignore[no-untyped-call]
        return self._client

    def _ended(self, execution_id: str, future: Future[None]) -> None:
        """The worker writes how it ended; what it could not write is written here."""
        self._futures.pop(execution_id, None)
        if future.status == "finished":
            return
        with self._database.changing() as session:
            row = session.get(ExecutionRow, execution_id)
            if row is not None and row.status in ACTIVE:
                row.status, row.ended = ExecutionStatus.LOST.value, now()
                row.error = LOST

    def _mark_lost(self) -> None:
        wanted = select(ExecutionRow).where(ExecutionRow.status.in_(ACTIVE))
        with self._database.changing() as session:
            for row in session.scalars(wanted):
                if not _alive(row.owner):
                    row.status, row.ended = ExecutionStatus.LOST.value, now()
                    row.error = LOST

    def _dataset_of(self, function: Function, inputs: Metadata) -> str | None:
        """The dataset that an execution is about: its input, or that of its first item."""
        for declared in function.input:
            value = inputs.get(declared.name)
            if declared.type == "Dataset" and isinstance(value, str):
                with self._database.session() as session:
                    if session.get(DatasetRow, value) is None:
                        raise NotFound(f"There is no dataset {value!r}.")
                return value
            if declared.type == "Item[]" and isinstance(value, builtins.list) and value:
                with self._database.session() as session:
                    item = session.get(ItemRow, value[0])
                if item is None:
                    raise NotFound(f"There is no item {value[0]!r}.")
                return item.dataset_id
        return None


def _checked(function: Function, inputs: Metadata) -> Metadata:
    """The inputs with declared defaults filled in."""
    declared = {one.name: one for one in function.input}
    for name in inputs:
        if name not in declared:
            raise InvalidInput(f"{function.name} has no input {name!r}.")
    given: Metadata = {}
    for name, one in declared.items():
        value: JsonValue = inputs.get(name)
        value = one.default if value is None else value
        if value is None:
            if one.required:
                raise InvalidInput(f"{function.name} needs the input {name!r}.")
            continue
        expected, fits = INPUT_TYPES[one.type]
        if not fits(value):
            raise InvalidInput(f"Input {name!r} of {function.name} is {expected}, not {value!r}.")
        given[name] = value
    return given


def _row(row: ExecutionRow | None, execution_id: str) -> ExecutionRow:
    if row is None:
        raise NotFound(f"There is no execution {execution_id!r}.")
    return row


def _execution(row: ExecutionRow) -> Execution:
    started = datetime.fromisoformat(row.started) if row.started else None
    remaining = None
    if started and row.status == ExecutionStatus.RUNNING.value and row.progress > LEAST_PROGRESS:
        elapsed = (datetime.now(UTC) - started).total_seconds()
        remaining = max(elapsed * (1.0 - row.progress) / row.progress, 0.0)
    output: dict[str, Any] = row.output or {}
    return Execution(
        id=row.id,
        app=row.app,
        function=row.function,
        dataset_id=row.dataset_id,
        inputs=row.inputs,
        status=ExecutionStatus(row.status),
        progress=row.progress,
        message=row.message,
        attempts=row.attempts,
        created=datetime.fromisoformat(row.created),
        started=started,
        ended=datetime.fromisoformat(row.ended) if row.ended else None,
        remaining_seconds=remaining,
        output=output.get("value"),
        error=row.error,
    )


def _owner(pid: int) -> str:
    """A process by number and birth, since numbers come again."""
    return f"{pid}@{psutil.Process(pid).create_time():.2f}"


def _alive(owner: str) -> bool:
    try:
        return _owner(int(owner.partition("@")[0])) == owner
    except (psutil.NoSuchProcess, ValueError):
        return False
