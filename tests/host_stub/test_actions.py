"""Dataset Actions: those of the host, and the functions that apps put in the deployment slot."""

import csv
import io
import json
from typing import Any

import pytest

from host_contract.entities import Dataset, ExecutionStatus
from host_contract.errors import InvalidInput, NotFound
from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import png


@pytest.fixture
def item_ids(platform: LocalPlatform, dataset: Dataset) -> list[str]:
    return [
        platform.datasets.add(dataset.id, f"{n}.png", png(), labels=["stop"], metadata={"n": n}).id
        for n in range(4)
    ]


def test_menu_has_host_actions_and_functions_of_apps(
    platform: LocalPlatform, dataset: Dataset
) -> None:
    found = {action.label: action for action in platform.actions.list(dataset.id)}
    assert found["Delete items"].destructive
    assert found["Count dataset"].slot == "deployment"
    assert found["Export as CSV"].slot == "dataset"
    assert len({action.name for action in found.values()}) == len(found)


def test_set_metadata(platform: LocalPlatform, dataset: Dataset, item_ids: list[str]) -> None:
    run = platform.actions.run
    run("set_metadata", dataset.id, item_ids[:2], {"field": "checked", "value": True})
    assert platform.datasets.item_ids(dataset.id, {"metadata.checked": True}) == item_ids[:2]
    run("set_metadata", dataset.id, item_ids[:1], {"field": "checked", "value": None})
    assert platform.datasets.item_ids(dataset.id, {"metadata.checked": True}) == item_ids[1:2]


@pytest.mark.parametrize("inputs", [{}, {"field": ""}, {"field": 3}, {"field": "a.b", "value": 1}])
def test_set_metadata_needs_a_field(
    platform: LocalPlatform, dataset: Dataset, item_ids: list[str], inputs: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        platform.actions.run("set_metadata", dataset.id, item_ids, inputs)


def test_clone(platform: LocalPlatform, dataset: Dataset, item_ids: list[str]) -> None:
    other = platform.datasets.create("other")
    platform.actions.run("clone", dataset.id, item_ids[:3], {"dataset": other.id})
    assert platform.datasets.count_items(other.id) == 3
    with pytest.raises(NotFound):
        platform.actions.run("clone", dataset.id, item_ids, {"dataset": "nowhere"})
    with pytest.raises(InvalidInput):
        platform.actions.run("clone", dataset.id, item_ids, {})


def test_move_to_folder(platform: LocalPlatform, dataset: Dataset, item_ids: list[str]) -> None:
    platform.actions.run("move", dataset.id, item_ids[:2], {"folder": "checked/good"})
    assert platform.datasets.item_ids(dataset.id, {"folder": "/checked/good/"}) == item_ids[:2]
    for folder in ("", "../up", None, 3):
        with pytest.raises(InvalidInput):
            platform.actions.run("move", dataset.id, item_ids, {"folder": folder})


def test_add_label(platform: LocalPlatform, dataset: Dataset, item_ids: list[str]) -> None:
    for _ in range(2):
        platform.actions.run("add_label", dataset.id, item_ids[:2], {"label": " seen "})
    assert platform.datasets.item(item_ids[0]).labels == ("stop", "seen")
    assert platform.datasets.item_ids(dataset.id, {"label": "seen"}) == item_ids[:2]
    for label in ("", " ", None, "x" * 201):
        with pytest.raises(InvalidInput):
            platform.actions.run("add_label", dataset.id, item_ids, {"label": label})


def test_delete(platform: LocalPlatform, dataset: Dataset, item_ids: list[str]) -> None:
    platform.actions.run("delete", dataset.id, item_ids[1:], {})
    assert platform.datasets.item_ids(dataset.id) == item_ids[:1]


def test_items_of_another_dataset_are_not_touched(
    platform: LocalPlatform, dataset: Dataset, item_ids: list[str]
) -> None:
    other = platform.datasets.create("other")
    own = platform.datasets.add(other.id, "own.png", png()).id
    with pytest.raises(InvalidInput, match="any more"):
        platform.actions.run("count.nothing", other.id, item_ids, {})
    platform.actions.run("set_metadata", other.id, [*item_ids, own], {"field": "n", "value": 9})
    platform.actions.run("delete", other.id, [*item_ids, own], {})
    assert platform.datasets.count_items(other.id) == 0
    assert platform.datasets.item_ids(dataset.id) == item_ids
    assert platform.datasets.count_items(dataset.id, {"metadata.n": 9}) == 0


def test_export_csv_cannot_run_formulas(platform: LocalPlatform, dataset: Dataset) -> None:
    item = platform.datasets.add(
        dataset.id, "=cmd.png", png(), labels=["@sum"], metadata={"=f": "+1", "n": -1, "l": [1]}
    )
    result = platform.actions.run("export_csv", dataset.id, [item.id], {})
    assert result.file_name is not None and result.file_name.endswith(".csv")
    assert result.file_content is not None
    header, row = csv.reader(io.StringIO(result.file_content.decode("utf-8")))
    assert not [cell for cell in header if cell[:1] in "=+-@\t\r" and cell]
    found = dict(zip(header, row, strict=True))
    assert (found["name"], found["labels"]) == ("'=cmd.png", "'@sum")
    assert (found["metadata.=f"], found["metadata.n"], found["metadata.l"]) == ("'+1", "-1", "[1]")


def test_export_json(platform: LocalPlatform, dataset: Dataset, item_ids: list[str]) -> None:
    result = platform.actions.run("export_json", dataset.id, item_ids[:2], {})
    assert result.file_content is not None
    rows = json.loads(result.file_content)
    assert [row["id"] for row in rows] == item_ids[:2]
    assert rows[1]["metadata.n"] == 1


def test_function_of_an_app_gets_the_selection(working: LocalPlatform) -> None:
    dataset = working.datasets.create("selected")
    ids = [working.datasets.add(dataset.id, f"{n}.png", png()).id for n in range(4)]
    names = {action.label: action.name for action in working.actions.list(dataset.id)}

    def run(label: str, item_ids: list[str]) -> tuple[Any, Any]:
        result = working.actions.run(names[label], dataset.id, item_ids, {})
        assert result.execution_id is not None
        ended = working.executions.wait(result.execution_id)
        assert ended.status is ExecutionStatus.SUCCESS, ended.error
        return ended.inputs, ended.output

    some = {"dataset": dataset.id, "query": {"id": {"$in": ids[:3]}}}
    assert run("Count dataset", ids[:3]) == (some, 3)
    assert run("Count dataset", ids) == ({"dataset": dataset.id, "query": {}}, 4)
    assert run("Count dataset", []) == ({"dataset": dataset.id, "query": {}}, 4)
    assert run("Count items", ids[:2]) == ({"items": ids[:2]}, 2)
    assert run("Count items", []) == ({"items": ids}, 4), "nothing selected is the whole dataset"


def test_what_is_not_there_is_not_found(platform: LocalPlatform, dataset: Dataset) -> None:
    with pytest.raises(NotFound, match="fly"):
        platform.actions.run("fly", dataset.id, [], {})
    with pytest.raises(NotFound, match="nowhere"):
        platform.actions.list("nowhere")
    for action in ("delete", "export_csv", "set_metadata"):
        with pytest.raises(NotFound, match="nowhere"):
            platform.actions.run(action, "nowhere", [], {"field": "a", "value": 1})
