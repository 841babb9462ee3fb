"""Apps keep their data where the host was told to, and nowhere else unnoticed."""

import os
from pathlib import Path

import numpy as np
import pytest

from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from host_contract.errors import InvalidInput
from host_stub.backup import back_up, restore
from host_stub.platform import LocalPlatform
from tests.buckets import client, contents
from tests.host_stub.conftest import png

APP = "clustering"
FINGERPRINT = ModelFingerprint(
    model="tiny", weights_source=None, architecture="{}", weights="aa",
    preprocessing="{}", dimension=4,
)  # fmt: skip


def with_vectors(platform: LocalPlatform, count: int = 2) -> str:
    """Id of a new dataset, of whose items each has a vector."""
    dataset = platform.datasets.create("signs").id
    items = [platform.datasets.add(dataset, f"{n}.png", png()) for n in range(count)]
    store = FeatureStore(platform.host(APP).storage(dataset))
    store.create("tiny", FINGERPRINT)
    store.append("tiny", [i.id for i in items], ["1"] * count, np.ones((count, 4), np.float32))
    return dataset


def test_the_place_is_remembered(tmp_path: Path, bucket: str) -> None:
    with LocalPlatform(tmp_path / "data", storage=f"{bucket}/kept/") as platform:
        dataset = with_vectors(platform)
        assert platform.host(APP).storage(dataset) == f"{bucket}/kept/{APP}/{dataset}"
    assert not (tmp_path / "data" / "apps").exists()
    for storage in (None, f"{bucket}/kept"):
        with LocalPlatform(tmp_path / "data", storage=storage) as platform:
            store = FeatureStore(platform.host(APP).storage(dataset))
            assert store.count("tiny") == 2


def test_another_place_than_the_one_in_use_is_refused_by_name(tmp_path: Path, bucket: str) -> None:
    with LocalPlatform(tmp_path / "data") as platform:
        with_vectors(platform)
    with pytest.raises(InvalidInput, match=rf"lies in {tmp_path}/data/apps, not in {bucket}"):
        LocalPlatform(tmp_path / "data", storage=bucket)
    with LocalPlatform(tmp_path / "data"):
        pass
    with LocalPlatform(tmp_path / "other", storage=bucket):
        pass
    elsewhere = str(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput, match=rf"lies in {bucket}, not in {elsewhere}"):
        LocalPlatform(tmp_path / "other", storage=elsewhere)


def test_a_place_that_no_file_system_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere://bucket"):
        LocalPlatform(tmp_path / "data", storage="nowhere://bucket")
    with LocalPlatform(tmp_path / "data") as platform:
        assert platform.host(APP).storage("d") == str(tmp_path / "data" / "apps" / APP / "d")


def test_another_folder_is_a_place_too(tmp_path: Path) -> None:
    folder = tmp_path / "large disk"
    with LocalPlatform(tmp_path / "data", storage=str(folder)) as platform:
        dataset = with_vectors(platform)
        assert (folder / APP / dataset / "features").is_dir()
        platform.datasets.delete(dataset)
        assert [*(folder / APP).iterdir()] == []


def test_what_is_deleted_leaves_the_bucket(tmp_path: Path, bucket: str) -> None:
    with LocalPlatform(tmp_path / "data", storage=bucket) as platform:
        dataset, other = with_vectors(platform), with_vectors(platform)
        store = FeatureStore(platform.host(APP).storage(dataset))
        first, second = store.read("tiny").item_ids
        platform.datasets.delete_items([first])
        assert store.read("tiny").item_ids == (second,)
        # What the app does not know of goes too.
        address, name = os.environ["AWS_ENDPOINT_URL"], bucket.removeprefix("s3://")
        client(address).put_object(Bucket=name, Key=f"{APP}/{dataset}/stray", Body=b"left")
        platform.datasets.delete(dataset)
        assert not store.exists()
        assert not [key for key in contents(address, bucket) if dataset in key]
        assert FeatureStore(platform.host(APP).storage(other)).count("tiny") == 2


def test_a_backup_names_the_place(tmp_path: Path, bucket: str) -> None:
    with LocalPlatform(tmp_path / "data", storage=bucket) as platform:
        dataset = with_vectors(platform)
        back_up(platform, tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "again")
    with LocalPlatform(tmp_path / "again") as restored:
        assert FeatureStore(restored.host(APP).storage(dataset)).count("tiny") == 2
