"""The things that host and app hand to each other. All are frozen; a change is a new call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PrivateAttr

Metadata: TypeAlias = dict[str, JsonValue]


class Entity(BaseModel):
    """Base of every entity: immutable, and refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Project(Entity):
    """A group of datasets."""

    id: str
    name: str


class Dataset(Entity):
    """A named collection of items."""

    id: str
    project_id: str
    name: str
    created: datetime


class Annotation(Entity):
    """A statement that somebody made about an item; a classification when it has only a label."""

    label: str
    type: str = "classification"
    coordinates: JsonValue = None


class Item(Entity):
    """One file of a dataset with what is known about it."""

    id: str = Field(description="Unique in the host; sorts in the order of creation.")
    dataset_id: str
    name: str = Field(description="File name without its folder. Untrusted text.")
    folder: str = Field(default="/", description="Folder inside the dataset, from '/'.")
    mimetype: str
    size: int = Field(ge=0, description="Bytes.")
    created: datetime
    content_version: str = Field(description="Changes when, and only when, the bytes change.")
    user_metadata: Metadata = Field(default_factory=dict)
    system_metadata: Metadata = Field(default_factory=dict)
    annotations: tuple[Annotation, ...] = ()
    thumbnail_url: str | None = Field(
        default=None, description="Address on the host's own origin, or None without a picture."
    )

    _opener: Callable[[], BinaryIO] | None = PrivateAttr(default=None)

    def opened_by(self, opener: Callable[[], BinaryIO]) -> Self:
        """Let `open()` call `opener`, and return the item; for hosts, before they hand it out."""
        self._opener = opener
        return self

    def open(self) -> BinaryIO:
        """Open the item's bytes for reading.

        Raises:
            ItemUnreadable: the host cannot give the bytes; as `ItemGone` where it knows that they
                were deleted or replaced since the item was handed out, so that nobody waits.
        """
        from host_contract.errors import ItemUnreadable

        if self._opener is None:
            raise ItemUnreadable(f"Item {self.name!r} ({self.id}) was not handed out by a host.")
        return self._opener()

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of all annotations, in order, each once."""
        return tuple(dict.fromkeys(annotation.label for annotation in self.annotations))


class ItemPage(Entity):
    """A page of items in the order of their ids."""

    items: tuple[Item, ...]
    total: int = Field(ge=0, description="Items that match the query on all pages together.")
    next_after: str | None = Field(
        description="Pass as `after` for the next page; None at the end."
    )


class FeatureSet(Entity):
    """The host's record that an app keeps vectors for a dataset. The app holds the vectors."""

    id: str
    dataset_id: str
    name: str
    size: int = Field(gt=0, description="Dimension of each vector.")
    model: str = Field(description="Name of the model that made the vectors.")
    fingerprint: str = Field(
        description="Identity of the model: vectors mix only when it is equal."
    )
    count: int = Field(default=0, ge=0, description="Vectors in the set.")
    entity_type: Literal["item"] = "item"


class ExecutionStatus(StrEnum):
    """Where an execution stands; the last four are final."""

    CREATED = "created"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def final(self) -> bool:
        """Whether the status can no longer change."""
        return self not in (ExecutionStatus.CREATED, ExecutionStatus.RUNNING)


class Execution(Entity):
    """One call of a declared function, from the wish to the result."""

    id: str
    app: str
    function: str
    dataset_id: str | None = None
    inputs: Metadata = Field(default_factory=dict)
    status: ExecutionStatus = ExecutionStatus.CREATED
    progress: float = Field(default=0.0, ge=0.0, le=1.0)
    message: str = ""
    attempts: int = Field(default=0, ge=0)
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    remaining_seconds: float | None = Field(
        default=None, ge=0.0, description="Estimate from the progress so far; None when unknown."
    )
    output: JsonValue = None
    error: str | None = Field(default=None, description="One line for the user when it failed.")


class Level(StrEnum):
    """How loud a notification is."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


class Notification(Entity):
    """A message in the bell."""

    id: str
    title: str
    text: str = ""
    level: Level = Level.INFO
    dataset_id: str | None = None
    execution_id: str | None = None
    created: datetime
    read: bool = False


class ActionInput(Entity):
    """A value that an action asks the user for."""

    name: str
    label: str
    type: Literal["string", "json", "dataset"] = "string"


class DatasetAction(Entity):
    """An entry of the Dataset Actions menu: a host function or a function of an installed app."""

    name: str
    label: str
    slot: Literal["dataset", "deployment"] = "dataset"
    inputs: tuple[ActionInput, ...] = ()
    destructive: bool = Field(default=False, description="The user is asked to confirm.")


class UndoAction(Entity):
    """What takes an action back, while the host still can: run it like an action, on no items."""

    name: str
    inputs: Metadata = Field(default_factory=dict)


class Limits(Entity):
    """What a host cannot do: a line for the user, shown where it would be; None where it can."""

    dataset_actions: str | None = None
    notifications: str | None = None
    thumbnails: str | None = None
    content_versions: str | None = None


class ActionResult(Entity):
    """What an action did."""

    message: str
    execution_id: str | None = Field(default=None, description="Set when the work goes on.")
    file_name: str | None = None
    file_content: bytes | None = Field(default=None, description="A file for the user to keep.")
    undo: UndoAction | None = Field(default=None, description="None where nothing takes it back.")
