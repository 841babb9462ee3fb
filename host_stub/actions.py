"""The Dataset Actions menu: what the host can do with a selection, and the apps' functions."""

from __future__ import annotations

import builtins
import csv
import io
import json
from collections.abc import Callable, Sequence
from functools import partial

from pydantic import JsonValue

from host_contract.entities import (
    ActionInput,
    ActionResult,
    DatasetAction,
    Item,
    Level,
    Metadata,
    UndoAction,
)
from host_contract.errors import InvalidInput, NotFound
from host_contract.manifest import Function
from host_stub.changes import AddLabel, Change, MergeMetadata, Move
from host_stub.datasets import Datasets
from host_stub.executions import Executions
from host_stub.item_rows import check_labels, folder_of
from host_stub.notifications import Notifications
from host_stub.plugins import Apps
from host_stub.undos import MOST_ITEMS, Undo, Undos
from host_stub.users import LOCAL_USER, Role, User

Action = Callable[[str, Sequence[str], Metadata], ActionResult]

READING = ("export_csv", "export_json")
"""Actions that change nothing."""
UNDO = "undo"
"""Not in the menu: the result of an action names it."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A cell of text that starts so is run as a formula by spreadsheet programs (OWASP)."""


class Actions:
    """Every action, of the host and of the apps."""

    def __init__(
        self,
        datasets: Datasets,
        apps: Apps,
        executions: Executions,
        notifications: Notifications,
    ) -> None:
        self._datasets = datasets
        self._apps = apps
        self._executions = executions
        self._notifications = notifications
        self._undos = Undos()

    def undoable(self) -> frozenset[str]:
        """Ids of the messages in the bell that tell of something which can be undone now."""
        return self._undos.keys()

    def list(self, dataset_id: str, user: User = LOCAL_USER) -> builtins.list[DatasetAction]:
        """What a user may do with a selection of a dataset's items. Raises `NotFound`."""
        self._datasets.get(dataset_id)
        if not user.may(Role.EDITOR):
            return [action for action in HOST_ACTIONS if action.name in READING]
        deployment = (
            DatasetAction(name=name, label=label, slot="deployment")
            for name, (label, _, _) in self._functions().items()
        )
        return [*HOST_ACTIONS, *deployment]

    def run(
        self,
        name: str,
        dataset_id: str,
        item_ids: Sequence[str],
        inputs: Metadata,
        user: User = LOCAL_USER,
    ) -> ActionResult:
        """Apply an action to the items that are in the dataset.

        A function of an app takes the whole dataset where no item is given.

        Raises:
            NotFound: there is no such action or dataset.
            InvalidInput: the inputs do not fit, or none of the items is in the dataset any more.
            NotAllowed: the user may only look.
        """
        if name not in READING:
            user.must(Role.EDITOR, "This action")
        there = self._datasets.item_ids(dataset_id)
        chosen = set(item_ids)
        selected = [item_id for item_id in there if item_id in chosen]
        if item_ids and not selected:
            raise InvalidInput("None of the selected items is in this dataset any more.")
        if name in (UNDO, *(action.name for action in HOST_ACTIONS)):
            run: Action = getattr(self, f"_{name}")
            return run(dataset_id, selected, inputs)
        functions = self._functions()
        if name not in functions:
            raise NotFound(f"There is no Dataset Action {name!r}.")
        label, app, function = functions[name]
        selected = selected or there
        given = _inputs(function, dataset_id, selected, whole=len(selected) == len(there))
        execution = self._executions.start(app, function.name, given)
        message = f"{label} has started on {len(selected):,} items; the bell shows its progress."
        return ActionResult(message=message, execution_id=execution.id)

    def _functions(self) -> dict[str, tuple[str, str, Function]]:
        """Label, app and function of each entry in the deployment slot, by name."""
        return {
            f"{app.name}.{toolbar.name}": (
                toolbar.display_name,
                app.name,
                app.manifest.namespaces()[toolbar.invoke.namespace],
            )
            for app in self._apps.working()
            if app.manifest
            for toolbar in app.manifest.components.toolbars
            if toolbar.location == "datasetBrowserApps" and toolbar.invoke.type == "function"
        }

    def _set_metadata(
        self, dataset_id: str, item_ids: Sequence[str], inputs: Metadata
    ) -> ActionResult:
        field = inputs.get("field")
        if not isinstance(field, str) or not field.strip() or "." in field or '"' in field:
            raise InvalidInput("Give the field a name, without dots and quotes.")
        change = MergeMetadata({field.strip(): inputs.get("value")})
        return self._change(dataset_id, item_ids, change, f": {field.strip()} is set.")

    def _move(self, dataset_id: str, item_ids: Sequence[str], inputs: Metadata) -> ActionResult:
        folder = folder_of(_text(inputs, "folder", "Name the folder."))
        return self._change(dataset_id, item_ids, Move(folder), f" moved to {folder}.")

    def _add_label(
        self, dataset_id: str, item_ids: Sequence[str], inputs: Metadata
    ) -> ActionResult:
        label = _text(inputs, "label", "Name the label.").strip()
        check_labels([label])
        return self._change(dataset_id, item_ids, AddLabel(label), f" labelled {label}.")

    def _clone(self, dataset_id: str, item_ids: Sequence[str], inputs: Metadata) -> ActionResult:
        target = self._datasets.get(_text(inputs, "dataset", "Choose the dataset to clone to."))
        copies = self._datasets.clone_items(item_ids, target.id)
        said = f"{counted(len(copies))} cloned to {target.name}."
        take_back = partial(self._datasets.delete_unchanged, copies)
        return self._told(said, Undo(dataset_id, len(copies), take_back))

    def _delete(self, dataset_id: str, item_ids: Sequence[str], inputs: Metadata) -> ActionResult:
        count = self._datasets.delete_items(item_ids)
        message = f"{counted(count)} deleted, with their features."
        self._notifications.add(message, level=Level.SUCCESS, dataset_id=dataset_id)
        return ActionResult(message=message)

    def _undo(self, dataset_id: str, item_ids: Sequence[str], inputs: Metadata) -> ActionResult:
        undo = self._undos.take(dataset_id, _text(inputs, "of", "Say what is to be undone."))
        count = undo.take_back()
        rest = undo.count - count
        left = f" {counted(rest)} changed since and left alone." if rest else ""
        return ActionResult(message=f"Undone on {counted(count)}.{left}")

    def _change(
        self, dataset_id: str, item_ids: Sequence[str], change: Change, said: str
    ) -> ActionResult:
        before = self._datasets.change(item_ids, change)
        take_back = partial(self._datasets.undo, change, before)
        message = counted(len(before)) + said
        changed = sum(was is not None for was in before.values())
        return self._told(message, Undo(dataset_id, changed, take_back))

    def _told(self, message: str, undo: Undo) -> ActionResult:
        """The result of an action that can be undone, and a message in the bell."""
        told = self._notifications.add(message, level=Level.SUCCESS, dataset_id=undo.dataset_id)
        if not 0 < undo.count <= MOST_ITEMS:
            return ActionResult(message=message)
        self._undos.keep(told.id, undo)
        return ActionResult(message=message, undo=UndoAction(name=UNDO, inputs={"of": told.id}))

    def _export_csv(
        self, dataset_id: str, item_ids: Sequence[str], inputs: Metadata
    ) -> ActionResult:
        rows = [_export_row(item) for item in self._items(dataset_id, item_ids)]
        columns = builtins.list(dict.fromkeys(column for row in rows for column in row))
        content = io.StringIO(newline="")
        writer = csv.writer(content)
        writer.writerow(columns)
        writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
        return _file(f"{len(rows):,} items exported.", "items.csv", content.getvalue())

    def _export_json(
        self, dataset_id: str, item_ids: Sequence[str], inputs: Metadata
    ) -> ActionResult:
        rows = [_export_row(item) for item in self._items(dataset_id, item_ids)]
        content = json.dumps(rows, ensure_ascii=False, indent=1)
        return _file(f"{len(rows):,} items exported.", "items.json", content)

    def _items(self, dataset_id: str, item_ids: Sequence[str]) -> builtins.list[Item]:
        wanted = set(item_ids)
        found: builtins.list[Item] = []
        after: str | None = None
        while True:
            page = self._datasets.items(dataset_id, after=after)
            found += [item for item in page.items if item.id in wanted]
            if (after := page.next_after) is None:
                return found


