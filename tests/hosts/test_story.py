"""The whole story in Dataloop's client: images in, the app's vectors out, all of it gone again."""

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from clustering_app.vectors.store import FeatureStore
from host_stub.platform import LocalPlatform
from tests.host_stub.pages.served_pages import wait_for

IMAGES = 300


def write_images(folder: Path) -> None:
    """Small pictures of 300 colours, in three folders."""
    for number in range(IMAGES):
        place = folder / f"part {number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        colour = (number % 256, number * 7 % 256, number * 31 % 256)
        Image.new("RGB", (16, 16), colour).save(place / f"{number:03}.png")


def test_images_become_vectors_and_leave_nothing(
    dl: ModuleType, platform: LocalPlatform, tmp_path: Path
) -> None:
    write_images(tmp_path / "images")
    project = dl.projects.create(project_name="story")
    dataset = project.datasets.create(dataset_name="story")
    given = {"user": {"batch": 1}}
    dataset.items.upload(local_path=str(tmp_path / "images" / "*"), item_metadata=given)
    assert dataset.items.list().items_count == IMAGES
    part = dl.Filters(field="dir", values="/part 1")
    part.add(field="metadata.user.batch", values=1)
    assert dataset.items.list(filters=part).items_count == IMAGES // 3

    started = dl.executions.create(
        service_id="clustering",
        function_name="extract_dataset",
        execution_input={"dataset": {"dataset_id": dataset.id}},
        project_id=project.id,
    )
    wait_for(lambda: not dl.executions.get(execution_id=started.id).in_progress())
    ended = dl.executions.wait(execution_id=started.id)
    assert ended.latest_status["status"] == "success", ended.latest_status
    assert ended.latest_status["percentComplete"] == 100
    (listed,) = dl.executions.list(dl.Filters("datasetId", dataset.id, resource="executions")).items
    assert listed.id == started.id
    (told,) = [one for one in dl.messages._list() if one.resource_id == started.id]
    assert told.title == "Features extracted"

    (feature_set,) = dataset.feature_sets.list().items
    assert (feature_set.name, feature_set.size) == ("mini-clip", 256)
    kept = FeatureStore(platform.host("clustering").storage(dataset.id)).read("mini-clip")
    by_item = kept.by_item()
    read = {one.entity_id: one.value for one in feature_set.features.list().all()}
    assert read.keys() == by_item.keys() and len(read) == IMAGES
    for item_id, value in read.items():
        np.testing.assert_array_equal(np.array(value, np.float16), by_item[item_id])
    path = dataset.export(local_path=str(tmp_path), include_feature_vectors=True)
    exported = json.loads(Path(path).read_text(encoding="utf-8"))
    assert {one["id"]: one["itemVectors"][0]["value"] for one in exported} == read
    with pytest.raises(dl.exceptions.Forbidden, match="keeps the vectors"):
        feature_set.delete()

    gone = {item.id for item in dataset.items.list(filters=part).all()}
    dataset.items.delete(filters=part)
    left = {one.entity_id for one in feature_set.features.list().all()}
    assert left == read.keys() - gone
    dataset.delete(sure=True, really=True)
    for is_gone in (dataset.items.list, lambda: project.feature_sets.get(feature_set.id)):
        with pytest.raises(dl.exceptions.NotFound):
            is_gone()
    assert not list(feature_set.features.list().all())
    assert not FeatureStore(platform.host("clustering").storage(dataset.id)).exists()
