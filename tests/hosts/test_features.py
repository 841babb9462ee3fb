"""Vectors that an app keeps are handed out by it, and gone with what they are of."""

from collections.abc import Sequence

import numpy as np
import pytest

from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from host_contract.errors import NotAllowed, NotFound
from host_stub.features import Features
from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import png


@pytest.fixture(scope="module")
def dataset_id(platform: LocalPlatform) -> str:
    return platform.datasets.create("vectors").id


@pytest.fixture(scope="module")
def item_ids(platform: LocalPlatform, dataset_id: str) -> list[str]:
    """Four items, of which the first three have a vector in a feature set of the app."""
    add = platform.datasets.add
    ids = [add(dataset_id, f"{number}.png", png()).id for number in range(4)]
    host = platform.host("clustering")
    store = FeatureStore(host.storage(dataset_id))
    fingerprint = ModelFingerprint(
        model="tiny",
        weights_source=None,
        architecture="{}",
        weights="aa",
        preprocessing="{}",
        dimension=2,
    )
    store.create("tiny", fingerprint)
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    store.append("tiny", ids[:3], ["v"] * 3, vectors)
    host.save_feature_set(dataset_id, "tiny", size=2, model="tiny", fingerprint="f", count=3)
    return ids


def test_hook_read_features(
    platform: LocalPlatform, dataset_id: str, item_ids: Sequence[str]
) -> None:
    def read(*wanted: str) -> dict[str, list[float]]:
        handed = platform.apps.call(
            "clustering",
            "read_features",
            host=platform.host("clustering"),
            dataset_id=dataset_id,
            feature_set="tiny",
            item_ids=wanted or None,
        )
        return {item_id: [*map(float, vector)] for item_id, vector in handed.items()}

    first, second, third, without = item_ids
    assert read() == {first: [0, 1], second: [2, 3], third: [4, 5]}
    assert read(third, without, "nowhere") == {third: [4, 5]}


def test_apps_and_clients_vectors_are_listed_as_one(
    platform: LocalPlatform, dataset_id: str, item_ids: Sequence[str]
) -> None:
    features, clients = Features(platform), platform.client_vectors
    mine = clients.create("default", "mine", size=3, kind="x", model=None)
    kept = clients.put(mine.id, {item_ids[0]: [1, 2, 3], item_ids[3]: [4, 5, 6]})
    assert clients.values([kept[1].id])[kept[1].id].tolist() == [4, 5, 6]
    (of_app,) = (kept.record for kept in features.of_apps(dataset_id))
    assert features.counts([dataset_id]) == {mine.id: 2, of_app.id: 3}
    found = features.with_numbers(features.vectors(item_ids=[item_ids[0]]))
    assert {one.place.feature_set_id: one.numbers.tolist() for one in found} == {  # type: ignore[union-attr]
        mine.id: [1, 2, 3],
        of_app.id: [0, 1],
    }
    clients.put(mine.id, {item_ids[0]: [7, 8, 9]})
    (again,) = features.with_numbers(
        features.vectors(feature_set_id=mine.id, item_ids=[item_ids[0]])
    )
    assert again.numbers is not None and again.numbers.tolist() == [7, 8, 9], "the new one replaces"

    with pytest.raises(NotFound, match="nowhere"):
        clients.put(mine.id, {item_ids[1]: [1, 1, 1], "nowhere": [1, 2, 3]})
    assert features.counts([dataset_id])[mine.id] == 2, "all or none are kept"
    with pytest.raises(NotAllowed, match="clustering"):
        features.must_be_a_clients(of_app.id)
    with pytest.raises(NotFound):
        features.must_be_a_clients("nowhere")

    platform.datasets.delete_items([item_ids[0]])
    assert features.counts([dataset_id]) == {mine.id: 1, of_app.id: 2}
    platform.datasets.delete(dataset_id)
    assert features.vectors(dataset_id=dataset_id) == []
    assert not clients.values([one.id for one in kept])
    assert clients.delete(mine.id) and not clients.delete(mine.id)
