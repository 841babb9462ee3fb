"""The scheduler and all its workers fail: what was under way goes on when they are back."""

import time
from pathlib import Path

from clustering_app.vectors.store import FeatureStore
from host_contract.entities import ExecutionStatus
from host_stub.platform import LocalPlatform
from tests.faults.cluster_by_hand import Cluster, cluster_by_hand


def test_an_extraction_goes_on_with_the_scheduler_that_is_started_again(
    tmp_path: Path, emoji_folder: Path
) -> None:
    with cluster_by_hand(tmp_path) as cluster:
        two_workers(cluster)
        with LocalPlatform(tmp_path / "data", scheduler=cluster.address) as platform:
            dataset = platform.import_source(emoji_folder)
            started = platform.executions.start(
                "clustering", "extract_dataset", {"dataset": dataset.id}
            )
            store = FeatureStore(platform.host("clustering").storage(dataset.id))
            while store.count("mini-clip") == 0:
                assert not platform.executions.get(started.id).status.final
                time.sleep(0.05)
            cluster.kill()
            before = store.read("mini-clip")
            cluster.start_scheduler()
            two_workers(cluster)
            ended = platform.executions.wait(started.id)
            assert (ended.status, ended.attempts) == (ExecutionStatus.SUCCESS, 2), ended.error
            assert any("waits for another" in line for line in platform.executions.log(started.id))
            found = store.read("mini-clip")
            assert sorted(found.item_ids) == platform.datasets.item_ids(dataset.id)
            after = dict(zip(found.item_ids, found.vectors.tolist(), strict=True))
            for item_id, vector in zip(before.item_ids, before.vectors.tolist(), strict=True):
                assert after[item_id] == vector


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path, emoji_folder: Path) -> None:
    with cluster_by_hand(tmp_path) as cluster:
        cluster.kill()
        with LocalPlatform(tmp_path / "data", scheduler=cluster.address) as platform:
            dataset = platform.import_source(emoji_folder)
            inputs = {"dataset": dataset.id}
            ended = platform.run("clustering", "extract_dataset", inputs)
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
