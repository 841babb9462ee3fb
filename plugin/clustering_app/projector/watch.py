"""The app's executions on a dataset, as the tab shows them."""

from __future__ import annotations

from dataclasses import dataclass

from clustering_app.projector.parts import notice
from host_contract.context import Host
from host_contract.entities import Execution, ExecutionStatus, Metadata

EXTRACTIONS = ("extract_dataset", "extract_items")
"""Functions that keep what they finished when they are cancelled."""
CANCEL, TRY_AGAIN = "Cancel", "Try again"
TITLES = {
    "extract_dataset": "Extracting CLIP embeddings",
    "extract_items": "Extracting CLIP embeddings",
    "run_projection": "Making the map",
    "place_items": "Placing new items",
}


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What one look at the executions gave."""

    running: Execution | None
    ended: Execution | None
    """One that was running at the last look."""


class Watch:
    """Looks at the executions of a dataset, wherever they were started."""

    def __init__(self, host: Host, dataset_id: str) -> None:
        self._host = host
        self._dataset_id = dataset_id
        self._known: str | None = None

    def look(self) -> Progress:
        """Ask the host; call it in a thread."""
        active = self._host.executions(self._dataset_id, active=True)
        running = active[-1] if active else None  # the oldest: the others wait for it
        ended = None
        if self._known is not None and (running is None or running.id != self._known):
            last = self._host.execution(self._known)
            ended = last if last.status.final else None
        self._known = running.id if running else None
        return Progress(running=running, ended=ended)

    def follow(self, execution: Execution) -> None:
        """Take an execution that was just started."""
        self._known = execution.id


def progress_notice(execution: Execution, kind: str) -> Metadata:
    """How far an execution is, with a button that cancels it."""
    text = execution.message or "Waiting for the worker"
    if execution.remaining_seconds is not None:
        text += f" · about {duration(execution.remaining_seconds)} left"
    return notice(
        kind,
        TITLES.get(execution.function, execution.function),
        text,
        icon="hourglass_top" if kind == "page" else "",
        progress=execution.progress,
        buttons=[CANCEL],
    )


def failure_notice(execution: Execution, kind: str) -> Metadata | None:
    """Why an execution did not succeed; None when it did."""
    title = TITLES.get(execution.function, execution.function)
    if execution.status is ExecutionStatus.SUCCESS:
        return None
    if execution.status is ExecutionStatus.CANCELLED:
        keeps = execution.function in EXTRACTIONS
        return notice(
            "page" if kind == "page" else "strip",
            f"{title}: cancelled",
            "What was finished is kept; the next try goes on from there." if keeps else "",
            icon="cancel",
            buttons=[TRY_AGAIN],
        )
    return notice(
        "page" if kind == "page" else "error",
        f"{title}: failed",
        execution.error or "The worker stopped unexpectedly. Try again; the log says more.",
        icon="error_outline",
        buttons=[TRY_AGAIN],
    )


def duration(seconds: float) -> str:
    """A time to wait in words."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