HOST_ACTIONS = (
    DatasetAction(
        name="set_metadata",
        label="Set metadata field",
        inputs=(
            ActionInput(name="field", label="Field"),
            ActionInput(name="value", label="Value", type="json"),
        ),
    ),
    DatasetAction(
        name="add_label",
        label="Add label",
        inputs=(ActionInput(name="label", label="Label"),),
    ),
    DatasetAction(
        name="move",
        label="Move to folder",
        inputs=(ActionInput(name="folder", label="Folder"),),
    ),
    DatasetAction(
        name="clone",
        label="Clone to dataset",
        inputs=(ActionInput(name="dataset", label="Dataset", type="dataset"),),
    ),
    DatasetAction(name="export_csv", label="Export as CSV"),
    DatasetAction(name="export_json", label="Export as JSON"),
    DatasetAction(name="delete", label="Delete items", destructive=True),
)


def counted(count: int) -> str:
    """A number of items in words."""
    return "1 item" if count == 1 else f"{count:,} items"


def _text(inputs: Metadata, name: str, otherwise: str) -> str:
    """A text that was given. Raises `InvalidInput`, saying what to do."""
    value = inputs.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(otherwise)
    return value


def _inputs(
    function: Function, dataset_id: str, item_ids: Sequence[str], *, whole: bool
) -> Metadata:
    """The selection in the shape that the function takes."""
    given: Metadata = {}
    for one in function.input:
        if one.type == "Dataset":
            given[one.name] = dataset_id
        elif one.type == "Item[]":
            given[one.name] = list(item_ids)
        elif one.type == "Json" and one.name == "query":
            given[one.name] = {} if whole else {"id": {"$in": list(item_ids)}}
    return given


def _export_row(item: Item) -> dict[str, JsonValue]:
    return {
        "id": item.id,
        "name": item.name,
        "folder": item.folder,
        "mimetype": item.mimetype,
        "size": item.size,
        "labels": "; ".join(item.labels),
        **{f"metadata.{field}": value for field, value in item.user_metadata.items()},
    }


def _cell(value: JsonValue) -> str | int | float | bool | None:
    if isinstance(value, builtins.list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def _file(message: str, name: str, content: str) -> ActionResult:
    return ActionResult(message=message, file_name=name, file_content=content.encode())
