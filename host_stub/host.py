"""The host as one app sees it: `host_contract.context.Host` over this platform's parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from host_contract.context import Query
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
from host_stub.users import LOCAL_USER, Role, User

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform


class AppHost:
    """What one app may ask for one user; each method is explained by the protocol."""

    def __init__(self, platform: LocalPlatform, app: str, user: User = LOCAL_USER) -> None:
        self._platform = platform
        self._app = app
        self._user = user

    def limits(self) -> Limits:
        """See the protocol."""
        return Limits()

    def projects(self) -> list[Project]:
        """See the protocol."""
        return self._platform.projects.list()

    def datasets(self, project_id: str | None = None) -> list[Dataset]:
        """See the protocol."""
        return self._platform.datasets.list(project_id)

    def dataset(self, dataset_id: str) -> Dataset:
        """See the protocol."""
        return self._platform.datasets.get(dataset_id)

    def items(
        self,
        dataset_id: str,
        query: Query | None = None,
        *,
        after: str | None = None,
        limit: int = 1000,
    ) -> ItemPage:
        """See the protocol."""
        return self._platform.datasets.items(dataset_id, query, after=after, limit=limit)

    def count_items(self, dataset_id: str, query: Query | None = None) -> int:
        """See the protocol."""
        return self._platform.datasets.count_items(dataset_id, query)

    def item(self, item_id: str) -> Item:
        """See the protocol."""
        return self._platform.datasets.item(item_id)

    def thumbnail(self, item_id: str) -> bytes:
        """See the protocol."""
        return self._platform.datasets.thumbnail(item_id)

    def item_url(self, item_id: str) -> str:
        """See the protocol."""
        item = self.item(item_id)
        return f"{self._platform.dataset_path(item.dataset_id)}?item={item.id}"

    def update_metadata(self, item_ids: Sequence[str], changes: Metadata) -> int:
        """See the protocol."""
        self._user.must(Role.EDITOR, "Changing metadata")
        return self._platform.datasets.update_metadata(item_ids, changes)

    def delete_items(self, item_ids: Sequence[str]) -> int:
        """See the protocol."""
        self._user.must(Role.EDITOR, "Deleting items")
        return self._platform.datasets.delete_items(item_ids)

    def clone_items(self, item_ids: Sequence[str], dataset_id: str) -> int:
        """See the protocol."""
        self._user.must(Role.EDITOR, "Cloning items")
        return len(self._platform.datasets.clone_items(item_ids, dataset_id))

    def feature_sets(self, dataset_id: str) -> list[FeatureSet]:
        """See the protocol."""
        return self._platform.feature_sets.list(dataset_id, self._app)

    def save_feature_set(
        self, dataset_id: str, name: str, *, size: int, model: str, fingerprint: str, count: int
    ) -> FeatureSet:
        """See the protocol."""
        self._user.must(Role.EDITOR, "Saving a feature set")
        return self._platform.feature_sets.save(
            self._app,
            dataset_id,
            name,
            size=size,
            model=model,
            fingerprint=fingerprint,
            count=count,
        )

    def delete_feature_set(self, feature_set_id: str) -> None:
        """See the protocol."""
        self._user.must(Role.EDITOR, "Deleting a feature set")
        self._platform.feature_sets.delete(self._app, feature_set_id)

    def start_execution(self, function: str, inputs: Metadata) -> Execution:
        """See the protocol."""
        self._user.must(Role.EDITOR, "Starting a function")
        return self._platform.executions.start(self._app, function, inputs)

    def execution(self, execution_id: str) -> Execution:
        """See the protocol."""
        return self._platform.executions.get(execution_id)

    def executions(self, dataset_id: str, *, active: bool = False) -> list[Execution]:
        """See the protocol."""
        found = self._platform.executions.list(dataset_id, active=active)
        return [execution for execution in found if execution.app == self._app]

    def cancel_execution(self, execution_id: str) -> None:
        """See the protocol."""
        self._user.must(Role.EDITOR, "Cancelling an execution")
        self._platform.executions.cancel(execution_id)

    def dataset_actions(self, dataset_id: str) -> list[DatasetAction]:
        """See the protocol."""
        return self._platform.actions.list(dataset_id, self._user)

    def run_action(
        self, name: str, dataset_id: str, item_ids: Sequence[str], inputs: Metadata
    ) -> ActionResult:
        """See the protocol."""
        return self._platform.actions.run(name, dataset_id, item_ids, inputs, self._user)

    def notify(
        self,
        title: str,
        text: str = "",
        *,
        level: Level = Level.INFO,
        dataset_id: str | None = None,
        execution_id: str | None = None,
    ) -> Notification:
        """See the protocol."""
        return self._platform.notifications.add(
            title, text, level=level, dataset_id=dataset_id, execution_id=execution_id
        )

    def storage(self, dataset_id: str) -> str:
        """See the protocol."""
        return self._platform.storage(self._app, dataset_id)
