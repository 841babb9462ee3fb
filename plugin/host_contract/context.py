"""What an app may ask of a host, and what a running function gets. Protocols only.

A host hands each app its own `Host`: storage, executions and feature sets are that app's.
All methods may be called from any thread, in the server and in a worker process alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias, TypeVar

from pydantic import JsonValue

from host_contract.entities import (
    ActionResult,
    Dataset,
    DatasetAction,
    Execution,
    FeatureSet,
    Item,
    ItemPage,
    Level,
    Limits,
    Metadata,
    Notification,
    Project,
)

T = TypeVar("T")
R = TypeVar("R")

Query: TypeAlias = Mapping[str, JsonValue]
"""A filter in the query language of `host_contract.query`; an empty mapping matches every item."""


class Host(Protocol):
    """A dataset platform as one app sees it.

    Every method raises `NotFound` for an id that does not exist.
    """

    def limits(self) -> Limits:
        """What this host cannot do; an app says it in the place where a user would look for it."""

    def projects(self) -> list[Project]:
        """All projects the user may see."""

    def datasets(self, project_id: str | None = None) -> list[Dataset]:
        """All datasets, or those of one project, in the order of creation."""

    def dataset(self, dataset_id: str) -> Dataset:
        """One dataset."""

    def items(
        self,
        dataset_id: str,
        query: Query | None = None,
        *,
        after: str | None = None,
        limit: int = 1000,
    ) -> ItemPage:
        """A page of items in the order of ids, starting behind `after`.

        Raises:
            InvalidQuery: the query does not follow the query language.
        """

    def count_items(self, dataset_id: str, query: Query | None = None) -> int:
        """Number of items that match; all without a query. Raises `InvalidQuery`."""

    def item(self, item_id: str) -> Item:
        """One item. Its `open()` gives the bytes."""

    def thumbnail(self, item_id: str) -> bytes:
        """A small WebP or PNG picture of an image item.

        Raises:
            ItemUnreadable: the item has no picture.
        """

    def item_url(self, item_id: str) -> str:
        """Address of the item's page on the host's own origin."""

    def update_metadata(self, item_ids: Sequence[str], changes: Metadata) -> int:
        """Merge `changes` into the user metadata of the items; a null removes the field.

        Returns the number of items changed; ids that no longer exist are passed over.
        """

    def delete_items(self, item_ids: Sequence[str]) -> int:
        """Delete items for good. Returns how many existed. Every app hears `items_deleted`."""

    def clone_items(self, item_ids: Sequence[str], dataset_id: str) -> int:
        """Copy items with metadata and annotations into another dataset; returns how many."""

    def feature_sets(self, dataset_id: str) -> list[FeatureSet]:
        """The app's feature-set records of a dataset."""

    def save_feature_set(
        self, dataset_id: str, name: str, *, size: int, model: str, fingerprint: str, count: int
    ) -> FeatureSet:
        """Create the record with this name, or bring it up to date."""

    def delete_feature_set(self, feature_set_id: str) -> None:
        """Delete the record. The app deletes the vectors."""

    def start_execution(self, function: str, inputs: Metadata) -> Execution:
        """Start a function that the app's manifest declares, and return at once.

        Raises:
            NotFound: the manifest declares no such function.
            InvalidInput: the inputs do not fit the declaration.
        """

    def execution(self, execution_id: str) -> Execution:
        """One execution as it stands now."""

    def executions(self, dataset_id: str, *, active: bool = False) -> list[Execution]:
        """The app's executions on a dataset, newest first; only those not yet ended if `active`."""

    def cancel_execution(self, execution_id: str) -> None:
        """Ask an execution to stop; it keeps what it has committed."""

    def dataset_actions(self, dataset_id: str) -> list[DatasetAction]:
        """The Dataset Actions a user may apply to a selection of items, of host and apps."""

    def run_action(
        self, name: str, dataset_id: str, item_ids: Sequence[str], inputs: Metadata
    ) -> ActionResult:
        """Apply a Dataset Action to a selection.

        Raises:
            NotFound: no such action.
            InvalidInput: the inputs do not fit the action.
        """

    def notify(
        self,
        title: str,
        text: str = "",
        *,
        level: Level = Level.INFO,
        dataset_id: str | None = None,
        execution_id: str | None = None,
    ) -> Notification:
        """Put a message in the bell."""

    def storage(self, dataset_id: str) -> str:
        """Where this app keeps its data of a dataset: a local folder's path or an fsspec URL.

        The folder may not exist yet. The host removes it after `dataset_deleted`.
        """


class ExecutionContext(Protocol):
    """What a running function may ask and tell."""

    @property
    def host(self) -> Host:
        """The host, as the app sees it."""

    @property
    def execution_id(self) -> str:
        """Id of this execution."""

    def progress(self, fraction: float, message: str = "") -> None:
        """Report progress from 0.0 to 1.0. Cheap: may be called for every batch."""

    def log(self, message: str) -> None:
        """Add a line to the execution's log."""

    def cancelled(self) -> bool:
        """Whether the user asked to stop. Poll at least every two seconds."""

    @property
    def workers(self) -> int:
        """On how many processes `map` works at a time; 1 where it works in this one."""

    def map(self, function: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
        """Apply a picklable function to each value, on as many workers as the host has.

        Results come in the order of the values; only a bounded number is under way at a time. An
        item's `open()` works there too. A part whose worker died is done again by another.

        Raises:
            Cancelled: the user stopped it meanwhile; only where `workers` is more than 1.
            WorkerLost: again and again workers died of one part.
        """


class BrowserSession(Protocol):
    """The open page around an app's tab: one user, one dataset."""

    @property
    def user(self) -> str:
        """Name of the user, for display."""

    def show_items(self, item_ids: Sequence[str]) -> None:
        """Hand a selection to the host's Data tab, and bring that tab to the front."""

    def on_items_changed(self, callback: Callable[[], None]) -> None:
        """Call back, in this session, when the host's page changed or deleted items."""
