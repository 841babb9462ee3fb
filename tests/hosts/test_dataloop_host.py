"""The contract over Dataloop's client: the conformance suite, the app on it, deletions noticed."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from clustering_app import hooks
from clustering_app.projector.actions import ActionsMenu
from clustering_app.projector.tab import ClusteringTab
from clustering_app.vectors.store import FeatureStore
from dataloop_host.host import DataloopHost
from host_contract.conformance import HostConformance, Workbench
from host_contract.entities import ActionResult, Dataset, Execution, ExecutionStatus, Item, Metadata
from host_contract.errors import InvalidInput, ItemGone, NotFound
from host_stub.features import Features
from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import APPS, png
from tests.host_stub.pages.served_pages import wait_for
from tests.projector.drawn import drawn


@pytest.fixture(scope="module")
def host(dl: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataloopHost]:
    opened = DataloopHost(hooks, tmp_path_factory.mktemp("state"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def workbench(dl: ModuleType, host: DataloopHost) -> Workbench:
    project = dl.projects.create(project_name="conformance")

    def new_dataset() -> Dataset:
        return host.dataset(project.datasets.create(dataset_name="conformance").id)

    def add_item(
        dataset_id: str, name: str, content: bytes, labels: tuple[str, ...], metadata: Metadata
    ) -> Item:
        buffer = io.BytesIO(content)
        buffer.name = name  # type: ignore[misc]
        dataset = dl.datasets.get(dataset_id=dataset_id)
        item = dataset.items.upload(local_path=buffer, item_metadata={"user": metadata})
        said = [dl.Annotation.new(annotation_definition=dl.Classification(one)) for one in labels]
        if said:
            item.annotations.upload(said)
        return host.item(item.id)

    return Workbench(host=host, new_dataset=new_dataset, add_item=add_item)


class TestDataloopHost(HostConformance):
    """The suite, through the client."""


def three(workbench: Workbench) -> tuple[Dataset, list[str]]:
    """A dataset of three pictures of different colours."""
    dataset = workbench.new_dataset()
    colours = ("red", "green", "blue")
    add = workbench.add_item
    pictures = [(f"{one}.png", png(one).getvalue()) for one in colours]
    return dataset, [add(dataset.id, name, content, (), {}).id for name, content in pictures]


def run(host: DataloopHost, function: str, inputs: Metadata) -> Execution:
    started = host.start_execution(function, inputs)
    return wait_for(lambda: (now := host.execution(started.id)).status.final and now)


def test_app_makes_a_map_and_deletions_of_others_are_noticed(
    dl: ModuleType, host: DataloopHost, workbench: Workbench
) -> None:
    dataset, ids = three(workbench)
    ended = run(host, "extract_dataset", {"dataset": dataset.id})
    assert (ended.status, ended.error, ended.progress) == (ExecutionStatus.SUCCESS, None, 1.0)
    assert host.executions(dataset.id) == [ended] and not host.executions(dataset.id, active=True)
    mapped = run(host, "run_projection", {"dataset": dataset.id, "method": "pca"})
    assert mapped.status is ExecutionStatus.SUCCESS, mapped.error
    tab = ClusteringTab(host, dataset)
    tab.view()
    asyncio.run(tab.reload())
    assert len(drawn(tab)["x"]) == 3
    tab.close()

    store = FeatureStore(host.storage(dataset.id))
    assert sorted(store.read("mini-clip").item_ids) == ids
    (record,) = host.feature_sets(dataset.id)
    assert (record.name, record.count) == ("mini-clip", 3)

    host.look_for_deletions()
    dl.items.delete(item_id=ids[0])
    assert store.count("mini-clip") == 3, "nobody has told this host yet"
    host.look_for_deletions()
    assert sorted(store.read("mini-clip").item_ids) == ids[1:]
    assert host.delete_items([ids[1]]) == 1
    assert store.read("mini-clip").item_ids == (ids[2],), "its own deletions are heard at once"

    dl.datasets.delete(dataset_id=dataset.id, sure=True, really=True)
    host.look_for_deletions()
    assert not store.exists() and not Path(host.storage(dataset.id)).exists()
    with pytest.raises(NotFound):
        host.feature_sets(dataset.id)


@pytest.mark.parametrize(
    "query",
    [{"name": {"$regex": "^(red|blue)"}}, {"name": ["red.png", "blue.png", "nowhere"]}],
    ids=["decided here", "by the service"],
)
def test_pages_of_a_query_hold_every_match_once(
    host: DataloopHost, workbench: Workbench, query: Metadata
) -> None:
    dataset, (red, _, blue) = three(workbench)
    first = host.items(dataset.id, query, limit=1)
    assert [item.id for item in first.items] == [red]
    assert (first.total, first.next_after) == (2, red)
    last = host.items(dataset.id, query, after=red, limit=1)
    assert [item.id for item in last.items] == [blue]
    assert (last.total, last.next_after) == (2, None)


def test_vectors_of_the_service_are_read_through_an_export(
    platform: LocalPlatform, host: DataloopHost, workbench: Workbench
) -> None:
    dataset, ids = three(workbench)
    mine = platform.client_vectors.create(dataset.project_id, "mine", size=2, kind="x", model=None)
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    platform.client_vectors.put(mine.id, dict(zip(ids, values.tolist(), strict=True)))
    found, vectors = host.vectors(dataset.id, "mine")
    assert found == ids
    np.testing.assert_array_equal(vectors, values)
    assert Features(platform).counts([dataset.id])[mine.id] == 3
    with pytest.raises(NotFound, match="other"):
        host.vectors(dataset.id, "other")


def test_bytes_of_a_deleted_item_are_gone(
    dl: ModuleType, host: DataloopHost, workbench: Workbench
) -> None:
    _, ids = three(workbench)
    item = host.item(ids[0])
    item.open().close()
    dl.items.get(item_id=ids[0]).delete()
    with pytest.raises(ItemGone, match=r"red\.png"):
        item.open()


def test_executions_fail_by_name(host: DataloopHost, workbench: Workbench) -> None:
    dataset, ids = three(workbench)
    ended = run(host, "extract_items", {"items": ids, "model": "no such model"})
    assert ended.status is ExecutionStatus.FAILED and "no such model" in str(ended.error)
    assert ended.dataset_id == dataset.id
    with pytest.raises(InvalidInput, match="datset"):
        host.start_execution("extract_dataset", {"datset": dataset.id})


async def nothing(result: ActionResult) -> None:
    """Hears of no action: there is none."""


def test_what_it_cannot_do_is_declared(host: DataloopHost, workbench: Workbench) -> None:
    limits = host.limits()
    assert all(limits.model_dump().values()), "each says why"
    dataset = workbench.new_dataset()
    menu = ActionsMenu(host, dataset.id, None, selected=list, done=nothing, tell=print)
    asyncio.run(menu.load())
    assert [one["label"] for one in menu.button.items] == [limits.dataset_actions]
    item = workbench.add_item(workbench.new_dataset().id, "a.png", png().getvalue(), (), {})
    assert host.thumbnail(item.id)[8:12] == b"WEBP"
    assert item.id in host.item_url(item.id)


def test_state_of_another_environment_is_refused(tmp_path: Path, host: Any) -> None:
    (tmp_path / "environment").write_text("https://elsewhere.invalid/api/v1")
    with pytest.raises(InvalidInput, match="elsewhere"):
        DataloopHost(hooks, tmp_path)


def test_an_execution_stops_when_it_is_cancelled(
    dl: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(APPS)
    import counting

    host = DataloopHost(counting, tmp_path / "state")
    try:
        first = host.start_execution("count_until", {"file": str(tmp_path / "never")})
        wait_for(lambda: host.execution(first.id).progress > 0)
        second = host.start_execution("count_until", {"file": str(tmp_path / "never")})
        for one in (second, first):
            host.cancel_execution(one.id)
        for one in (first, second):
            wait_for(lambda one=one: host.execution(one.id).status.final)
            assert host.execution(one.id).status is ExecutionStatus.CANCELLED
        assert host.execution(second.id).started is None
    finally:
        host.close()
