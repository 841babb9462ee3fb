"""Dataset Actions: those of the host, and the functions that apps put in the deployment slot."""

import csv
import io
import json
from typing import Any

import pytest

from host_contract.entities import ActionResult, Dataset, ExecutionStatus
from host_contract.errors import InvalidInput, NotAllowed, NotFound
from host_stub.platform import LocalPlatform
from host_stub.users import Role, User
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


def undone(platform: LocalPlatform, dataset: Dataset, result: ActionResult) -> str:
    """Take an action back; gives what is said."""
    assert result.undo is not None
    action, inputs = result.undo.name, result.undo.inputs
    said = platform.actions.run(action, dataset.id, [], inputs).message
    with pytest.raises(NotFound, match="any more"):
        platform.actions.run(action, dataset.id, [], inputs)
    return said


@pytest.mark.parametrize(
    ("action", "inputs"),
    [
        ("set_metadata", {"field": "n", "value": 9}),
        ("set_metadata", {"field": "n", "value": None}),
        ("set_metadata", {"field": "new {0}", "value": [1, {"a": "b"}]}),
        ("add_label", {"label": "{seen}"}),
        ("move", {"folder": "/checked/{good}"}),
    ],
)
def test_what_an_action_changed_is_undone(
    platform: LocalPlatform,
    dataset: Dataset,
    item_ids: list[str],
    action: str,
    inputs: dict[str, Any],
) -> None:
    before = platform.datasets.items(dataset.id).model_dump()
    result = platform.actions.run(action, dataset.id, item_ids[:3], inputs)
    assert result.message.startswith("3 items")
    assert platform.notifications.list()[0].title == result.message
    assert undone(platform, dataset, result) == "Undone on 3 items."
    assert platform.datasets.items(dataset.id).model_dump() == before


def test_what_was_changed_again_since_stays(
    platform: LocalPlatform, dataset: Dataset, item_ids: list[str]
) -> None:
    run = platform.actions.run
    field = run("set_metadata", dataset.id, item_ids, {"field": "n", "value": 7})
    folder = run("move", dataset.id, item_ids, {"folder": "/new/"})
    run("set_metadata", dataset.id, item_ids[:1], {"field": "n", "value": 8})
    run("set_metadata", dataset.id, item_ids[1:2], {"field": "other", "value": 1})
    run("move", dataset.id, item_ids[:1], {"folder": "/newer/"})
    platform.datasets.delete_items(item_ids[3:])
    said = undone(platform, dataset, field)
    assert said == "Undone on 2 items. 2 items changed since and left alone."
    undone(platform, dataset, folder)
    found = platform.datasets.items(dataset.id).items
    assert [item.user_metadata["n"] for item in found] == [8, 1, 2]
    assert found[1].user_metadata["other"] == 1
    assert [item.folder for item in found] == ["/newer/", "/", "/"]


def test_copies_that_nobody_changed_are_taken_away(
    platform: LocalPlatform, dataset: Dataset, item_ids: list[str]
) -> None:
    other = platform.datasets.create("other")
    platform.datasets.add(other.id, "own.png", png())
    result = platform.actions.run("clone", dataset.id, item_ids[:3], {"dataset": other.id})
    kept, *_, last = platform.datasets.item_ids(other.id)
    platform.datasets.update_metadata([last], {"seen": True})
    assert undone(platform, dataset, result).startswith("Undone on 2 items.")
    assert platform.datasets.item_ids(other.id) == [kept, last]
    assert platform.datasets.count_items(dataset.id) == 4


def test_only_the_newest_actions_of_a_dataset_are_undone_and_only_there(
    platform: LocalPlatform, dataset: Dataset, item_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host_stub.undos.MOST_KEPT", 2)
    run = platform.actions.run
    results = [run("add_label", dataset.id, item_ids, {"label": label}) for label in "abc"]
    assert results[0].undo is not None
    assert results[1].undo is not None
    other = platform.datasets.create("other")
    for of, undo in ((dataset, results[0].undo), (other, results[1].undo)):
        with pytest.raises(NotFound, match="any more"):
            run(undo.name, of.id, [], undo.inputs)
    with pytest.raises(InvalidInput):
        run("undo", dataset.id, [], {})
    undone(platform, dataset, results[1])
    assert platform.datasets.item(item_ids[0]).labels == ("stop", "a", "c")
    assert run("add_label", dataset.id, item_ids, {"label": "stop"}).undo is None
    assert run("delete", dataset.id, item_ids[:1], {}).undo is None
    assert "undo" not in {action.name for action in platform.actions.list(dataset.id)}


def test_a_viewer_undoes_nothing(
    platform: LocalPlatform, dataset: Dataset, item_ids: list[str]
) -> None:
    result = platform.actions.run("add_label", dataset.id, item_ids, {"label": "seen"})
    assert result.undo is not None
    viewer = User(name="viewer", role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        platform.actions.run(result.undo.name, dataset.id, [], result.undo.inputs, viewer)
    assert platform.datasets.item(item_ids[0]).labels == ("stop", "seen")


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
