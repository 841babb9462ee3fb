"""The cards in the drawer of the bell."""

from __future__ import annotations

from datetime import datetime

from host_contract.entities import Execution, ExecutionStatus, Level, Notification
from host_stub.pages import formats
from host_stub.pages.elements import Element, box, button, icon, line, text

ICONS = {
    Level.INFO: "info",
    Level.SUCCESS: "check_circle",
    Level.WARNING: "warning",
    Level.ERROR: "error",
}

STATUS_ICONS = {
    ExecutionStatus.CREATED: ("schedule", "level-quiet"),
    ExecutionStatus.RUNNING: ("play_circle", "level-info"),
    ExecutionStatus.SUCCESS: ("check_circle", "level-success"),
    ExecutionStatus.FAILED: ("error", "level-error"),
    ExecutionStatus.LOST: ("error", "level-error"),
    ExecutionStatus.CANCELLED: ("cancel", "level-quiet"),
}


def execution_card(execution: Execution, name: str, *, cancellable: bool) -> Element:
    """A running execution with its progress, remaining time and a Cancel button."""
    waiting = execution.status is ExecutionStatus.CREATED
    percent = f"{100 * execution.progress:.0f} %"
    facts = [
        "waiting to start" if waiting else percent,
        formats.remaining(execution.remaining_seconds),
    ]
    return line(
        execution.id,
        "inbox-card",
        box(
            "inbox-card-head",
            text(name, "inbox-card-title"),
            *([button("Cancel", {"cancel": execution.id})] if cancellable else []),
        ),
        Element(
            tag="progress",
            style="progress",
            attributes={"value": f"{execution.progress:.4f}", "max": "1", "aria-label": name},
        ),
        text(" · ".join(fact for fact in facts if fact), "quiet", "p"),
        *([text(execution.message, "inbox-text", "p")] if execution.message else []),
    )


def ended_card(execution: Execution, name: str, *, now: datetime) -> Element:
    """How an execution ended, and why when it failed."""
    symbol, style = STATUS_ICONS[execution.status]
    why = [text(execution.error, "inbox-text", "p")] if execution.error else []
    when = formats.ago(execution.ended or execution.created, now)
    return line(
        execution.id,
        "inbox-card inbox-message",
        icon(symbol, style),
        box(
            "inbox-body",
            text(name, "inbox-card-title", "p"),
            *why,
            text(f"{execution.status.value} · {when}", "quiet", "p"),
        ),
    )


def notification_card(
    notification: Notification, *, fresh: bool, undoable: bool, now: datetime
) -> Element:
    """A notification, with a link to what it tells of and a button that undoes it."""
    return line(
        notification.id,
        "inbox-card inbox-message" + (" fresh" if fresh else ""),
        icon(ICONS[notification.level], f"level-{notification.level.value}"),
        box(
            "inbox-body",
            text(notification.title, "inbox-card-title", "p"),
            *([text(notification.text, "inbox-text", "p")] if notification.text else []),
            *_subject(notification),
            text(formats.ago(notification.created, now), "quiet", "p"),
        ),
        *([button("Undo", {"undo": notification.id})] if undoable else []),
    )


def _subject(notification: Notification) -> list[Element]:
    if notification.execution_id is not None:
        return [
            Element(tag="a", text="Executions", style="link", attributes={"href": "/executions"})
        ]
    if notification.dataset_id is not None:
        address = f"/datasets/{notification.dataset_id}"
        return [Element(tag="a", text="Open dataset", style="link", attributes={"href": address})]
    return []
