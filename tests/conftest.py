"""What every test shares: a few real, small images, and a guard against leaving the machine."""

import ipaddress
import os
import socket
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from clustering_app.demo import write_demo_folder
from tests.buckets import environment, new_bucket, s3_serving

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _stay_on_this_machine() -> Iterator[None]:
    """Refuse every connection of the test process that is not loopback."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise PermissionError(f"a test tried to connect to {host}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session")
def emoji_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's whole labelled set: about 1,600 drawings in eight class folders."""
    folder = tmp_path_factory.mktemp("emoji") / "emoji"
    write_demo_folder(folder)
    return folder


@pytest.fixture(scope="session")
def few_emoji_folder(tmp_path_factory: pytest.TempPathFactory, emoji_folder: Path) -> Path:
    """240 of the drawings, of three labels, 80 of each, with their metadata."""
    folder = tmp_path_factory.mktemp("few") / "few emoji"
    kept = set()
    for label in ("animals and nature", "food and drink", "smileys and emotion"):
        (folder / label).mkdir(parents=True)
        for source in sorted((emoji_folder / label).glob("*.png"))[:80]:
            os.link(source, folder / label / source.name)
            kept.add(f"{label}/{source.name}")
    header, *rows = (emoji_folder / "metadata.csv").read_text(encoding="utf-8").splitlines()
    rows = [row for row in rows if row.split(",")[0] in kept]
    (folder / "metadata.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def _s3_address() -> Iterator[str]:
    with s3_serving() as address:
        yield address


@pytest.fixture
def s3_server(_s3_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of a server that speaks S3, which the environment names."""
    for name, value in environment(_s3_address).items():
        monkeypatch.setenv(name, value)
    return _s3_address


@pytest.fixture
def bucket(s3_server: str) -> str:
    """URL of an empty bucket."""
    return new_bucket(s3_server)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    if report.skipped and "CI" in os.environ:
        report.outcome = "failed"
        report.longrepr = f"CI passes over no test: {report.longrepr[-1]}"
    if report.when == "call" and report.failed:
        item.user_properties.append(("failed", True))
    return report
