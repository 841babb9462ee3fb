"""The tables, in SQLite with a write-ahead log; opened by the server and its worker alike."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import regex
from sqlalchemy import (
    JSON,
    ColumnElement,
    Engine,
    ForeignKey,
    Index,
    UniqueConstraint,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from host_stub.schema import prepare

REGEX_SECONDS = 0.2
"""A pattern that needs longer on one value is refused: it may need for ever."""
MOST_BOUND = 1_000
"""Values of a list that are given one by one; a longer list is one value, in JSON."""
CACHE_KIB = 512
"""Of the file, for each connection of a session, up to fifteen: the system keeps it, too."""


class Table(DeclarativeBase):
    """Base of the tables."""

    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012 - SQLAlchemy's way


# A creation key is what a caller sends along, so that asking again makes nothing new.


class ProjectRow(Table):
    """A group of datasets."""

    __tablename__ = "projects"
    id: Mapped[str] = mapped_column(primary_key=True)
    creation_key: Mapped[str | None] = mapped_column(unique=True, index=True)
    name: Mapped[str]


class DatasetRow(Table):
    """A dataset."""

    __tablename__ = "datasets"
    id: Mapped[str] = mapped_column(primary_key=True)
    creation_key: Mapped[str | None] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str]
    created: Mapped[str]


class ItemRow(Table):
    """An item; its bytes and its thumbnail are files named by their SHA-256."""

    __tablename__ = "items"
    # Each order of a page of items, so that none of them sorts a whole dataset.
    __table_args__ = (
        Index("items_in_order", "dataset_id", "id"),
        Index("items_by_name", "dataset_id", text("lower(name)"), "id"),
        Index("items_by_folder", "dataset_id", "folder", text("lower(name)"), "id"),
        Index("items_by_size", "dataset_id", "size", "id"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    creation_key: Mapped[str | None] = mapped_column(unique=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"))
    name: Mapped[str]
    folder: Mapped[str]
    mimetype: Mapped[str]
    size: Mapped[int]
    created: Mapped[str]
    content: Mapped[str] = mapped_column(index=True)
    thumbnail: Mapped[str | None] = mapped_column(index=True)
    user_metadata: Mapped[dict[str, Any]]
    system_metadata: Mapped[dict[str, Any]]
    annotations: Mapped[list[Any]]
    labels: Mapped[list[Any]]


class FeatureSetRow(Table):
    """An app's record that it keeps vectors."""

    __tablename__ = "feature_sets"
    id: Mapped[str] = mapped_column(primary_key=True)
    app: Mapped[str]
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"))
    name: Mapped[str]
    size: Mapped[int]
    model: Mapped[str]
    fingerprint: Mapped[str]
    count: Mapped[int]


class ClientFeatureSetRow(Table):
    """A feature set whose vectors a client brings, and the host keeps."""

    __tablename__ = "client_feature_sets"
    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str]
    size: Mapped[int]
    type: Mapped[str]
    model: Mapped[str | None]
    created: Mapped[str]


class ClientVectorRow(Table):
    """A vector of a client's feature set, gone with the set and with the item."""

    __tablename__ = "client_vectors"
    __table_args__ = (UniqueConstraint("feature_set_id", "item_id"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    feature_set_id: Mapped[str] = mapped_column(
        ForeignKey("client_feature_sets.id", ondelete="CASCADE")
    )
    item_id: Mapped[str] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), index=True)
    value: Mapped[bytes]
    """float32, little-endian."""


class ExecutionRow(Table):
    """A call of a function."""

    __tablename__ = "executions"
    id: Mapped[str] = mapped_column(primary_key=True)
    creation_key: Mapped[str | None] = mapped_column(unique=True)
    app: Mapped[str]
    function: Mapped[str]
    dataset_id: Mapped[str | None] = mapped_column(index=True)
    inputs: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(index=True)
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    created: Mapped[str]
    started: Mapped[str | None]
    ended: Mapped[str | None]
    output: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    log: Mapped[str] = mapped_column(default="")
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    owner: Mapped[str]


