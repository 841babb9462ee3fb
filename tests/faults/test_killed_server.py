"""The server is killed at random while it is written to: what it answered is there, and whole."""

import hashlib
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from host_stub.platform import LocalPlatform
from tests.host_stub.pages.served_pages import wait_for

KILLS = int(os.environ.get("HOST_KILLS", "5"))
"""How often the server is killed."""
WRITERS = 3
MOST_ANSWERS, MOST_SECONDS = 60, 0.3
"""A kill comes after so many answers at most, and then so many seconds."""

SERVER = """
import sys
from pathlib import Path
from host_stub.platform import open_platform

if __name__ == "__main__":
    with open_platform(Path(sys.argv[1])) as platform:
        platform.serve(address="127.0.0.1", port=0, ready=lambda origin: print(origin, flush=True))
"""


@contextmanager
def killed_server(script: Path, data_dir: Path) -> Iterator[str]:
    """A server that is killed at the end; its address."""
    with subprocess.Popen(
        [sys.executable, script, data_dir], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.kill()


class Writer(threading.Thread):
    """Adds, changes and deletes items of a dataset of its own until the server is gone."""

    def __init__(self, origin: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.origin, self.chance = origin, random.Random(seed)
        self.items: dict[str, tuple[str, int]] = {}
        """SHA-256 of the bytes and the number in the metadata, as answered, by item id."""
        self.deleted: set[str] = set()
        self.answers = 0
        self.asked: tuple[str, str, int] = ("", "", 0)
        """What had no answer yet: which change, of which item, and to which number."""

    def run(self) -> None:
        with httpx.Client(base_url=self.origin + "/api/v1", timeout=60) as client:
            try:
                made = client.post("/datasets", json={"name": "load"}).json()["id"]
                while True:
                    self.write(client, f"/datasets/{made}/items")
                    self.answers += 1
            except httpx.TransportError:
                return

    def write(self, client: httpx.Client, uploads: str) -> None:
        kind = self.chance.choice(["add", "add", "change", "delete"])
        if kind == "add" or not self.items:
            # Few contents, so that several items share their bytes, and deleting must look.
            content = bytes([self.chance.randrange(8)]) * 50_000
            self.asked = ("add", "", 0)
            added = client.post(uploads, files={"file": ("a.bin", content)}).raise_for_status()
            self.items[added.json()["id"]] = (hashlib.sha256(content).hexdigest(), -1)
            return
        item_id = self.chance.choice(sorted(self.items))
        number = self.chance.randrange(1_000_000)
        self.asked = (kind, item_id, number)
        if kind == "change":
            client.patch(f"/items/{item_id}", json={"n": number}).raise_for_status()
            self.items[item_id] = (self.items[item_id][0], number)
        else:
            client.delete(f"/items/{item_id}").raise_for_status()
            del self.items[item_id]
            self.deleted.add(item_id)


def check_answers(platform: LocalPlatform, writer: Writer) -> None:
    """Everything answered holds; what was not answered was done whole or not at all."""
    found = {
        item.id: item
        for dataset in platform.datasets.list()
        for item in platform.datasets.items(dataset.id, limit=100_000).items
    }
    kind, asked_id, asked_number = writer.asked
    for item_id, (sha256, number) in writer.items.items():
        if item_id not in found:
            assert (kind, asked_id) == ("delete", item_id), "an answered item is lost"
            continue
        item = found[item_id]
        with item.open() as content:
            assert hashlib.sha256(content.read()).hexdigest() == sha256
        there = item.user_metadata.get("n", -1)
        assert there == number or (kind, asked_id, asked_number) == ("change", item_id, there)
    assert writer.deleted.isdisjoint(found), "a deleted item is back"


def check_files(platform: LocalPlatform) -> None:
    """Every item has its bytes, and no file is there for nobody."""
    platform.datasets.tidy()
    used = set()
    for dataset in platform.datasets.list():
        for item in platform.datasets.items(dataset.id, limit=100_000).items:
            with item.open() as content:
                assert hashlib.sha256(content.read()).hexdigest() == item.content_version
            used.add(item.content_version)
    assert {path.name for path in (platform.data_dir / "files").glob("??/*")} == used


@pytest.mark.timeout(3600)
def test_what_was_answered_survives_kills(tmp_path: Path) -> None:
    script, data_dir = tmp_path / "server.py", tmp_path / "data"
    script.write_text(SERVER)
    chance = random.Random(7)
    writers: list[Writer] = []
    for _ in range(KILLS):
        with killed_server(script, data_dir) as origin:
            news = [Writer(origin, chance.randrange(1_000_000)) for _ in range(WRITERS)]
            for writer in news:
                writer.start()
            wanted = chance.randrange(10, MOST_ANSWERS)
            wait_for(lambda: sum(writer.answers for writer in news) >= wanted)  # noqa: B023 - called at once
            threading.Event().wait(chance.random() * MOST_SECONDS)
        for writer in news:
            writer.join(60)
        writers += news
        with LocalPlatform(data_dir) as platform:
            for writer in news:
                check_answers(platform, writer)
            check_files(platform)
    with LocalPlatform(data_dir) as platform:
        for writer in writers:
            check_answers(platform, writer)
