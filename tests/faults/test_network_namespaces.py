"""Workers in network namespaces of their own share an extraction, as those of other machines do."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from host_contract.entities import ExecutionStatus
from host_stub.platform import LocalPlatform
from tests.faults.cluster_by_hand import cluster_by_hand
from tests.faults.extractions import by_place, check_same, encoding_processes, extracted

NETWORK = "10.203.77"


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def namespaces() -> Iterator[dict[str, str]]:
    """Two that reach this machine and each other by a bridge: their names, and their addresses."""
    number = os.getpid()
    bridge, names = f"br{number}", {f"one{number}": "2", f"two{number}": "3"}
    made: list[tuple[str, ...]] = []
    try:
        try:
            ip("link", "add", bridge, "type", "bridge")
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"this machine lets no network namespace be made: {error}")
        made.append(("link", "del", bridge))
        ip("addr", "add", f"{NETWORK}.1/24", "dev", bridge)
        ip("link", "set", bridge, "up")
        for name, last in names.items():
            ip("netns", "add", name)
            made.append(("netns", "del", name))
            ip("link", "add", f"{name}v", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", f"{name}v", "master", bridge, "up")
            ip("-n", name, "addr", "add", f"{NETWORK}.{last}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield {name: f"{NETWORK}.{last}" for name, last in names.items()}
    finally:
        for undo in reversed(made):
            ip(*undo)


def vectors(platform: LocalPlatform) -> dict[str, np.ndarray]:
    """By folder and name, of an extraction that ended well at the first attempt."""
    ended = extracted(platform)
    assert (ended.status, ended.attempts) == (ExecutionStatus.SUCCESS, 1), ended.error
    return by_place(platform)


def test_two_namespaces_make_the_vectors_that_one_process_makes(
    tmp_path: Path, emoji_folder: Path, namespaces: dict[str, str]
) -> None:
    with LocalPlatform(tmp_path / "alone") as platform:
        platform.import_source(emoji_folder)
        alone = vectors(platform)
    with cluster_by_hand(tmp_path) as cluster:
        for name, address in namespaces.items():
            within = ("ip", "netns", "exec", name)
            cluster.start_worker(within, scheduler=f"{NETWORK}.1", host=address)
        with LocalPlatform(tmp_path / "data", scheduler=cluster.address) as platform:
            platform.import_source(emoji_folder)
            shared = vectors(platform)
        log = (tmp_path / "dask_worker.log").read_text()
        assert all(f"tcp://{address}:" in log for address in namespaces.values())
        assert len(encoding_processes()) == len(namespaces)
    check_same(shared, alone)
