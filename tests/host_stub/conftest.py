"""A real platform on a directory of its own, with tiny apps beside the installed one."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from host_contract.entities import Dataset
from host_stub.platform import LocalPlatform

APPS = Path(__file__).parent / "apps"


def png(colour: str = "red", size: tuple[int, int] = (24, 24)) -> io.BytesIO:
    """A small PNG."""
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    content.seek(0)
    return content


@pytest.fixture(scope="session", autouse=True)
def _apps_can_be_imported() -> Iterator[None]:
    """In the worker too: a process that is started takes over the path."""
    sys.path.append(str(APPS))
    yield
    sys.path.remove(str(APPS))


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[LocalPlatform]:
    with LocalPlatform(tmp_path / "data", modules=["counting"]) as opened:
        yield opened


@pytest.fixture
def dataset(platform: LocalPlatform) -> Dataset:
    return platform.datasets.create("signs")


@pytest.fixture(scope="package")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """One platform whose worker serves many tests, since a worker takes seconds to start."""
    data_dir = tmp_path_factory.mktemp("working")
    with LocalPlatform(data_dir, modules=["counting"]) as opened:
        yield opened


@pytest.fixture
def heard(platform: LocalPlatform) -> Callable[[str], list[Any]]:
    """What the counting app has heard of one hook, newest first."""

    def of(hook: str) -> list[Any]:
        return [told for told in platform.notifications.list(1000) if told.title == hook]

    return of


def workers() -> set[int]:
    """Processes that this one has started, and theirs."""
    return {child.pid for child in psutil.Process(os.getpid()).children(recursive=True)}
