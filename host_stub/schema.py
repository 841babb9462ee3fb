"""The tables of a data directory are brought to this release, once, by whoever opens it first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock
from sqlalchemy import Connection, Engine, MetaData, inspect, text

from host_contract.errors import InvalidInput

if TYPE_CHECKING:
    from alembic.config import Config

SCHEMA = "0004"
"""The newest step in migrations/versions."""


def prepare(engine: Engine, tables: MetaData, data_dir: Path) -> None:
    """Make the tables, or bring those of an earlier release up to date.

    Raises:
        InvalidInput: the data directory was written by a later release.
    """
    # SQLite refuses, without waiting, some who turn its journal to WAL at the same time.
    with FileLock(data_dir / "schema.lock"), engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        version = _version(connection)
        if version is None:
            # A new database needs no steps; tests prove that they lead to the same tables.
            tables.create_all(connection)
            _write_version(connection)
        elif version != SCHEMA:
            _upgrade(connection, data_dir)


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings, for a connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, data_dir: Path) -> None:
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise InvalidInput(
            f"{data_dir} was written by a later release; open it with that one. ({error})"
        ) from error


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _write_version(connection: Connection) -> None:
    connection.execute(
        text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    )
    connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": SCHEMA})
