"""Parts of an execution, in whatever worker does them: held to the limits of its service.

A worker that dies of a part is started again, and the part is done again by another. So the reason
is written to the execution before the worker is ended, and who comes to the part then leaves it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

from host_contract.errors import WorkerLost
from host_stub import memory
from host_stub.database import Database, ExecutionRow
from host_stub.execution_rows import ACTIVE, fail

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What a part has to know of its execution; goes to the workers."""

    data_dir: str
    execution_id: str
    title: str
    """Of its function, for people."""
    service: str
    memory_mib: int | None
    """That a process may hold while it does a part."""


def within_limits(whole: Whole, function: Callable[[T], R]) -> Callable[[T], R]:
    """The function as a part of an execution; itself where there is no limit.

    What is called raises what the function does, and `WorkerLost` where the execution has ended.
    """
    return function if whole.memory_mib is None else partial(_part, whole, function)


def _part(whole: Whole, function: Callable[[T], R], value: T) -> R:
    database = _database(whole.data_dir)
    with database.session() as session:
        row = session.get(ExecutionRow, whole.execution_id)
    if row is None or row.status not in ACTIVE:
        raise WorkerLost((row and row.error) or "Its execution has ended meanwhile.")
    exceeded = partial(fail, database, whole.execution_id, whole.title)
    with memory.at_most(whole.memory_mib, whole.service, exceeded):
        return function(value)


@cache
def _database(data_dir: str) -> Database:
    return Database(Path(data_dir))
