from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from clustering_app.errors import NoFeatures
from clustering_app.projection.pca import principal_components
from clustering_app.projection.run import ARRAYS, Quality, Run, RunInfo, RunParameters
from clustering_app.projection.runs import delete_run, list_runs, read_run, write_run
from clustering_app.projection.spherize import spherizer
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.records import new_record_id
from clustering_app.vectors.store import FeatureStore

CREATED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_run(created: datetime = CREATED, *, count: int = 3, quality: Quality | None = None) -> Run:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((count, 4)).astype(np.float32)
    return Run(
        info=RunInfo(
            id=new_record_id("run", created),
            feature_set="mini-clip",
            snapshot="ABC",
            parameters=RunParameters(method="pca", dimensions=3, seed=2**32 - 1, min_dist=0.25),
            quality=quality,
            explained_variance=(0.5, 0.25, 0.125),
            count=count,
            created=created,
            seconds=1.5,
            versions={"numpy": "2.4"},
        ),
        item_ids=tuple(f"item-{row}" for row in range(count)),
        coordinates=random.standard_normal((count, 3)).astype(np.float32),
        clusters=np.arange(-1, count - 1, dtype=np.int32),
        broad_clusters=np.zeros(count, np.int32),
        fine_clusters=np.arange(count, dtype=np.int32),
        outlier_scores=random.random(count, dtype=np.float32),
        reach=random.random(count, dtype=np.float32),
        neighbours_kept=random.random(count, dtype=np.float32),
        trust=random.random(count, dtype=np.float32),
        spherizer=spherizer(vectors, "centre"),
        axes=principal_components(vectors, 3).axes,
    )


def a_store(folder: Path) -> FeatureStore:
    """A store with a feature set: a run is only ever made of one."""
    store = FeatureStore(str(folder))
    fingerprint = ModelFingerprint(
        model="mini-clip", weights_source=None, architecture="{}", weights="00",
        preprocessing="{}", dimension=4,
    )  # fmt: skip
    store.create("mini-clip", fingerprint)
    return store


@pytest.mark.parametrize(
    "quality", [None, Quality(trustworthiness=0.9, neighbours_kept=0.3, measured_on=2000)]
)
@pytest.mark.parametrize("count", [1, 5000])
def test_what_is_read_is_what_was_written(
    tmp_path: Path, count: int, quality: Quality | None
) -> None:
    run = a_run(count=count, quality=quality)
    write_run(a_store(tmp_path), run)
    found = read_run(FeatureStore(str(tmp_path)), run.info.id)
    assert found.info == run.info
    assert found.item_ids == run.item_ids
    for name in ARRAYS:
        expected = getattr(run, name)
        assert getattr(found, name).dtype == expected.dtype
        np.testing.assert_array_equal(getattr(found, name), expected)


def test_runs_are_listed_newest_first_and_can_be_deleted(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    assert list_runs(store) == []
    runs = [a_run(CREATED + timedelta(microseconds=age)) for age in (5, 0, 2_000_000)]
    for run in runs:
        write_run(store, run)
    oldest_first = [runs[1].info, runs[0].info, runs[2].info]
    assert list_runs(store) == oldest_first[::-1]
    delete_run(store, runs[2].info.id)
    assert list_runs(store) == oldest_first[1::-1]
    with pytest.raises(NoFeatures, match="press Run"):
        read_run(store, runs[2].info.id)
    with pytest.raises(NoFeatures):
        delete_run(store, runs[2].info.id)


def test_two_runs_of_one_moment_are_two() -> None:
    assert new_record_id("run", CREATED) != new_record_id("run", CREATED)
