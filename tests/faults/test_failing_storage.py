"""A storage that gives nothing for a while costs nothing, and one that is gone holds up nobody."""

import errno
import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from clustering_app.extraction.content import READ_AT_ONCE
from clustering_app.extraction.patience import Patience
from clustering_app.extraction.prepared import (
    LEAST_THREADS,
    PICTURES_A_TURN,
    Unencodable,
    prepared_items,
)
from clustering_app.vectors.feature_set import ModelFingerprint
from host_contract.entities import ExecutionStatus, Item
from host_contract.errors import ItemUnreadable
from host_stub.platform import LocalPlatform
from tests.faults.extractions import begun, imported_often, store_of

ITEMS = 60


class Sizes:
    """An encoder that is asked for no vector here."""

    fingerprint = ModelFingerprint(
        model="sizes", weights_source=None, architecture="{}", weights="0" * 64,
        preprocessing="{}", dimension=1,
    )  # fmt: skip
    image_size = 8
    on_gpu = False

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        return np.asarray(image)

    def encode_images(self, prepared: NDArray[np.uint8]) -> NDArray[np.float32]:
        raise NotImplementedError

    def encode_texts(self, texts: object) -> NDArray[np.float32]:
        raise NotImplementedError


class Storage:
    """Gives the bytes of items, when it is there; knows how often it was asked for each."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.away = threading.Event()
        self.missing = set[str]()
        self.asked = Counter[str]()
        content = io.BytesIO()
        Image.new("RGB", (8, 8), "red").save(content, "PNG")
        self.content = content.getvalue()

    def items(self, count: int = ITEMS) -> Iterator[Item]:
        for number in range(count):
            name = f"{number:02}.png"
            yield Item(
                id=name, dataset_id="dataset", name=name, folder="/", mimetype="image/png",
                size=1, created=datetime.now(UTC), content_version="v",
            ).opened_by(self._opener(name))  # fmt: skip

    def _opener(self, name: str) -> Callable[[], BinaryIO]:
        def opened() -> BinaryIO:
            self.asked[name] += 1
            with self.lock:
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            time.sleep(self.seconds)
            with self.lock:
                self.at_once -= 1
            if self.away.is_set() or name in self.missing:
                raise ItemUnreadable(f"Item {name!r}: no such file.")
            return io.BytesIO(self.content)

        return opened


class Torn(io.BytesIO):
    """A file that can be opened, and then not be read."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(errno.EIO, "Input/output error")


class Odd(io.BytesIO):
    """A file of a host whose client raises errors of its own, by the method named."""

    def __init__(self, method: str, size: int) -> None:
        super().__init__(bytes(size))
        setattr(self, method, client_is_closed)


def client_is_closed(*_: object) -> NoReturn:
    raise RuntimeError("the client is closed")


def prepared(
    items: Iterator[Item], seconds: float, cancelled: Callable[[], bool] = lambda: False
) -> dict[str, str | None]:
    """For each item why it has no picture, or None."""
    found = prepared_items(items, Sizes(), cancelled, Patience(seconds))
    return {item.name: one.reason if isinstance(one, Unencodable) else None for item, one in found}


def test_a_storage_that_comes_back_is_waited_for() -> None:
    storage = Storage()
    storage.away.set()
    threading.Timer(2.0, storage.away.clear).start()
    assert set(prepared(storage.items(), seconds=60.0).values()) == {None}


def test_a_missing_file_among_others_is_tried_again_and_named() -> None:
    storage = Storage()
    storage.missing = {"03.png", "17.png", "39.png"}
    found = prepared(storage.items(), seconds=1.0)
    assert {name for name, reason in found.items() if reason} == storage.missing
    assert found["17.png"] == "cannot be read: Item '17.png': no such file."
    assert all(storage.asked[name] >= 2 for name in storage.missing)


def test_a_storage_that_stays_away_is_given_up_once_for_all() -> None:
    storage = Storage()
    storage.away.set()
    found = prepared(storage.items(), seconds=2.0)
    assert len(found) == ITEMS
    assert all(found.values())
    started = LEAST_THREADS * PICTURES_A_TURN  # all at once, before it was given up
    late = [storage.asked[f"{number:02}.png"] for number in range(started, ITEMS)]
    assert late == [2] * len(late)  # those no longer waited


@pytest.mark.parametrize(("seconds", "more"), [(0.05, True), (0.0, False)])
def test_of_a_storage_that_is_far_more_files_are_asked_for_at_a_time(
    seconds: float, more: bool
) -> None:
    storage = Storage(seconds)
    assert set(prepared(storage.items(600), seconds=60.0).values()) == {None}
    assert (storage.most_at_once > max(LEAST_THREADS, torch.get_num_threads())) == more


def test_a_cancel_ends_the_waiting() -> None:
    storage = Storage()
    storage.away.set()
    started = time.monotonic()
    assert prepared(storage.items(), 600.0, lambda: time.monotonic() > started + 1.0) == {}
    assert time.monotonic() < started + 60.0


@pytest.mark.parametrize("times", [1, 3])
def test_a_file_that_breaks_while_it_is_read_is_read_again(times: int) -> None:
    storage = Storage()
    first = next(storage.items())
    files = [Torn(storage.content) for _ in range(times)] + [io.BytesIO(storage.content)]
    assert prepared(iter([first.opened_by(lambda: files.pop(0))]), seconds=60.0) == {"00.png": None}
    assert files == []


@pytest.mark.parametrize("mimetype", ["image/png", "text/plain", "video/mp4"])
@pytest.mark.parametrize("size", [100, READ_AT_ONCE + 1])
@pytest.mark.parametrize("method", [None, "seek", "read"])
def test_an_error_of_a_hosts_own_is_the_items_and_stops_nothing(
    method: str | None, size: int, mimetype: str
) -> None:
    first, second = Storage().items(2)
    broken = first.model_copy(update={"mimetype": mimetype, "name": "00"}).opened_by(
        lambda: Odd(method, size) if method else client_is_closed()
    )
    assert prepared(iter([broken, second]), seconds=1.0) == {
        "00": "cannot be read: RuntimeError: the client is closed",
        "01.png": None,
    }


def test_files_that_are_gone_for_seconds_cost_no_vector(tmp_path: Path, emoji_folder: Path) -> None:
    with LocalPlatform(tmp_path) as platform:
        dataset = imported_often(platform, emoji_folder)
        started = begun(platform)
        (tmp_path / "files").rename(tmp_path / "gone")
        time.sleep(4.0)
        assert not platform.executions.get(started.id).status.final
        (tmp_path / "gone").rename(tmp_path / "files")
        ended = platform.executions.wait(started.id)
        assert (ended.status, ended.attempts) == (ExecutionStatus.SUCCESS, 1), ended.error
        assert store_of(platform).count("mini-clip") == platform.datasets.count_items(dataset.id)
