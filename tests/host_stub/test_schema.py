"""Databases of every release are read by this one: steps, dumps kept in tests/data, and refusals.

A new step comes with a dump of what it leads to: python -m tools.dump_database
"""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from host_contract.errors import InvalidInput
from host_stub.database import Database, Table
from host_stub.platform import LocalPlatform
from host_stub.schema import SCHEMA, alembic_config

DUMPS = sorted((Path(__file__).parents[1] / "data").glob("host-*.sql"))


# Alembic skips them; they are compared below.
pytestmark = pytest.mark.filterwarnings("ignore:.*expression-based index")


def test_steps_lead_to_the_tables_of_this_release() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        config = alembic_config(connection)
        assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA
        command.upgrade(config, "head")
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert context.get_current_revision() == SCHEMA
        assert compare_metadata(context, Table.metadata) == []
    engine.dispose()


@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: path.stem)
def test_indices_are_the_same_however_they_came(dump: Path, tmp_path: Path) -> None:
    """Alembic cannot compare those of expressions."""
    database = sqlite3.connect(tmp_path / "host.sqlite")
    database.executescript(dump.read_text(encoding="utf-8"))
    database.close()

    def indices(data_dir: Path) -> set[str]:
        with LocalPlatform(data_dir) as platform, platform.database.engine.connect() as connection:
            wanted = text("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
            return set(connection.scalars(wanted))

    assert indices(tmp_path) == indices(tmp_path / "new")


def test_every_release_has_a_dump() -> None:
    assert f"host-{SCHEMA}.sql" in [path.name for path in DUMPS]


@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: path.stem)
def test_database_of_a_release_is_read(dump: Path, tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "host.sqlite")
    database.executescript(dump.read_text(encoding="utf-8"))
    database.close()
    with LocalPlatform(tmp_path) as platform:
        (dataset,) = platform.datasets.list()
        assert dataset.name == "kept signs"
        (item,) = platform.datasets.items(dataset.id, {"label": "stop"}).items
        assert (item.name, item.user_metadata) == ("kept.png", {"n": 1})
        assert platform.notifications.list()[0].title == "kept message"
        assert platform.users.any()
        engine = platform.database.engine
        with engine.connect() as connection:
            context = MigrationContext.configure(connection)
            assert context.get_current_revision() == SCHEMA
            assert compare_metadata(context, Table.metadata) == []


def test_database_of_a_later_release_is_left_alone(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path):
        pass
    database = sqlite3.connect(tmp_path / "host.sqlite")
    with database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(InvalidInput, match="later release"):
        LocalPlatform(tmp_path)


def test_several_may_open_a_new_directory_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for database in pool.map(lambda _: Database(tmp_path), range(8)):
            database.close()
