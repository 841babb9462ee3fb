"""The page "/": all datasets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from host_contract.entities import Dataset
from host_contract.errors import InvalidInput
from host_contract.platform import PLATFORM_GROUP
from host_stub.pages import formats
from host_stub.pages.dialogs import Question
from host_stub.pages.elements import Element, Elements, box, icon, line, text
from host_stub.pages.frame import bar_link, main_column, message, page
from host_stub.users import LOCAL_USER, Role, User

if TYPE_CHECKING:
    from host_stub.datasets import DatasetSummary
    from host_stub.platform import LocalPlatform


class DatasetsPage:
    """A card for each dataset; make one, delete one."""

    def __init__(self, platform: LocalPlatform, user: User) -> None:
        self._platform = platform
        self._user = user
        self._question = Question()
        self._heading = Elements()
        self._broken = Elements()
        self._cards = Elements(on_message=self._ask_to_delete)
        self._new = pmui.Button(
            label="New dataset",
            icon="add",
            on_click=self._ask_for_name,
            margin=(18, 0),
            visible=user.may(Role.EDITOR),
        )
        self._datasets: dict[str, tuple[Dataset, DatasetSummary]] = {}

    def view(self) -> pmui.Page:
        """The whole page. Its content comes when the browser has opened it."""
        pn.state.onload(self.load)
        return page(
            main_column(
                pn.Row(self._heading, self._new, sizing_mode="stretch_width"),
                self._broken,
                self._cards,
                self._question.place,
            ),
            header=[
                pn.HSpacer(),
                *self._sign_out(),
                bar_link("Apps", "extension", "/apps"),
                bar_link("Executions", "pending_actions", "/executions"),
            ],
        )

    def _sign_out(self) -> list[pmui.Button]:
        named = self._user != LOCAL_USER
        return [bar_link(f"Sign out {self._user.name}", "logout", "/logout")] if named else []

    async def load(self) -> None:
        """Read the datasets and show them."""
        self._datasets = await asyncio.to_thread(self._read)
        self._broken.put(
            *(
                text(f"The app {app.name} cannot be used. {app.error}", "error-text", "p")
                for app in self._platform.apps.list()
                if app.error
            )
        )
        items = sum(summary.items for _, summary in self._datasets.values())
        about = f"{formats.count(len(self._datasets), 'dataset')}, {formats.count(items, 'item')}"
        self._heading.put(
            text("Datasets", "page-title", "h2"),
            text(about if self._datasets else "", "quiet", "p"),
        )
        if self._datasets:
            owner = self._user.may(Role.OWNER)
            cards = [
                card(dataset, summary, deletable=owner)
                for dataset, summary in self._datasets.values()
            ]
            self._cards.put(box("cards", *cards))
        else:
            self._cards.put(
                message(
                    "photo_library",
                    "No datasets yet",
                    "Press New dataset to make one and upload pictures, or bring in a folder, a "
                    f"bucket or a table from the console: {import_command()}",
                )
            )

    def _read(self) -> dict[str, tuple[Dataset, DatasetSummary]]:
        datasets = self._platform.datasets
        return {dataset.id: (dataset, datasets.summary(dataset.id)) for dataset in datasets.list()}

    def _ask_for_name(self, _event: object) -> None:
        name = pmui.TextInput(label="Name", sizing_mode="stretch_width")

        async def create() -> None:
            self._user.must(Role.EDITOR, "Making a dataset")
            if not name.value_input.strip():
                raise InvalidInput("Give the dataset a name.")
            dataset = await asyncio.to_thread(
                self._platform.datasets.create, name.value_input.strip()
            )
            pn.state.location.pathname = self._platform.dataset_path(dataset.id)
            pn.state.location.reload = True

        self._question.ask(
            "New dataset",
            "Pictures, or a zip of them with a folder a label, are uploaded on the next page. "
            f"Folders, buckets and tables come in from the console: {import_command()}",
            inputs=[name],
            confirm="Create",
            then=create,
        )

    def _ask_to_delete(self, dataset_id: Any) -> None:
        if dataset_id not in self._datasets or not self._user.may(Role.OWNER):
            return
        dataset, summary = self._datasets[dataset_id]

        async def delete() -> None:
            await asyncio.to_thread(self._platform.datasets.delete, dataset.id)
            await self.load()
            pn.state.notifications.success(f"{dataset.name} is deleted.")

        self._question.ask(
            f"Delete {dataset.name}?",
            f"Its {formats.count(summary.items, 'item')} and all features that apps keep about "
            "them go too. This cannot be undone.",
            then=delete,
            destructive=True,
        )


def card(dataset: Dataset, summary: DatasetSummary, *, deletable: bool) -> Element:
    """A dataset as a card that leads to its page."""
    facts = [formats.count(summary.items, "item"), formats.size(summary.bytes)]
    delete = Element(
        tag="button",
        style="icon-button card-delete",
        message=dataset.id,
        attributes={
            "type": "button",
            "title": "Delete dataset",
            "aria-label": f"Delete dataset {dataset.name}",
        },
        children=(icon("delete_outline"),),
    )
    return line(
        dataset.id,
        "card",
        box("card-pictures", *_pictures(summary.thumbnails)),
        Element(
            tag="a",
            text=dataset.name,
            style="card-name",
            attributes={"href": f"/datasets/{dataset.id}"},
        ),
        text(" · ".join(facts), "quiet"),
        text(f"Created {formats.date(dataset.created)}", "quiet"),
        *([delete] if deletable else []),
    )


def _pictures(thumbnails: Sequence[str]) -> list[Element]:
    if not thumbnails:
        return [icon("image", "card-no-picture")]
    return [
        Element(tag="img", attributes={"src": address, "alt": "", "loading": "lazy"})
        for address in thumbnails[:4]
    ]


def import_command() -> str:
    """The console command that comes with this platform, with its import."""
    for entry in entry_points(group=PLATFORM_GROUP):
        if entry.value.startswith("host_stub.") and entry.dist is not None:
            for script in entry.dist.entry_points.select(group="console_scripts"):
                return f"{script.name} import SOURCE"
    return "import SOURCE"