class NotificationRow(Table):
    """A message in the bell."""

    __tablename__ = "notifications"
    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    text: Mapped[str]
    level: Mapped[str]
    dataset_id: Mapped[str | None]
    execution_id: Mapped[str | None]
    created: Mapped[str]
    read: Mapped[bool] = mapped_column(default=False)


class UserRow(Table):
    """Somebody who may use the host; the token itself is kept nowhere."""

    __tablename__ = "users"
    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)


class AppRow(Table):
    """An app that was installed by path, or switched off."""

    __tablename__ = "apps"
    name: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str | None]
    enabled: Mapped[bool] = mapped_column(default=True)


Made = TypeVar("Made", ProjectRow, DatasetRow, ItemRow, ExecutionRow)


def made_with(session: Session, table: type[Made], key: str | None) -> Made | None:
    """What was made with a creation key before, if it is still there."""
    if key is None:
        return None
    return session.scalars(select(table).where(table.creation_key == key)).one_or_none()


def among(column: Any, values: Sequence[str | int | float]) -> ColumnElement[bool]:
    """Whether a column has one of these values, however many: each statement takes 32,766."""
    wanted: Any = values
    if len(values) > MOST_BOUND:
        wanted = select(func.json_each(json.dumps(values)).table_valued("value").c.value)
    found: ColumnElement[bool] = column.in_(wanted)
    return found


class Database:
    """The engine, and sessions that commit at their end."""

    def __init__(self, data_dir: Path) -> None:
        """Open it, made or brought up to date as needed. Raises `InvalidInput` for a later one."""
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.engine = create_engine(f"sqlite:///{data_dir / 'host.sqlite'}")
        event.listen(self.engine, "connect", _prepare)
        prepare(self.engine, Table.metadata, data_dir)
        self._reading = sqlite3.connect(data_dir / "host.sqlite", check_same_thread=False)
        self._lock = threading.Lock()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that commits when the block ends well, and undoes everything otherwise."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def changing(self) -> Iterator[Session]:
        """The same for what reads and then writes: nobody else writes in between."""
        with self.session() as session:
            session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            yield session

    def version(self) -> int:
        """Another number after each commit, of this process or of any other."""
        # SQLite counts the commits of other connections; this one has none.
        [found] = self.row("PRAGMA data_version") or (0,)
        return int(found)

    def row(self, statement: str, *values: str) -> tuple[Any, ...] | None:
        """The first row that SQL finds, or None, by a connection that waits for nobody.

        For the event loop, and for what is to be found by its id: that takes 0.01 ms.
        """
        with self._lock:
            found: tuple[Any, ...] | None = self._reading.execute(statement, values).fetchone()
        return found

    def close(self) -> None:
        """Close every connection."""
        self._reading.close()
        engine: Engine = self.engine
        engine.dispose()


def _prepare(connection: Any, _record: object) -> None:
    cache = f"cache_size=-{CACHE_KIB}"
    for pragma in ("busy_timeout=30000", "foreign_keys=ON", cache):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("regexp", 2, _regexp, deterministic=True)
    connection.create_function("contains_text", 2, _contains_text, deterministic=True)


def _regexp(pattern: str, value: object) -> bool:
    found = isinstance(value, str) and regex.search(pattern, value, timeout=REGEX_SECONDS)
    return bool(found)


def _contains_text(value: object, part: str) -> bool:
    return isinstance(value, str) and part.lower() in value.lower()


_id_lock = threading.Lock()
_last_id = 0


def new_id() -> str:
    """24 hexadecimal digits that sort in the order of creation: microseconds, then chance."""
    global _last_id
    with _id_lock:
        _last_id = max(_last_id + 1, time.time_ns() // 1000)
        return f"{_last_id:014x}{secrets.token_hex(5)}"


def now() -> str:
    """The time in UTC, as ISO 8601, which sorts as text."""
    return datetime.now(UTC).isoformat()
