"""Keep this release's database for the tests of later ones: `python -m tools.dump_database`."""

import io
import sqlite3
import tempfile
from pathlib import Path

from host_stub.platform import LocalPlatform
from host_stub.schema import SCHEMA
from host_stub.users import Role

DATA = Path(__file__).parent.parent / "tests" / "data"


def main() -> None:
    """Write a database that holds a few rows, as SQL."""
    with tempfile.TemporaryDirectory() as folder, LocalPlatform(Path(folder)) as platform:
        dataset = platform.datasets.create("kept signs")
        kept = io.BytesIO(b"no picture")
        platform.datasets.add(dataset.id, "kept.png", kept, labels=["stop"], metadata={"n": 1})
        platform.users.add("kept", Role.OWNER)
        platform.notifications.add("kept message")
        database = sqlite3.connect(platform.data_dir / "host.sqlite")
        lines = "\n".join(database.iterdump())
        (DATA / f"host-{SCHEMA}.sql").write_text(lines + "\n", encoding="utf-8")
        database.close()


if __name__ == "__main__":
    main()
