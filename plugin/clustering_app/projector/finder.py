"""What users ask of the map: a text, a value, what is like the selection, near-duplicates."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import panel as pn

from clustering_app.errors import ClusteringError
from clustering_app.projector.address import BY_EXAMPLE, LONGEST_VALUE, Group, Search
from clustering_app.projector.contents import Points
from clustering_app.projector.duplicates_panel import DuplicatesPanel
from clustering_app.projector.finding import (
    Found,
    by_conditions,
    by_example,
    by_metadata,
    by_picture,
    by_text,
    duplicates,
)
from clustering_app.projector.last_asked import LastAsked
from clustering_app.projector.map_state import MapState
from clustering_app.projector.parts import Answer
from clustering_app.projector.search import ANY_FIELD
from clustering_app.projector.search_panel import BY_TEXT, CONDITIONS, PATTERN, SearchPanel
from host_contract.context import Host
from host_contract.errors import ContractError


class Finder:
    """Asks in a thread, tells how many were found, and hands them on."""

    def __init__(self, host: Host, state: MapState, on_found: Callable[[Found], None]) -> None:
        """Take what is searched, and what to call with what was found."""
        self._host = host
        self._state = state
        self._on_found = on_found
        self.asked: Search | None = None
        """The search whose result was selected last; None when an address cannot say it."""
        self.found: frozenset[str] = frozenset()
        """What it selected, of the points of the map."""
        self._searches = LastAsked()
        self._last: Answer | None = None
        self.search_panel = SearchPanel(self.search, self.search_by_picture)
        self.duplicates_panel = DuplicatesPanel(self.find_duplicates)

    def view(self) -> pn.Column:
        """The box, and below it the folded panel of near-duplicates."""
        return pn.Column(
            self.search_panel.view(), self.duplicates_panel.view(),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip

    async def search(self) -> None:
        """Find what the search box asks for."""
        panel = self.search_panel
        asked = panel.asked()
        if not panel.text.strip():
            panel.answer.say("")
        elif panel.mode.value == BY_TEXT:
            panel.answer.say("Comparing pictures with the text …")
            count = panel.wanted()
            await self._find(
                panel.answer,
                partial(by_text, host=self._host, text=panel.text, count=count),
                asked,
            )
        elif panel.mode.value == CONDITIONS:
            await self._find(panel.answer, partial(by_conditions, text=panel.text), asked)
        else:
            field, as_pattern = panel.field.value or ANY_FIELD, panel.mode.value == PATTERN
            await self._find(
                panel.answer,
                partial(by_metadata, text=panel.text, field=field, as_pattern=as_pattern),
                asked,
            )

    async def search_by_picture(self, name: str, content: bytes | None) -> None:
        """Find what is most similar to a picture of the user's."""
        panel = self.search_panel
        if content is None:
            panel.answer.say(f"{name} has more than 12 MiB: make it smaller.", kind="error")
            return
        panel.answer.say(f"Comparing pictures with {name} …")
        count = panel.wanted()
        await self._find(
            panel.answer,
            partial(by_picture, host=self._host, name=name, content=content, count=count),
        )

    async def find_similar(self, examples: Sequence[str] = ()) -> None:
        """Find what is most similar to some items; to what is selected, if none are given."""
        if examples := examples or self._state.selected_ids():
            panel = self.search_panel
            count = panel.wanted()
            await self._find(
                panel.answer,
                partial(by_example, host=self._host, examples=examples, count=count),
                Search(BY_EXAMPLE, "", count=count, like=Group(tuple(examples))),
            )

    async def find_duplicates(self) -> None:
        """Find what is nearly the same as something else."""
        panel = self.duplicates_panel
        panel.answer.say("Comparing all pictures with one another …")
        threshold, leave_one = round(panel.threshold.value, 4), panel.leave_one.value
        await self._find(
            panel.answer,
            partial(duplicates, host=self._host, threshold=threshold, leave_one=leave_one),
        )

    async def _find(
        self, answer: Answer, look: Callable[[Points], Found], asked: Search | None = None
    ) -> None:
        if (points := self._state.points) is None:
            answer.say("")
            return
        self._last, is_last = answer, self._searches.ask()
        try:
            found = await asyncio.to_thread(look, points)
        except (ContractError, ClusteringError) as error:
            answer.say(str(error), kind="error")
            return
        except Exception:
            answer.say("The search failed. Try again; the host's log says more.", kind="error")
            raise
        if not is_last():  # what is asked for later is selected
            if answer is not self._last:
                answer.say("")
            return
        answer.say(found.said)
        self.asked = asked if asked and len(asked.text) <= LONGEST_VALUE else None
        self.found = frozenset(found.item_ids) & frozenset(points.item_ids)
        self._on_found(found)
