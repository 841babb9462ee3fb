"""Waiting executions go to the workers, as many at a time as their services allow.

A service's limits are its manifest's: executions at a time, and seconds for each. A function is
expected to look whether it was cancelled; one that does not is ended with its process.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from host_contract.entities import ExecutionStatus
from host_contract.errors import NotFound
from host_contract.manifest import Service
from host_stub.cluster import Workers
from host_stub.database import Database, ExecutionRow
from host_stub.execution_rows import add_to_log, end, fail
from host_stub.plugins import Apps
from host_stub.worker import run_execution

if TYPE_CHECKING:
    from distributed import Future

log = logging.getLogger(__name__)

WATCH_SECONDS = 0.5
PATIENCE_SECONDS = 5.0
"""So long after a cancel or the service's time limit, a function that goes on is ended."""


@dataclass
class Call:
    """An execution that a worker has."""

    service: Service
    key: tuple[str, str]
    """App and service."""
    future: Future[None] | None = None
    cancelled_at: float | None = field(default=None)
    """When the wish to cancel was first seen, by `time.monotonic`."""


class Runner:
    """Runs the executions of one owner. Safe to use from any thread."""

    def __init__(
        self,
        database: Database,
        apps: Apps,
        task: tuple[str, tuple[str, ...]],
        owner: str,
        scheduler: str | None,
        workers: int,
    ) -> None:
        self._database = database
        self._apps = apps
        self._task = (*task, workers if scheduler is None else None)
        self._owner = owner
        self._workers = Workers(scheduler, workers)
        self._calls: dict[str, Call] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._watch: threading.Thread | None = None

    def wake(self) -> None:
        """Hand every waiting execution whose service has room to a worker."""
        waiting = select(ExecutionRow.id, ExecutionRow.app, ExecutionRow.function).where(
            ExecutionRow.status == ExecutionStatus.CREATED.value, ExecutionRow.owner == self._owner
        )
        with self._lock:
            if self._closing.is_set():
                return
            with self._database.session() as session:
                rows = session.execute(waiting.order_by(ExecutionRow.id)).all()
            for execution_id, app, function in rows:
                if execution_id not in self._calls:
                    self._hand_over(execution_id, app, function)
            if self._calls and self._watch is None:
                self._watch = threading.Thread(target=self._keep_watch, daemon=True)
                self._watch.start()

    def close(self) -> None:
        """Stop the workers. What was under way stays as it is, for the next to go on with."""
        with self._lock:
            self._closing.set()
        self._workers.close()
        if self._watch is not None:
            self._watch.join(timeout=10)

    def _hand_over(self, execution_id: str, app: str, function: str) -> None:
        try:
            service = self._apps.manifest(app).service_of(function)
        except (NotFound, KeyError) as error:
            end(self._database, execution_id, ExecutionStatus.FAILED, error=str(error))
            return
        key = (app, service.name)
        room = service.runtime.concurrency * service.runtime.num_replicas
        if sum(call.key == key for call in self._calls.values()) >= room:
            return
        call = self._calls[execution_id] = Call(service, key)
        self._workers.want(len(self._calls))
        try:
            call.future = self._workers.submit(
                run_execution,
                *self._task,
                execution_id,
                ended=lambda status: self._ended(execution_id, status),
            )
        except OSError as error:
            del self._calls[execution_id]
            reason = f"{error}. Start the scheduler and its workers, then retry it."
            end(self._database, execution_id, ExecutionStatus.LOST, error=reason)

    def _ended(self, execution_id: str, status: str) -> None:
        """The worker writes how it ended; what it could not write is written here."""
        if self._closing.is_set():
            return
        with self._lock:
            call = self._calls.pop(execution_id, None)
        if status != "finished" and not (call and self._goes_on(execution_id, call.service)):
            reason = "The worker could not be reached any more. What was done is kept; retry it."
            end(self._database, execution_id, ExecutionStatus.LOST, error=reason)
        self.wake()

    def _goes_on(self, execution_id: str, service: Service) -> bool:
        """Let an execution wait for another worker, as often as its app's manifest allows."""
        with self._database.changing() as session:
            row = session.get(ExecutionRow, execution_id)
            # One that had not begun has waited for a worker in vain.
            if row is None or row.status != ExecutionStatus.RUNNING.value or row.cancel_requested:
                return False
            if row.attempts >= service.max_attempts:
                return False
            row.status = ExecutionStatus.CREATED.value
            add_to_log(row, "the worker could not be reached any more; this waits for another")
            return True

    def _keep_watch(self) -> None:
        while not self._closing.wait(WATCH_SECONDS):
            with self._lock:
                calls = dict(self._calls)
            for execution_id, call in calls.items():
                try:
                    self._look_at(execution_id, call)
                except Exception:
                    log.exception("Execution %s could not be watched", execution_id)

    def _look_at(self, execution_id: str, call: Call) -> None:
        with self._database.session() as session:
            row = session.get(ExecutionRow, execution_id)
        if row is None or row.status != ExecutionStatus.RUNNING.value or row.started is None:
            return
        if row.cancel_requested:
            call.cancelled_at = call.cancelled_at or time.monotonic()
            if time.monotonic() - call.cancelled_at > PATIENCE_SECONDS:
                message = "it did not stop by itself, so its process was ended"
                self._end(call, row, ExecutionStatus.CANCELLED, message)
            return
        seconds = (datetime.now(UTC) - datetime.fromisoformat(row.started)).total_seconds()
        if seconds > call.service.execution_timeout + PATIENCE_SECONDS:
            limit = f"{call.service.execution_timeout:,} s"
            self._end(call, row, ExecutionStatus.FAILED, f"It ran longer than its limit of {limit}")

    def _end(self, call: Call, row: ExecutionRow, status: ExecutionStatus, reason: str) -> None:
        if status is ExecutionStatus.FAILED:
            ended = fail(self._database, row.id, self._apps.name_of(row.app, row.function), reason)
        else:
            ended = end(self._database, row.id, status, message=reason)
        if not ended:
            return
        if call.future is not None:
            self._workers.end(call.future)
