"""Which items have a vector and which not: counts, what can be done, and who is left out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import panel_material_ui as pmui

from clustering_app.errors import ClusteringError
from clustering_app.extraction.batches import Choice
from clustering_app.extraction.counts import PlanCounts, plan_counts
from clustering_app.extraction.coverage import pass_over, passed_over
from clustering_app.extraction.report import NotEmbedded, not_embedded
from clustering_app.projector.button import Button
from clustering_app.projector.folded import folded
from clustering_app.projector.last_asked import LastAsked
from clustering_app.projector.later import later
from clustering_app.projector.notices import items
from clustering_app.projector.parts import Answer, Parts, entry, notice
from clustering_app.vectors.feature_set import FeatureSetInfo
from clustering_app.vectors.store import FeatureStore
from host_contract.context import Host
from host_contract.entities import Metadata
from host_contract.errors import ContractError

MOST_LISTED = 100
STOP_COUNTING, COUNT_AGAIN = "Stop counting these", "Count these again"


class CoveragePanel:
    """Folded away until it is wanted."""

    def __init__(
        self,
        host: Host,
        dataset_id: str,
        *,
        shown_set: Callable[[], FeatureSetInfo | None],
        on_extract: Callable[[Choice], Awaitable[None]],
        on_passed_over: Callable[[], Awaitable[None]],
    ) -> None:
        """Take where items and vectors are, and what to call.

        Args:
            host: Where they are.
            dataset_id: Of which dataset.
            shown_set: Gives the feature set that is compared; None without one.
            on_extract: Called with the part of the dataset to extract.
            on_passed_over: Called when other items count than before; it has `follow` called.
        """
        self._host = host
        self._dataset_id = dataset_id
        self._store = FeatureStore(host.storage(dataset_id))
        self._shown_set = shown_set
        self._on_extract = on_extract
        self._on_passed_over = on_passed_over
        self._without: Sequence[NotEmbedded] = ()
        self._counts = LastAsked()
        self.count_button = Button(
            "Compare items and vectors", self.count, icon="rule", sizing_mode="stretch_width",
            margin=(5, 0),
        )  # fmt: skip
        self.answer = Answer()
        self.choices = Parts(on_message=self._choice_pressed)
        self.without = Parts(on_message=self._without_pressed)
        self._folded = folded(
            "Items and vectors", self.count_button, self.answer, self.choices, self.without
        )

    def view(self) -> pmui.Accordion:
        """The folded panel."""
        return self._folded

    async def open(self) -> None:
        """Unfold, and count."""
        self._folded.active = [0]
        await self.count()

    async def follow(self) -> None:
        """Count again after items or vectors changed; while folded, forget what was counted."""
        if self._folded.active:
            await self.count()
        else:
            self._counts.ask()
            for part in (self.answer, self.choices, self.without):
                part.put()

    async def count(self) -> None:
        """Count what an extraction would do, and list what has no vector."""
        if (info := self._shown_set()) is None:
            return
        is_last = self._counts.ask()
        self.count_button.enabled = False
        self.answer.say("Counting …")
        try:
            counts = await asyncio.to_thread(plan_counts, self._host, self._dataset_id, info.name)
            found = await asyncio.to_thread(not_embedded, self._store, info.name)
            left_out = await asyncio.to_thread(passed_over, self._store, info.name)
        except (ContractError, ClusteringError) as error:
            self.answer.say(str(error), kind="error")
            return
        finally:
            self.count_button.enabled = True
        if not is_last():  # what is counted later is newer
            return
        self._without = found
        self.answer.say("")
        self.choices.put(*([] if info.fingerprint.imported else _choices(counts)))
        self.without.put(*_listed(found, left_out))

    def _choice_pressed(self, message: Any) -> None:
        if message in list(Choice):
            later(lambda: self._on_extract(Choice(message)))

    def _without_pressed(self, label: Any) -> None:
        if label == STOP_COUNTING:
            later(lambda: self._count_without([one.item_id for one in self._without]))
        elif label == COUNT_AGAIN:
            later(lambda: self._count_without([]))

    async def _count_without(self, item_ids: Sequence[str]) -> None:
        if (info := self._shown_set()) is None:
            return
        try:
            await asyncio.to_thread(pass_over, self._store, info.name, item_ids)
        except ClusteringError as error:
            self.answer.say(str(error), kind="error")
            return
        await self._on_passed_over()


def _choices(counts: PlanCounts) -> list[Metadata]:
    """A line for each part of the dataset that an extraction can be asked for."""
    lines = [
        (counts.missing, "missing", "Encode those without a vector.", Choice.MISSING),
        (counts.changed, "changed", "Encode those again whose file changed.", Choice.CHANGED),
        (counts.removed, "removed", "Forget vectors whose item is gone.", Choice.REMOVED),
        (counts.embeddable, "in all", "Encode the whole dataset again.", Choice.ALL),
    ]
    shown = [
        entry(f"{count:,} {what}", does if count else "", message=str(choice) if count else None)
        for count, what, does, choice in lines
    ]
    return [*shown, entry(f"{counts.not_embeddable:,} of a kind that has no vector")]


def _listed(found: Sequence[NotEmbedded], left_out: frozenset[str]) -> list[Metadata]:
    """Who got no vector when last tried, and why; and whether they count."""
    if not found:
        return []
    said = f"{items(len(found))} got no vector when last tried"
    if all(one.item_id in left_out for one in found):
        said, button = f"{said}, and count no longer:", COUNT_AGAIN
    else:
        said, button = f"{said}:", STOP_COUNTING
    lines = [notice("line", said), notice("line", "", buttons=[button])]
    lines += [entry(one.name, one.reason) for one in found[:MOST_LISTED]]
    if len(found) > MOST_LISTED:
        lines.append(notice("line", f"And {len(found) - MOST_LISTED:,} more."))
    return lines
