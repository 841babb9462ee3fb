"""The clusters of the map: describe them, select one, and write them to the items' metadata."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from clustering_app.errors import ClusteringError, EncoderUnavailable
from clustering_app.projector.button import Button
from clustering_app.projector.contents import BROAD_CLUSTER, CLUSTER, FINE_CLUSTER, Contents, Points
from clustering_app.projector.described_clusters import (
    DescribedCluster,
    describe_clusters,
    named_by_words,
)
from clustering_app.projector.folded import folded
from clustering_app.projector.later import later
from clustering_app.projector.map_state import MapState
from clustering_app.projector.notices import items
from clustering_app.projector.parts import Answer, Parts, entry, notice
from clustering_app.projector.text_line import TextLine
from host_contract.context import Host
from host_contract.entities import Metadata
from host_contract.errors import ContractError, InvalidInput

LEVELS = {"Broad": BROAD_CLUSTER, "Medium": CLUSTER, "Fine": FINE_CLUSTER}
MOST_LISTED = 100
FIELD = "cluster"


class ClustersPanel:
    """Folded away until it is wanted."""

    def __init__(
        self,
        host: Host,
        state: MapState,
        *,
        on_select: Callable[[Collection[str]], None],
        on_named: Callable[[], None],
        on_written: Callable[[str], Awaitable[None]],
    ) -> None:
        """Take where the vectors are, what is shown, and what to call with ids to select.

        Args:
            host: Where the vectors are.
            state: Gets the clusters' names, by which the map can then be coloured.
            on_select: Called with ids to select.
            on_named: Called when the clusters have names, or other ones.
            on_written: Called with what to say when the items have other metadata.
        """
        self._host = host
        self._state = state
        self._on_select = on_select
        self._on_named = on_named
        self._on_written = on_written
        self.clusters: Sequence[DescribedCluster] = ()
        """Those listed, the largest first."""
        self._asked = False
        self.level = pmui.Select(
            label="Level", options=LEVELS, value=CLUSTER, size="small", width=120, margin=(5, 4)
        )
        self.level.param.watch(self._level_chosen, "value")
        self.describe_button = Button(
            "Describe", self.describe, icon="category", sizing_mode="stretch_width",
            margin=(5, 0),
        )  # fmt: skip
        self.answer = Answer()
        self.listed = Parts(on_message=self._pressed)
        self._field = TextLine(
            self.write, label="Write clusters as", action="Write", text=FIELD,
            placeholder="Name in the items' metadata", sizing_mode="stretch_width", margin=(5, 0),
            visible=False,
        )  # fmt: skip

    def view(self) -> pmui.Accordion:
        """The folded panel."""
        ask = pn.Row(self.level, self.describe_button, sizing_mode="stretch_width", margin=0)
        return folded("Clusters", ask, self.answer, self.listed, self._field)

    @property
    def described(self) -> str:
        """The level whose clusters have names on the map; empty before they have."""
        points = self._state.points
        named = points is not None and points.cluster_names is not None
        return str(self.level.value) if named else ""

    async def describe(self, level: str = "") -> None:
        """Describe the clusters of this level, or of the one that was chosen, and name them.

        Raises:
            InvalidInput: there is no such level.
        """
        if level:
            if level not in LEVELS.values():
                raise InvalidInput(f"There is no level of clusters {level[:60]!r}.")
            self.level.value = level
        self._asked = True
        self.describe_button.enabled = False
        self.answer.say("Looking at what is typical of each cluster …")
        points = self._state.points
        try:
            found = (await self.named(self._state.contents)).points
        finally:
            self.describe_button.enabled = True
        if found is None or self._state.points is not points:  # another map was opened meanwhile
            return
        if found.cluster_names is not None:
            self._state.contents = self._state.contents.with_cluster_names(found.cluster_names)
            self._on_named()

    async def named(self, contents: Contents) -> Contents:
        """The contents with the clusters' names, once these were asked for; lists the clusters."""
        points = contents.points
        if not self._asked or points is None:
            return contents
        level = self.level.value
        try:
            found = await asyncio.to_thread(describe_clusters, self._host, points, level)
            said, found = await asyncio.to_thread(self._with_words, points, found)
        except (ClusteringError, ContractError) as error:
            self.answer.say(str(error), kind="error")
            return contents
        self.clusters = found
        self._field.visible = bool(found)
        self.answer.say(said or ("" if found else "This map has no clusters."))
        lines = [_line(points, cluster) for cluster in found[:MOST_LISTED]]
        if len(found) > MOST_LISTED:
            lines.append(notice("line", f"And {len(found) - MOST_LISTED:,} smaller ones."))
        self.listed.put(*lines)
        names = {item_id: one.name for one in found for item_id in one.item_ids}
        return contents.with_cluster_names(tuple(map(names.get, points.item_ids)))

    async def write(self, field: str) -> None:
        """Write the names to the items' metadata, under this field."""
        field = field.strip()
        if not field:
            self.answer.say("Say under which metadata field.", kind="error")
            return
        self.answer.say(f"Writing {field} …")
        try:
            written = await asyncio.to_thread(self._write, field)
        except ContractError as error:
            self.answer.say(str(error), kind="error")
            return
        self.answer.say("")
        await self._on_written(f"{field} is written to the metadata of {items(written)}.")

    def _with_words(
        self, points: Points, found: list[DescribedCluster]
    ) -> tuple[str, list[DescribedCluster]]:
        if not found:
            return "", found
        try:
            return "", named_by_words(self._host, points, found)
        except EncoderUnavailable as error:
            return f"Named by labels and numbers alone: {error}", found

    def _write(self, field: str) -> int:
        """How many items have a name now; from the others on the map an earlier one is taken."""
        named = {item_id for cluster in self.clusters for item_id in cluster.item_ids}
        points = self._state.points
        rest = [one for one in points.item_ids if one not in named] if points is not None else []
        if rest:
            self._host.update_metadata(rest, {field: None})
        return sum(
            self._host.update_metadata(cluster.item_ids, {field: cluster.name})
            for cluster in self.clusters
        )

    def _level_chosen(self, _event: Any) -> None:
        if self._asked:
            later(self.describe)

    def _pressed(self, message: Any) -> None:
        match message:
            case ["select", int(number)]:
                for cluster in self.clusters:
                    if cluster.number == number:
                        self._on_select(frozenset(cluster.item_ids))


def _line(points: Points, cluster: DescribedCluster) -> Metadata:
    said = [items(len(cluster.item_ids))]
    if cluster.label is not None:
        said.append(f"{cluster.purity:.0%} {cluster.label}")
    said.append(f"{cluster.density:.1f} times as dense as usual")
    typical = points.table.item(cluster.medoids[0])
    return entry(
        cluster.name,
        " · ".join(said),
        picture=typical.thumbnail_url,
        message=["select", cluster.number],
    )
