"""The app's functions, run one after another in a thread of this process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import JsonValue

from host_contract.context import ExecutionContext, Host
from host_contract.entities import Execution, ExecutionStatus, Metadata
from host_contract.errors import Cancelled, NotFound
from host_contract.inputs import checked
from host_contract.manifest import Function

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")
Run = Callable[[str, Metadata, ExecutionContext], JsonValue]


class Executions:
    """Executions of one app, kept as long as this process lives. Safe to use from any thread."""

    def __init__(self, app: str, functions: Mapping[str, Function], run: Run, host: Host) -> None:
        """Take what the app's manifest declares, and what calls it."""
        self._app, self._functions, self._run, self._host = app, functions, run, host
        self._executions: dict[str, Execution] = {}
        self._cancelled: set[str] = set()
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=app)

    def start(self, function: str, inputs: Metadata, dataset_id: str | None) -> Execution:
        """Start a declared function. Raises `NotFound` or `InvalidInput`."""
        declared = self._functions.get(function)
        if declared is None:
            raise NotFound(f"App {self._app!r} declares no function {function!r}.")
        execution = Execution(
            id=f"{time.time_ns():024x}",
            app=self._app,
            function=function,
            dataset_id=dataset_id,
            inputs=checked(declared, inputs),
            created=datetime.now(UTC),
        )
        with self._lock:
            self._executions[execution.id] = execution
        self._thread.submit(self._work, execution)
        return execution

    def get(self, execution_id: str) -> Execution:
        """One execution as it stands now. Raises `NotFound`."""
        with self._lock:
            if execution_id not in self._executions:
                raise NotFound(f"There is no execution {execution_id!r}.")
            return self._executions[execution_id]

    def list(self, dataset_id: str, *, active: bool) -> list[Execution]:
        """Executions on a dataset, newest first."""
        with self._lock:
            found = [*self._executions.values()]
        return [
            one
            for one in reversed(found)
            if one.dataset_id == dataset_id and not (active and one.status.final)
        ]

    def cancel(self, execution_id: str) -> None:
        """Ask an execution to stop. Raises `NotFound`."""
        self.get(execution_id)
        self._cancelled.add(execution_id)

    def cancelled(self, execution_id: str) -> bool:
        """Whether it was asked to stop."""
        return execution_id in self._cancelled

    def change(self, execution_id: str, **changes: Any) -> None:
        """Give an execution other values."""
        with self._lock:
            now = self._executions[execution_id]
            self._executions[execution_id] = now.model_copy(update=changes)

    def close(self) -> None:
        """Ask all to stop, and wait until they did."""
        with self._lock:
            self._cancelled |= self._executions.keys()
        self._thread.shutdown()

    def _work(self, execution: Execution) -> None:
        context = Context(self, execution.id, self._host)
        ended: dict[str, Any]
        try:
            if context.cancelled():
                raise Cancelled("It was cancelled before it began.")
            running = {"status": ExecutionStatus.RUNNING, "attempts": 1}
            self.change(execution.id, started=datetime.now(UTC), **running)
            output = self._run(execution.function, execution.inputs, context)
            ended = {"status": ExecutionStatus.SUCCESS, "output": output, "progress": 1.0}
        except Cancelled as error:
            ended = {"status": ExecutionStatus.CANCELLED, "message": str(error)}
        except Exception as error:
            log.exception("%s failed", execution.function)
            ended = {"status": ExecutionStatus.FAILED, "error": f"{type(error).__name__}: {error}"}
        self.change(execution.id, ended=datetime.now(UTC), **ended)


class Context:
    """The host's side of `host_contract.context.ExecutionContext`."""

    workers = 1

    def __init__(self, executions: Executions, execution_id: str, host: Host) -> None:
        self._executions = executions
        self.execution_id = execution_id
        self.host = host

    def progress(self, fraction: float, message: str = "") -> None:
        """Report progress from 0.0 to 1.0."""
        changes: dict[str, Any] = {"progress": min(max(fraction, 0.0), 1.0)}
        self._executions.change(
            self.execution_id, **changes, **({"message": message} if message else {})
        )

    def log(self, message: str) -> None:
        """Add a line to this process' log."""
        log.info("%s: %s", self.execution_id, message)

    def cancelled(self) -> bool:
        """Whether the user asked to stop."""
        return self._executions.cancelled(self.execution_id)

    def map(self, function: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
        """Apply a function to each value, in order."""
        return map(function, values)
