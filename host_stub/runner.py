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
from host_stub.cluster import SchedulerLost, Workers
from host_stub.database import Database, ExecutionRow
from host_stub.execution_rows import add_to_log, end, fail
from host_stub.plugins import Apps
from host_stub.worker import run_execution

if TYPE_CHECKING:
    from distributed import Future

log = logging.getLogger(__name__)

WATCH_SECONDS = 0.5
STARTING_SECONDS = 30.0
"""Who stops the host waits so long at most for the start of the workers, or for a scheduler."""
PATIENCE_SECONDS = 5.0
"""So long after a cancel or the service's time limit, a function that goes on is ended."""


@dataclass
class Call:
    """An execution that a worker has."""

    service: Service
    key: tuple[str, str]
    """App and service."""
    future: Future[None]
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
        self._woken, self._closing = threading.Event(), threading.Event()
        self._handing_over = threading.Thread(target=self._keep_handing_over, daemon=True)
        self._watching = threading.Thread(target=self._keep_watch, daemon=True)

    @property
    def waited_for(self) -> str:
        """What an execution that comes now has to wait for, in words; nothing as a rule."""
        return self._workers.waited_for

    def wake(self) -> None:
        """See to it that whatever waits is handed to a worker, if its service has room.

        Nobody waits for that: the workers may have to be started first.
        """
        with self._lock:
            if self._closing.is_set():
                return
            if not self._handing_over.is_alive():
                self._handing_over.start()
                self._watching.start()
        self._woken.set()

    def close(self) -> None:
        """Stop the workers. What was under way stays as it is, for the next to go on with."""
        with self._lock:
            self._closing.set()
            begun = self._handing_over.is_alive()
        self._woken.set()
        if begun:
            # Workers that are being started can be stopped when they are there, and not before.
            self._handing_over.join(timeout=STARTING_SECONDS)
            self._watching.join(timeout=10)
        if not self._handing_over.is_alive():
            self._workers.close()

    def _keep_handing_over(self) -> None:
        while self._woken.wait() and not self._closing.is_set():
            self._woken.clear()
            try:
                if self._waiting() and self._workers_are_there():
                    for execution_id, app, function in self._waiting():
                        self._hand_over(execution_id, app, function)
            except Exception:
                log.exception("Executions that wait could not be handed over")
                self._closing.wait(PATIENCE_SECONDS)
                self._woken.set()

    def _waiting(self) -> list[tuple[str, str, str]]:
        """Id, app and function of each execution that no worker has, the oldest first."""
        if self._closing.is_set():
            return []
        with self._lock:
            known = set(self._calls)  # before the rows: what is handed over and ends is in neither
        wanted = select(ExecutionRow.id, ExecutionRow.app, ExecutionRow.function).where(
            ExecutionRow.status == ExecutionStatus.CREATED.value, ExecutionRow.owner == self._owner
        )
        with self._database.session() as session:
            rows = session.execute(wanted.order_by(ExecutionRow.id)).all()
        return [(row.id, row.app, row.function) for row in rows if row.id not in known]

    def _workers_are_there(self) -> bool:
        """Start them if need be; where that fails, all that wait for them end with the reason."""
        try:
            self._workers.start()
            return True
        except SchedulerLost as error:
            reason = f"{error}. Start the scheduler and its workers, then retry it."
            for execution_id, _, _ in self._waiting():
                end(self._database, execution_id, ExecutionStatus.LOST, error=reason)
        except Exception as error:
            log.warning("The workers could not be started", exc_info=True)
            reason = f"The workers could not be started: {_first_cause(error)}"
            for execution_id, app, function in self._waiting():
                fail(self._database, execution_id, self._apps.name_of(app, function), reason)
        return False

    def _hand_over(self, execution_id: str, app: str, function: str) -> None:
        try:
            service = self._apps.manifest(app).service_of(function)
        except (NotFound, KeyError) as error:
            end(self._database, execution_id, ExecutionStatus.FAILED, error=str(error))
            return
        key = (app, service.name)
        room = service.runtime.concurrency * service.runtime.num_replicas
        with self._lock:  # so that it is not told to have ended before it is known
            full = sum(call.key == key for call in self._calls.values()) >= room
            if full or self._closing.is_set():
                return
            self._workers.want(len(self._calls) + 1)
            future = self._workers.submit(
                run_execution,
                *self._task,
                execution_id,
                ended=lambda status: self._ended(execution_id, status),
            )
            self._calls[execution_id] = Call(service, key, future)

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
        self._workers.end(call.future)


def _first_cause(error: BaseException) -> str:
    """What went wrong first: Dask's own errors say only that something did."""
    while (before := error.__cause__ or error.__context__) is not None:
        error = before
    return f"{type(error).__name__}: {error}"
