"""What happened to items and datasets, told to the apps whose manifests ask for it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from host_contract.entities import Level
from host_contract.manifest import Trigger
from host_stub.app_loading import App

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

log = logging.getLogger(__name__)


def dispatch(
    platform: LocalPlatform, resource: str, action: str, dataset_id: str, item_ids: Sequence[str]
) -> None:
    """Fire every active trigger of every app for this event; an app's failure goes to the bell."""

    def fire(app: App) -> None:
        assert app.manifest is not None  # noqa: S101 - Apps.each passes only apps with one
        for trigger in app.manifest.components.triggers:
            spec = trigger.spec
            if trigger.active and spec.resource == resource and action in spec.actions:
                _fire_safely(platform, app, trigger, dataset_id, item_ids)

    platform.apps.each(fire)


def _fire_safely(
    platform: LocalPlatform, app: App, trigger: Trigger, dataset_id: str, item_ids: Sequence[str]
) -> None:
    try:
        _fire(platform, app, trigger, dataset_id, item_ids)
    except Exception as error:
        log.exception("Trigger %s of app %s failed", trigger.name, app.name)
        platform.notifications.add(
            f"{app.name} failed to take in a change",
            f"Trigger {trigger.name!r}: {type(error).__name__}: {error}",
            level=Level.ERROR,
            dataset_id=dataset_id,
        )


def _fire(
    platform: LocalPlatform, app: App, trigger: Trigger, dataset_id: str, item_ids: Sequence[str]
) -> None:
    operation = trigger.spec.operation
    if operation.type == "hook":
        arguments: dict[str, object] = {"host": platform.host(app.name), "dataset_id": dataset_id}
        if trigger.spec.resource == "Item":
            arguments["item_ids"] = item_ids
        platform.apps.call(app.name, operation.function_name, **arguments)
        return
    if trigger.spec.filter:
        query = {"$and": [{"id": {"$in": list(item_ids)}}, trigger.spec.filter]}
        item_ids = platform.datasets.item_ids(dataset_id, query)
    if item_ids:
        platform.executions.start(app.name, operation.function_name, {"items": list(item_ids)})
