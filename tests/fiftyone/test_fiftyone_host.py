"""The contract over the real FiftyOne: the conformance suite, and what FiftyOne adds to it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from clustering_app import hooks
from clustering_app.projection.runs import list_runs, read_run
from clustering_app.vectors.store import FeatureStore
from fiftyone_host.host import FiftyOneHost
from fiftyone_host.ids import id_of, item_id, load
from fiftyone_plugin import written_back
from host_contract.conformance import HostConformance, Workbench
from host_contract.entities import Dataset, Execution, ExecutionStatus, Item, Metadata
from host_contract.errors import InvalidInput, ItemGone, ItemUnreadable, NotFound
from tests.host_stub.pages.served_pages import picture, wait_for


@pytest.fixture(scope="module")
def host(fo: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FiftyOneHost]:
    opened = FiftyOneHost(hooks, tmp_path_factory.mktemp("state"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def workbench(
    fo: ModuleType, host: FiftyOneHost, tmp_path_factory: pytest.TempPathFactory
) -> Workbench:
    folder, numbers = tmp_path_factory.mktemp("files"), count()

    def new_dataset() -> Dataset:
        return host.dataset(id_of(fo.Dataset(persistent=True)))

    def add_item(
        dataset_id: str, name: str, content: bytes, labels: tuple[str, ...], metadata: Metadata
    ) -> Item:
        path = folder / str(next(numbers)) / name
        path.parent.mkdir()
        path.write_bytes(content)
        dataset = load(dataset_id)
        for field in metadata:
            if field != "tags" and not dataset.has_field(field):
                dataset.add_sample_field(field, fo.Field)  # of any type, as the suite's are
        said = [fo.Classification(label=one) for one in labels]
        sample = fo.Sample(path, said=fo.Classifications(classifications=said), **metadata)
        if dataset.media_type is not None:
            sample._media_type = dataset.media_type  # FiftyOne's are of one medium, the suite's not
        return host.item(item_id(dataset_id, dataset.add_sample(sample)))

    return Workbench(host=host, new_dataset=new_dataset, add_item=add_item)


class TestFiftyOneHost(HostConformance):
    """The suite, whole."""


@pytest.fixture
def three(fo: ModuleType, dataset: Any, tmp_path: Path) -> Any:
    """The dataset with pictures of three colours."""
    for colour in ("red", "green", "blue"):
        path = tmp_path / f"{colour}.png"
        path.write_bytes(picture(colour).getvalue())
        dataset.add_sample(fo.Sample(path, colour=fo.Classification(label=colour)))
    return dataset


def run(host: FiftyOneHost, function: str, inputs: Metadata) -> Execution:
    started = host.start_execution(function, inputs)
    return wait_for(lambda: (now := host.execution(started.id)).status.final and now)


def test_what_the_app_makes_is_in_the_dataset(
    fo: ModuleType, three: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    dataset_id = id_of(three)
    host = FiftyOneHost(hooks, tmp_path_factory.mktemp("state"), also=[written_back])
    ended = run(host, "extract_dataset", {"dataset": dataset_id})
    assert (ended.status, ended.error) == (ExecutionStatus.SUCCESS, None)
    three.reload()
    store = FeatureStore(host.storage(dataset_id))
    kept = store.read("mini-clip").by_item()
    for sample_id, vector in zip(*three.values(["id", "clustering_mini_clip"]), strict=True):
        np.testing.assert_array_equal(vector, kept[item_id(dataset_id, sample_id)])
    ids, vectors = host.vectors(dataset_id, "clustering_mini_clip")
    assert len(ids) == len(vectors) == 3
    (said,) = three.info["clustering"]
    assert (said["model"], said["count"], said["size"]) == ("mini-clip", 3, vectors.shape[1])

    for dimensions in (2, 3):
        inputs: Metadata = {"dataset": dataset_id, "method": "pca", "dimensions": dimensions}
        assert run(host, "run_projection", inputs).status is ExecutionStatus.SUCCESS
    three.reload()
    assert three.list_brain_runs() == ["clustering_pca_2d", "clustering_pca_3d"]
    shown = three.load_brain_results("clustering_pca_2d")
    (flat,) = [one for one in list_runs(store) if one.parameters.dimensions == 2]
    mapped = read_run(store, flat.id)
    places = dict(zip(mapped.item_ids, mapped.coordinates, strict=True))
    for sample_id, point in zip(shown.sample_ids, shown.points, strict=True):
        np.testing.assert_allclose(point, places[item_id(dataset_id, sample_id)])

    (record,) = host.feature_sets(dataset_id)
    host.delete_feature_set(record.id)
    three.reload()
    assert not three.has_field("clustering_mini_clip") and three.info["clustering"] == []
    host.close()


def test_deletions_in_fiftyone_are_noticed(three: Any, host: FiftyOneHost) -> None:
    dataset_id = id_of(three)
    assert run(host, "extract_dataset", {"dataset": dataset_id}).status is ExecutionStatus.SUCCESS
    store = FeatureStore(host.storage(dataset_id))
    host.look_for_deletions()
    first, *rest = three.values("id")
    three.delete_samples([first])
    assert store.count("mini-clip") == 3, "nobody has told this host yet"
    host.look_for_deletions()
    assert sorted(store.read("mini-clip").item_ids) == [item_id(dataset_id, one) for one in rest]
    assert host.delete_items([item_id(dataset_id, rest[0])]) == 1
    assert store.count("mini-clip") == 1, "its own deletions are heard at once"
    three.delete()
    host.look_for_deletions()
    assert not store.exists() and not Path(host.storage(dataset_id)).exists()
    with pytest.raises(NotFound):
        host.items(dataset_id)


def test_a_clone_has_items_of_its_own(three: Any, host: FiftyOneHost) -> None:
    clone = three.clone(persistent=True)
    here, there = id_of(three), id_of(clone)
    assert three.values("id") == clone.values("id"), "FiftyOne gives clones the same ids"
    first = clone.first().id
    assert host.delete_items([item_id(there, first)]) == 1
    assert (host.count_items(here), host.count_items(there)) == (3, 2)
    assert host.item(item_id(here, first)).name == "red.png"
    clone.delete()


def test_labels_tags_and_fields_are_said_and_written(
    fo: ModuleType, three: Any, host: FiftyOneHost
) -> None:
    dataset_id = id_of(three)
    box = fo.Detection(label="cat", bounding_box=[0.1, 0.2, 0.3, 0.4])
    sample = three.first()
    sample["seen"] = fo.Detections(detections=[box])
    sample["score"] = 0.5
    sample.save()
    item = host.item(item_id(dataset_id, sample.id))
    assert item.labels == ("red", "cat")
    assert item.annotations[1].coordinates == [0.1, 0.2, 0.3, 0.4]
    assert item.user_metadata == {"score": 0.5}

    ids = [item_id(dataset_id, one) for one in three.values("id")]
    result = host.run_action("tag", dataset_id, ids[:2], {"tag": "picked"})
    assert result.message == "2 samples were tagged 'picked'."
    assert three.count_sample_tags() == {"picked": 2}
    assert host.count_items(dataset_id, {"metadata.tags": "picked"}) == 2
    host.run_action("untag", dataset_id, ids, {"tag": "picked"})
    assert three.count_sample_tags() == {}

    assert host.update_metadata(ids, {"score": 1.5, "note": "x", "tags": ["a"]}) == 3
    three.reload()
    assert three.distinct("score") == [1.5] and three.distinct("tags") == ["a"]
    for wrong in (
        {"score": "high"},
        {"filepath": "x"},
        {"seen": "dog"},
        {"note": 1},
        {"a.b": 1},
        {"_a": 1},
    ):
        with pytest.raises(InvalidInput):
            host.update_metadata(ids, {"score": 2.5, **wrong})
    three.reload()
    assert three.distinct("score") == [1.5], "nothing is written when a part is wrong"


def test_a_missing_file_is_named(three: Any, host: FiftyOneHost) -> None:
    sample = three.first()
    Path(sample.filepath).unlink()
    item = host.item(item_id(id_of(three), sample.id))
    with pytest.raises(ItemGone, match=r"red\.png"):
        item.open()
    folder = Path(sample.filepath).parent
    folder.rename(folder.with_name("not mounted"))
    with pytest.raises(ItemUnreadable, match=r"red\.png") as raised:
        item.open()
    assert not isinstance(raised.value, ItemGone), "it may come back"
    with pytest.raises(ItemUnreadable, match=r"red\.png"):
        host.thumbnail(item.id)


def test_what_it_cannot_do_is_declared(three: Any, host: FiftyOneHost, tmp_path: Path) -> None:
    limits = host.limits()
    assert limits.notifications and limits.thumbnails
    assert limits.dataset_actions is None and limits.content_versions is None
    (tmp_path / "environment").write_text("elsewhere")
    with pytest.raises(InvalidInput, match="elsewhere"):
        FiftyOneHost(hooks, tmp_path)


def test_operators_of_the_plugin_extract_and_make_a_map(three: Any) -> None:
    import fiftyone.operators as foo
    from fiftyone.operators.executor import ExecutionError

    chosen = three.limit(2).values("id")
    operator = "@clustering/clustering/"
    foo.execute_operator(f"{operator}extract", {"dataset": three, "selected": chosen})
    three.reload()
    assert three.exists("clustering_mini_clip").values("id") == chosen
    foo.execute_operator(f"{operator}extract", {"dataset": three})
    inputs = {"method": "pca", "dimensions": 2}
    foo.execute_operator(f"{operator}run_projection", {"dataset": three, "params": inputs})
    three.reload()
    assert three.exists("clustering_mini_clip").count() == 3
    assert three.load_brain_results("clustering_pca_2d").points.shape == (3, 2)
    with pytest.raises(ExecutionError, match="no such model"):
        foo.execute_operator(
            f"{operator}extract", {"dataset": three, "params": {"model": "no such model"}}
        )
