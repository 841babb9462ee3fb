"""What happens in the worker: one execution, from its row to the app's function and back."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from host_contract.context import Host
from host_contract.entities import ExecutionStatus
from host_contract.errors import Cancelled
from host_stub import memory
from host_stub.cluster import SchedulerLost, on_workers, workers_of
from host_stub.database import ExecutionRow, now
from host_stub.execution_rows import ACTIVE, add_to_log, end, fail
from host_stub.parts import Whole, within_limits

if TYPE_CHECKING:
    from distributed import Client

    from host_stub.platform import LocalPlatform

T = TypeVar("T")
R = TypeVar("R")

NICENESS = 10
"""Pages come first: a function gets what they leave of the processors, which is nearly all."""
WRITE_SECONDS = 0.25
"""Progress is written, and a wish to cancel read, at most so often."""


def dask_setup(_: Any) -> None:
    """Called by Dask in a process that becomes a worker, by the thread that starts all others.

    On Linux only what a thread starts from then on is as nice as the thread.
    """
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)


def run_execution(
    data_dir: str, modules: tuple[str, ...], workers: int | None, execution_id: str
) -> None:
    """Run an execution whose row is there. Called by Dask, again if the worker was killed.

    Args:
        data_dir: Of the host.
        modules: Apps named by module.
        workers: How many share what the function maps; None for all that the scheduler has. This
            one does too, in another thread: the execution waits for parts most of the time.
        execution_id: Which one.
    """
    from distributed import worker_client

    platform = _platform(data_dir, modules)
    with nullcontext() if workers == 1 else worker_client() as client:
        _run(platform, Context(platform, execution_id, client, workers))


def _run(platform: LocalPlatform, context: Context) -> None:
    try:
        if not context.begin():
            return
        service = context.service
        with memory.at_most(service.runtime.memory_mib, service.name, context.fail):
            output = platform.apps.run_function(
                context.app,
                function=context.function,
                inputs=context.inputs,
                context=context,
            )
        context.end(ExecutionStatus.SUCCESS, output=output)
    except Cancelled as error:
        context.end(ExecutionStatus.CANCELLED, message=str(error))
    except SchedulerLost:
        raise  # not ended: whoever handed it over sees that this worker is lost, too
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it ends this execution alone
        context.log("".join(traceback.format_exception(error)))
        known = isinstance(error, Exception) and getattr(error, "code", None) is not None
        context.fail(str(error) if known else f"{type(error).__name__}: {error}")


@cache
def _platform(data_dir: str, modules: tuple[str, ...]) -> LocalPlatform:
    from host_stub.platform import LocalPlatform

    return LocalPlatform(Path(data_dir), modules=modules)


class Context:
    """The host's side of `host_contract.context.ExecutionContext`."""

    def __init__(
        self, platform: LocalPlatform, execution_id: str, client: Client | None, workers: int | None
    ) -> None:
        self._platform = platform
        self._client = client
        self._workers = workers
        self._database = platform.database
        self.execution_id = execution_id
        row = self._read()
        self.app, self.function, self.inputs = row.app, row.function, row.inputs
        self.host: Host = platform.host(row.app)
        manifest = platform.apps.manifest(row.app)
        self.service = manifest.service_of(row.function)
        self._title = manifest.functions()[row.function].display_name
        self._max_attempts = self.service.max_attempts
        self._timeout_seconds = self.service.execution_timeout
        self._written = self._asked = 0.0
        self._cancelled = False

    def begin(self) -> bool:
        """Mark the execution as running; False when it must not (any more)."""
        with self._database.changing() as session:
            row = session.get_one(ExecutionRow, self.execution_id)
            if ExecutionStatus(row.status).final:
                return False
            row.attempts += 1
            attempts = row.attempts
            if row.status == ExecutionStatus.CREATED.value:
                row.message = ""  # what it waited for
            row.status = ExecutionStatus.RUNNING.value
            row.started = now()
        if attempts > self._max_attempts:
            self.fail(
                f"The worker died {attempts - 1} times, most likely for lack of memory. What was "
                "committed is kept; start it again to go on."
            )
            return False
        return True

    def progress(self, fraction: float, message: str = "") -> None:
        """Report progress from 0.0 to 1.0."""
        if time.monotonic() - self._written < WRITE_SECONDS and fraction < 1.0:
            return
        self._written = time.monotonic()
        with self._database.changing() as session:
            row = session.get_one(ExecutionRow, self.execution_id)
            if row.status in ACTIVE:  # else the host has ended it, and said why
                row.progress = min(max(fraction, 0.0), 1.0)
                row.message = message or row.message

    def log(self, message: str) -> None:
        """Add a line to the log."""
        with self._database.changing() as session:
            add_to_log(session.get_one(ExecutionRow, self.execution_id), message)

    def cancelled(self) -> bool:
        """Whether to stop: the user asked for it, or the host has ended it.

        Raises:
            TimeoutError: the execution has had the time that the app's manifest gives it.
        """
        if not self._cancelled and time.monotonic() - self._asked > WRITE_SECONDS:
            self._asked = time.monotonic()
            row = self._read()
            self._cancelled = row.cancel_requested or row.status not in ACTIVE
            started = datetime.fromisoformat(row.started or now())
            if (datetime.now(UTC) - started).total_seconds() > self._timeout_seconds:
                raise TimeoutError(f"it ran longer than {self._timeout_seconds} seconds")
        return self._cancelled

    @property
    def workers(self) -> int:
        """Processes that share what is mapped."""
        if self._client is None or self._workers is not None:
            return self._workers or 1
        return workers_of(self._client)

    def map(self, function: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
        """Apply a function to each value, in order.

        Raises:
            Cancelled: the user asked to stop.
            WorkerLost: workers died of one of the values, or took too much memory for it.
            SchedulerLost: the scheduler cannot be reached any more.
        """
        if self._client is None:
            return map(function, values)
        whole = Whole(
            data_dir=str(self._platform.data_dir),
            execution_id=self.execution_id,
            title=self._title,
            service=self.service.name,
            memory_mib=self.service.runtime.memory_mib,
        )
        part = within_limits(whole, function)
        return on_workers(self._client, part, values, self._stop_if_cancelled)

    def _stop_if_cancelled(self) -> None:
        if self.cancelled():
            raise Cancelled("Stopped; what was committed is kept.")

    def end(
        self, status: ExecutionStatus, *, output: object = None, message: str | None = None
    ) -> None:
        """Write how it ended, unless the host has ended it already."""
        end(self._database, self.execution_id, status, output=output, message=message)

    def fail(self, error: str) -> None:
        """Write that and why it failed, and tell the user."""
        fail(self._database, self.execution_id, self._title, error)

    def _read(self) -> ExecutionRow:
        with self._database.session() as session:
            return session.get_one(ExecutionRow, self.execution_id)
