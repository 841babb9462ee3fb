"""Calls of apps' functions: rows in the database, run in worker processes of Dask distributed.

A worker is a process of its own, so that a crash or a lack of memory there never takes the pages
down. A killed worker is started again, and its execution with it, as often as the app's manifest
allows; functions go on where they stopped. So do executions that a host left behind when it
stopped, as soon as the next one serves.
"""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import select, update

from host_contract.entities import Execution, ExecutionStatus, Metadata
from host_contract.errors import InvalidInput, NotFound
from host_contract.inputs import checked
from host_contract.manifest import Function
from host_stub.database import (
    Database,
    DatasetRow,
    ExecutionRow,
    ItemRow,
    among,
    made_with,
    new_id,
    now,
)
from host_stub.execution_rows import (
    ACTIVE,
    add_to_log,
    alive,
    execution_of,
    found,
    this_process,
)
from host_stub.json_values import check_json
from host_stub.plugins import Apps
from host_stub.runner import Runner

POLL_SECONDS = 0.2
NOBODY = ""
"""The owner of what a host that closed in order has left behind."""


class Executions:
    """Start, watch and stop executions. Safe to use from any thread."""

    def __init__(
        self,
        database: Database,
        apps: Apps,
        data_dir: Path,
        modules: Sequence[str],
        scheduler: str | None,
        workers: int,
    ) -> None:
        """What an earlier host left behind stays as it is until `resume`.

        Args:
            database: Where the rows are.
            apps: Whose functions are called.
            data_dir: Opened by the workers too.
            modules: Apps named by module, for the workers.
            scheduler: Address of a running Dask scheduler; local workers are started without one.
            workers: How many of these share an execution.
        """
        self._database = database
        self._apps = apps
        self._owner = this_process()
        task = (str(data_dir), tuple(modules))
        self._runner = Runner(database, apps, task, self._owner, scheduler, workers)

    def start(
        self, app: str, function: str, inputs: Metadata, *, key: str | None = None
    ) -> Execution:
        """Start a declared function, and return at once; asked again with a key, start nothing.

        Workers that are not there yet are started meanwhile; its message says so.

        Raises:
            NotFound: there is no such app, function, dataset or item.
            InvalidInput: the inputs do not fit what the manifest declares.
        """
        declared = self._apps.manifest(app).functions().get(function)
        if declared is None:
            raise NotFound(f"App {app!r} declares no function {function!r}.")
        check_json(inputs, "The inputs")
        given = checked(declared, inputs)
        row = ExecutionRow(
            id=new_id(),
            creation_key=key,
            app=app,
            function=function,
            dataset_id=self._dataset_of(declared, given),
            inputs=given,
            status=ExecutionStatus.CREATED.value,
            message=self._runner.waited_for,
            created=now(),
            owner=self._owner,
        )
        with self._database.changing() as session:
            if (made := made_with(session, ExecutionRow, key)) is not None:
                return execution_of(made)
            session.add(row)
        self._runner.wake()
        return self.get(row.id)

    def retry(self, execution_id: str) -> Execution:
        """Start the same call again, as a new execution; functions go on with what was kept.

        Raises:
            NotFound: there is no such execution, app, function, dataset or item any more.
            InvalidInput: it has not ended yet, or ended well.
        """
        before = self.get(execution_id)
        if not before.status.final or before.status is ExecutionStatus.SUCCESS:
            raise InvalidInput(
                f"Execution {execution_id!r} is {before.status.value}; only one that failed, was "
                "cancelled or was lost can be retried."
            )
        return self.start(before.app, before.function, before.inputs)

    def resume(self) -> None:
        """Go on with what hosts that are gone left behind, or mark it as lost with the reason."""
        wanted = select(ExecutionRow).where(ExecutionRow.status.in_(ACTIVE))
        with self._database.changing() as session:
            for row in session.scalars(wanted.order_by(ExecutionRow.id)):
                if not alive(row.owner):
                    self._take_over(row)
        self._runner.wake()

    def get(self, execution_id: str) -> Execution:
        """One execution as it stands now. Raises `NotFound`."""
        with self._database.session() as session:
            return execution_of(found(session.get(ExecutionRow, execution_id), execution_id))

    def log(self, execution_id: str) -> builtins.list[str]:
        """The lines of an execution's log. Raises `NotFound`."""
        with self._database.session() as session:
            return found(session.get(ExecutionRow, execution_id), execution_id).log.splitlines()

    def list(
        self,
        dataset_id: str | None = None,
        *,
        active: bool = False,
        before: str | None = None,
        limit: int = 200,
    ) -> builtins.list[Execution]:
        """Executions, newest first.

        Args:
            dataset_id: Only those of this dataset.
            active: Only those not yet ended.
            before: Only those older than this execution's id; the last of a page gives the next.
            limit: At most so many.
        """
        wanted = select(ExecutionRow).order_by(ExecutionRow.id.desc()).limit(limit)
        if dataset_id is not None:
            wanted = wanted.where(ExecutionRow.dataset_id == dataset_id)
        if active:
            wanted = wanted.where(ExecutionRow.status.in_(ACTIVE))
        if before is not None:
            wanted = wanted.where(ExecutionRow.id < before)
        with self._database.session() as session:
            return [execution_of(row) for row in session.scalars(wanted)]

    def cancel(self, execution_id: str) -> None:
        """Ask an execution to stop; one that has not begun is cancelled at once."""
        with self._database.changing() as session:
            row = found(session.get(ExecutionRow, execution_id), execution_id)
            if row.status in ACTIVE:
                row.cancel_requested = True
            if row.status == ExecutionStatus.CREATED.value:
                row.status, row.ended = ExecutionStatus.CANCELLED.value, now()
                row.message = ""

    def report(self, execution_id: str, fraction: float, message: str) -> None:
        """Write the progress of one that is under way. Raises `NotFound`, or `InvalidInput`."""
        with self._database.changing() as session:
            row = found(session.get(ExecutionRow, execution_id), execution_id)
            if row.status not in ACTIVE:
                raise InvalidInput(f"Execution {execution_id!r} is {row.status} already.")
            row.progress, row.message = fraction, message or row.message

    def wait(
        self, execution_id: str, watch: Callable[[Execution], None] | None = None
    ) -> Execution:
        """Wait for the end, telling `watch` how it stands meanwhile."""
        pause = threading.Event()
        while True:
            execution = self.get(execution_id)
            if watch is not None:
                watch(execution)
            if execution.status.final:
                return execution
            pause.wait(POLL_SECONDS)

    def close(self) -> None:
        """Stop the workers; a host that serves later goes on with what was under way."""
        self._runner.close()
        left = update(ExecutionRow).where(
            ExecutionRow.status.in_(ACTIVE), ExecutionRow.owner == self._owner
        )
        with self._database.changing() as session:
            session.execute(left.values(owner=NOBODY))

    def _take_over(self, row: ExecutionRow) -> None:
        begun = row.status == ExecutionStatus.RUNNING.value
        reason = None
        try:
            service = self._apps.manifest(row.app).service_of(row.function)
            if begun and row.attempts >= service.max_attempts:
                reason = f"its app allows {service.max_attempts} attempts, and they are used up"
        except (NotFound, KeyError) as error:
            reason = f"it cannot go on: {error}"
        if row.cancel_requested:
            row.status, row.ended = ExecutionStatus.CANCELLED.value, now()
        elif reason is not None:
            row.status, row.ended = ExecutionStatus.LOST.value, now()
            row.error = (
                f"The host stopped meanwhile, and {reason}. What was done is kept; retry it."
            )
        else:
            row.status, row.owner = ExecutionStatus.CREATED.value, self._owner
            row.message = self._runner.waited_for
            add_to_log(row, "the host was started again; this goes on")

    def _dataset_of(self, function: Function, inputs: Metadata) -> str | None:
        """The dataset that an execution is about: its input, or that of its first item there is."""
        for declared in function.input:
            value = inputs.get(declared.name)
            if declared.type == "Dataset" and isinstance(value, str):
                with self._database.session() as session:
                    if session.get(DatasetRow, value) is None:
                        raise NotFound(f"There is no dataset {value!r}.")
                return value
            if declared.type == "Item[]" and isinstance(value, builtins.list) and value:
                ids = [one for one in value if isinstance(one, str)]
                wanted = select(ItemRow.id, ItemRow.dataset_id).where(among(ItemRow.id, ids))
                with self._database.session() as session:
                    known = {row.id: row.dataset_id for row in session.execute(wanted)}
                first = next((one for one in ids if one in known), None)
                if first is None:
                    raise NotFound(f"There is no item {value[0]!r}, nor any other of them.")
                return str(known[first])
        return None
