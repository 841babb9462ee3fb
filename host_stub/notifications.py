"""The messages in the bell."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update

from host_contract.entities import Level, Notification
from host_stub.database import Database, NotificationRow, among, new_id, now


class Notifications:
    """All messages, kept until the data directory goes. Safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        title: str,
        text: str = "",
        *,
        level: Level = Level.INFO,
        dataset_id: str | None = None,
        execution_id: str | None = None,
    ) -> Notification:
        """Put a message in the bell."""
        row = new_row(title, text, level=level, dataset_id=dataset_id, execution_id=execution_id)
        with self._database.session() as session:
            session.add(row)
        return _notification(row)

    def list(self, limit: int = 50, *, before: str | None = None) -> builtins.list[Notification]:
        """The newest messages, newest first; or those older than the one with the id `before`."""
        wanted = select(NotificationRow).order_by(NotificationRow.id.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(NotificationRow.id < before)
        with self._database.session() as session:
            return [_notification(row) for row in session.scalars(wanted)]

    def unread_count(self) -> int:
        """Number of messages not read yet."""
        with self._database.session() as session:
            wanted = select(func.count()).where(NotificationRow.read.is_(False))
            return session.scalar(wanted) or 0

    def mark_read(self, ids: Sequence[str] | None = None) -> None:
        """Mark these messages, or all, as read."""
        change = update(NotificationRow).values(read=True)
        if ids is not None:
            change = change.where(among(NotificationRow.id, ids))
        with self._database.session() as session:
            session.execute(change)


def new_row(
    title: str, text: str, *, level: Level, dataset_id: str | None, execution_id: str | None
) -> NotificationRow:
    """A message that is to be added, by whoever has a session already."""
    return NotificationRow(
        id=new_id(),
        title=title,
        text=text,
        level=level.value,
        dataset_id=dataset_id,
        execution_id=execution_id,
        created=now(),
        read=False,
    )


def _notification(row: NotificationRow) -> Notification:
    return Notification(
        id=row.id,
        title=row.title,
        text=row.text,
        level=Level(row.level),
        dataset_id=row.dataset_id,
        execution_id=row.execution_id,
        created=datetime.fromisoformat(row.created),
        read=row.read,
    )
