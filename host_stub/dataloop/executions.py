"""/executions: an app stands for the client's service, and its functions for the service's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from host_contract.entities import Execution, ExecutionStatus
from host_contract.errors import InvalidInput
from host_stub.dataloop.paging import Asked, records_page

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

STATUS = {
    ExecutionStatus.CREATED: "created",
    ExecutionStatus.RUNNING: "in-progress",
    ExecutionStatus.SUCCESS: "success",
    ExecutionStatus.FAILED: "failed",
    ExecutionStatus.CANCELLED: "canceled",
    ExecutionStatus.LOST: "system-failure",
}
REFERENCES = ("dataset_id", "item_id")
"""Keys of the objects by which the client names a dataset or an item as an input."""
MOST = 10_000
"""Executions that are looked through, newest first."""


class NewExecution(BaseModel):
    """What starts an execution."""

    functionName: str
    input: dict[str, Any] = Field(default_factory=dict)


class Reported(BaseModel):
    """Progress that somebody else than the worker reports."""

    status: str = "inProgress"
    percentComplete: Annotated[int, Field(ge=0, le=100)] | None = None
    message: str = ""
    output: Any = None


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of executions."""
    found = APIRouter()
    executions = platform.executions

    @found.post("/executions/{app}")
    def start_execution(app: str, new: NewExecution) -> dict[str, Any]:
        """Start a function that an app declares."""
        inputs = {name: _plain(value) for name, value in new.input.items()}
        return as_json(executions.start(app, new.functionName, inputs))

    @found.post("/query/faas")
    def query_executions(asked: Asked) -> dict[str, Any]:
        """The executions that pass a filter."""
        return records_page(map(as_json, executions.list(limit=MOST)), asked)

    @found.get("/executions/{execution_id}")
    def get_execution(execution_id: str) -> dict[str, Any]:
        """One execution as it stands now."""
        return as_json(executions.get(execution_id))

    @found.post("/executions/{execution_id}/progress")
    def report_progress(execution_id: str, reported: Reported) -> dict[str, Any]:
        """Say how far it is; how it ends is for the worker to say."""
        if reported.status != "inProgress" or reported.output is not None:
            raise InvalidInput("How an execution ends is reported by this host's worker alone.")
        executions.report(execution_id, (reported.percentComplete or 0) / 100, reported.message)
        return as_json(executions.get(execution_id))

    @found.post("/executions/{execution_id}/terminate")
    def terminate_execution(execution_id: str) -> dict[str, Any]:
        """Ask it to stop."""
        executions.cancel(execution_id)
        return as_json(executions.get(execution_id))

    @found.post("/executions/{execution_id}/rerun")
    def rerun_execution(execution_id: str) -> dict[str, Any]:
        """Start the same call again, as a new execution."""
        return as_json(executions.retry(execution_id))

    return found


def as_json(execution: Execution) -> dict[str, Any]:
    """An execution as the client reads it."""
    latest = {
        "status": STATUS[execution.status],
        "percentComplete": round(100 * execution.progress),
        "message": execution.message or "",
        "output": execution.output,
        "error": execution.error,
    }
    return {
        "id": execution.id,
        "serviceId": execution.app,
        "functionName": execution.function,
        "projectId": None,
        "datasetId": execution.dataset_id,
        "input": execution.inputs,
        "output": execution.output,
        "latestStatus": latest,
        "status": [latest],
        "attempts": execution.attempts,
        "toTerminate": execution.status is ExecutionStatus.CANCELLED,
        "createdAt": execution.created.isoformat(),
        "updatedAt": (execution.ended or execution.started or execution.created).isoformat(),
    }


def _plain(value: Any) -> Any:
    """An id where the client names a dataset or an item by an object of ids."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping) and value and value.keys() <= {*REFERENCES}:
        return value.get("item_id", value.get("dataset_id"))
    return value
