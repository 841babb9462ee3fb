"""The app's executions on a dataset: started and followed from one open tab."""

from __future__ import annotations

import asyncio

from clustering_app.extraction.batches import Choice
from clustering_app.projector.contents import Contents
from clustering_app.projector.watch import Progress, Watch, failure_notice
from host_contract.context import Host
from host_contract.entities import Execution, Metadata
from host_contract.errors import ContractError

MAKE_MAPS = ("run_projection", "place_items")
"""Functions whose end means that there is a newer map."""


class Executions:
    """What runs now, and why the last did not go well."""

    def __init__(self, host: Host, dataset_id: str) -> None:
        self._host = host
        self._dataset_id = dataset_id
        self._watch = Watch(host, dataset_id)
        self.running: Execution | None = None
        self.failed: Execution | None = None
        self.error = ""
        """Why one could not be started; empty when it could."""

    async def look(self) -> Execution | None:
        """Look at what runs, wherever it was started; give one that has just ended."""
        progress: Progress = await asyncio.to_thread(self._watch.look)
        self.running = progress.running
        if self.running is not None:
            self.failed = None
        if progress.ended is not None:
            self.failed = progress.ended if failure_notice(progress.ended, "") else None
        return progress.ended

    async def extract(self, contents: Contents, choice: Choice = Choice.OUTDATED) -> None:
        """Extract this part of the dataset, with the model of the map if there is one."""
        inputs: Metadata = {"dataset": self._dataset_id, "query": {}, "which": str(choice)}
        shown = contents.shown_set
        if shown is not None and not shown.fingerprint.imported:
            inputs |= {"model": shown.fingerprint.model}
            if shown.fingerprint.weights_source is not None:
                inputs |= {"weights": shown.fingerprint.weights_source}
        await self._start("extract_dataset", inputs)

    async def project(self, parameters: Metadata) -> None:
        """Make a map of all items with these inputs of `run_projection`."""
        await self._start("run_projection", {"dataset": self._dataset_id, **parameters})

    async def place(self, run_id: str) -> None:
        """Place new items on this map."""
        await self._start("place_items", {"dataset": self._dataset_id, "run": run_id})

    async def try_again(self) -> None:
        """Start again what failed last."""
        if self.failed is not None:
            await self._start(self.failed.function, self.failed.inputs)

    async def cancel(self) -> None:
        """Ask what runs to stop."""
        if self.running is not None:
            await asyncio.to_thread(self._host.cancel_execution, self.running.id)

    def forget(self) -> None:
        """Tell no longer what went wrong."""
        self.failed, self.error = None, ""

    async def _start(self, function: str, inputs: Metadata) -> None:
        try:
            started = await asyncio.to_thread(self._host.start_execution, function, inputs)
        except ContractError as error:
            self.error = str(error)
            return
        self.forget()
        self.running = started
        self._watch.follow(started)
