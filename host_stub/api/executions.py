"""/executions: calls of apps' functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from host_contract.entities import Execution, Metadata
from host_stub.api.idempotency import CreationKey

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform


class NewExecution(BaseModel):
    """What starts an execution."""

    app: str
    function: str
    inputs: Metadata = Field(default_factory=dict)


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of executions."""
    found = APIRouter(prefix="/executions", tags=["executions"])

    @found.get("")
    def list_executions(
        dataset_id: str | None = None,
        active: bool = False,
        before: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> list[Execution]:
        """Executions, newest first; pass the last one's id as `before` for the next page."""
        return platform.executions.list(dataset_id, active=active, before=before, limit=limit)

    @found.post("", status_code=201)
    def start_execution(new: NewExecution, key: CreationKey) -> Execution:
        """Start a function that an app declares; with an Idempotency-Key, once."""
        return platform.executions.start(new.app, new.function, new.inputs, key=key)

    @found.get("/{execution_id}")
    def get_execution(execution_id: str) -> Execution:
        """One execution as it stands now."""
        return platform.executions.get(execution_id)

    @found.get("/{execution_id}/log")
    def get_log(execution_id: str) -> list[str]:
        """The lines of its log."""
        return platform.executions.log(execution_id)

    @found.post("/{execution_id}/terminate")
    def terminate_execution(execution_id: str) -> Execution:
        """Ask it to stop."""
        platform.executions.cancel(execution_id)
        return platform.executions.get(execution_id)

    @found.post("/{execution_id}/retry", status_code=201)
    def retry_execution(execution_id: str) -> Execution:
        """Start the same call again, as a new execution."""
        return platform.executions.retry(execution_id)

    return found
