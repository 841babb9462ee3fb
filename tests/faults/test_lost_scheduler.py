"""The scheduler and all its workers fail: what was under way goes on when they are back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from host_contract.entities import ExecutionStatus
from host_stub.platform import LocalPlatform
from tests.faults.cluster_by_hand import Cluster, cluster_by_hand
from tests.faults.extractions import begun, check_kept, extracted, imported_often, store_of


@pytest.mark.parametrize("fail", [Cluster.kill, Cluster.kill_scheduler])
def test_an_extraction_goes_on_with_the_scheduler_that_is_started_again(
    tmp_path: Path, emoji_folder: Path, fail: Callable[[Cluster], None]
) -> None:
    with cluster_by_hand(tmp_path) as cluster:
        two_workers(cluster)
        with LocalPlatform(tmp_path / "data", scheduler=cluster.address) as platform:
            dataset = imported_often(platform, emoji_folder)
            started = begun(platform)
            store = store_of(platform)
            fail(cluster)
            before = store.read("mini-clip")
            cluster.start_scheduler()
            two_workers(cluster)
            ended = platform.executions.wait(started.id)
            assert (ended.status, ended.attempts) == (ExecutionStatus.SUCCESS, 2), ended.error
            assert any("waits for another" in line for line in platform.executions.log(started.id))
            found = store.read("mini-clip")
            assert sorted(found.item_ids) == platform.datasets.item_ids(dataset.id)
            check_kept(before, found)


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path, emoji_folder: Path) -> None:
    with cluster_by_hand(tmp_path) as cluster:
        cluster.kill()
        with LocalPlatform(tmp_path / "data", scheduler=cluster.address) as platform:
            platform.import_source(emoji_folder)
            ended = extracted(platform)
            assert ended.status is ExecutionStatus.LOST
            assert cluster.address in str(ended.error)
            assert "Start the scheduler and its workers, then retry it." in str(ended.error)
            cluster.start_scheduler()
            two_workers(cluster)
            again = platform.executions.wait(platform.executions.retry(ended.id).id)
            assert again.status is ExecutionStatus.SUCCESS, again.error


def two_workers(cluster: Cluster) -> None:
    cluster.start_worker()
    cluster.start_worker()
