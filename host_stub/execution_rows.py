"""Executions as rows: handed out as entities, and ended once, by whoever comes first."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import psutil
from sqlalchemy.orm import Session

from host_contract.entities import Execution, ExecutionStatus, Level
from host_contract.errors import NotFound
from host_stub.database import Database, ExecutionRow, now
from host_stub.notifications import new_row

ACTIVE = (ExecutionStatus.CREATED.value, ExecutionStatus.RUNNING.value)
LEAST_PROGRESS = 0.03
"""Below this fraction the time that remains is not estimated."""


def found(row: ExecutionRow | None, execution_id: str) -> ExecutionRow:
    """The row, if there is one. Raises `NotFound`."""
    if row is None:
        raise NotFound(f"There is no execution {execution_id!r}.")
    return row


def execution_of(row: ExecutionRow) -> Execution:
    """The execution of a row, as it stands now."""
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


def end(
    database: Database,
    execution_id: str,
    status: ExecutionStatus,
    *,
    output: object = None,
    message: str | None = None,
    error: str | None = None,
) -> bool:
    """Write how an execution ended; False when it had ended already, or is gone."""
    with database.changing() as session:
        return _end(session, execution_id, status, output, message, error) is not None


def fail(database: Database, execution_id: str, title: str, error: str) -> bool:
    """Write that and why an execution failed, and tell the user; False when it had ended already.

    Args:
        database: Where it is.
        execution_id: Which one.
        title: Of its function, for people.
        error: Why.
    """
    with database.changing() as session:
        row = _end(session, execution_id, ExecutionStatus.FAILED, None, None, error)
        if row is not None:
            told = new_row(
                f"{title} failed",
                error,
                level=Level.ERROR,
                dataset_id=row.dataset_id,
                execution_id=row.id,
            )
            session.add(told)  # at once: the next moment this process may be killed
        return row is not None


def _end(
    session: Session,
    execution_id: str,
    status: ExecutionStatus,
    output: object,
    message: str | None,
    error: str | None,
) -> ExecutionRow | None:
    row = session.get(ExecutionRow, execution_id)
    if row is None or row.status not in ACTIVE:
        return None
    if row.status == ExecutionStatus.CREATED.value:
        row.message = ""  # what it waited for
    row.status, row.ended, row.error = status.value, now(), error
    row.output = {"value": output}
    row.message = row.message if message is None else message
    if status is ExecutionStatus.SUCCESS:
        row.progress = 1.0
    return row


def add_to_log(row: ExecutionRow, message: str) -> None:
    """Add a line to an execution's log."""
    row.log += f"{datetime.now(UTC):%H:%M:%S} {message}\n"


def owner_of(pid: int) -> str:
    """A process by number and birth, since numbers come again. Raises `psutil.NoSuchProcess`."""
    return f"{pid}@{psutil.Process(pid).create_time():.2f}"


def alive(owner: str) -> bool:
    """Whether the process that looks after an execution is still there."""
    try:
        return owner_of(int(owner.partition("@")[0])) == owner
    except (psutil.NoSuchProcess, ValueError):
        return False


def this_process() -> str:
    """The owner of what this process starts."""
    return owner_of(os.getpid())
