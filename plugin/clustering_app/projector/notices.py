"""What the tab says above the map, or in its place."""

from __future__ import annotations

from dataclasses import dataclass

from clustering_app.extraction.ending import MISMATCH
from clustering_app.projector.contents import Contents
from clustering_app.projector.parts import notice
from clustering_app.projector.watch import TRY_AGAIN, failure_notice, progress_notice
from host_contract.entities import Execution, Metadata

ADD, RERUN, DETAILS, REFRESH, UNDO, DISMISS = (
    "Add CLIP Embeddings",
    "Rerun extraction",
    "Details",
    "Refresh",
    "Undo",
    "Dismiss",
)
OPENING = notice("page", "Opening the map …")


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What there is to tell."""

    contents: Contents
    loaded: bool
    running: Execution | None
    failed: Execution | None
    error: str
    """Why an execution could not be started; empty when it could."""
    items_changed: bool
    said: str
    """What an action answered."""
    undoable: bool = False
    """Whether that action can be undone."""


def page_notice(now: Situation) -> Metadata:
    """What stands in the place of the map."""
    if not now.loaded:
        return OPENING
    if now.error:
        return notice("page", "That could not be started", now.error, icon="error_outline",
                      buttons=[ADD])  # fmt: skip
    if now.running is not None:
        return progress_notice(now.running, "page")
    failure = failure_notice(now.failed, "page") if now.failed else None
    if failure is not None:
        return failure
    if now.contents.feature_sets:
        return notice(
            "page",
            "Ready to make a map",
            "The embeddings are there. Choose on the left how to project them, then press Run.",
            icon="scatter_plot",
        )
    if now.contents.without_items:
        return notice(
            "page",
            "No items yet",
            "A map shows the items of a dataset, and this one is empty. Upload pictures in the "
            "Data tab; then they can be encoded and mapped here.",
            icon="add_photo_alternate",
        )
    return notice(
        "page",
        "No embeddings yet",
        "A map places pictures that look alike near each other. For that, each picture of this "
        "dataset needs a CLIP embedding. They are computed on this machine, in the background; "
        "you can go on working, and stop and resume at any time.",
        icon="bubble_chart",
        buttons=[ADD],
    )


def strips(now: Situation) -> list[Metadata]:
    """What is told above the map."""
    if now.running is not None:
        return [progress_notice(now.running, "strip")]
    told: list[Metadata] = []
    if now.error:
        told.append(notice("error", now.error, buttons=[DISMISS]))
    failure = failure_notice(now.failed, "strip") if now.failed else None
    if failure is not None:
        told.append(failure | {"buttons": [TRY_AGAIN, DISMISS]})
    told += mismatch(now.contents)
    if unmapped := now.contents.unmapped:
        have = "has a vector but is" if unmapped == 1 else "have vectors but are"
        told.append(notice("strip", f"{items(unmapped)} {have} not on this map: place them on it, "
                           "or press Run to make a new one."))  # fmt: skip
    if now.items_changed:
        told.append(notice("strip", "Items were changed since this map was read.",
                           buttons=[REFRESH]))  # fmt: skip
    if now.said:
        told.append(notice("strip", now.said, buttons=[UNDO] * now.undoable + [DISMISS]))
    return told


def mismatch(contents: Contents) -> list[Metadata]:
    """The warning that items and vectors differ in number, where they do."""
    found = contents.coverage
    if found is None or found.complete:
        return []
    vectors = "1 vector" if found.vectors == 1 else f"{found.vectors:,} vectors"
    counts = f"{items(found.items)}, {vectors}."
    if contents.shown_set is not None and contents.shown_set.fingerprint.imported:
        said = f"The feature set {contents.shown_set.name} was imported, not for every item."
        return [notice("warning", said, counts, icon="warning_amber")]
    if found.items > found.vectors:
        counts += f" {found.mendable:,} can be encoded by a rerun, {found.hopeless:,} cannot."
    return [notice("warning", MISMATCH, counts, icon="warning_amber", buttons=[RERUN, DETAILS])]


def items(count: int) -> str:
    """A number of items in words."""
    return "1 item" if count == 1 else f"{count:,} items"
