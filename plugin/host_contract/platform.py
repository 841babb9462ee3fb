"""A host that a console command can start on this machine.

Found through the entry-point group `host_contract.platforms`; the value is a function that takes
the data directory, by keyword the number of workers, the address of a scheduler whose workers are
used instead (or None) and where apps keep their data (or None), and returns a `Platform`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeAlias

from host_contract.context import Host
from host_contract.entities import Dataset, Execution, Metadata

PLATFORM_GROUP = "host_contract.platforms"

Progress: TypeAlias = Callable[[float, str], None]
"""Called with a fraction from 0.0 to 1.0 and a message."""


class Platform(AbstractContextManager["Platform"], Protocol):
    """A local host. Leaving the context stops what it started."""

    def host(self, app: str) -> Host:
        """The host as one installed app sees it. Raises `NotFound` for an unknown app."""

    def import_source(
        self,
        url: str | Path,
        *,
        name: str | None = None,
        pictures: str | Path | None = None,
        progress: Progress | None = None,
    ) -> Dataset:
        """Make a dataset of what is at a path or URL, or bring the one so named up to date.

        Args:
            url: A folder, or a file of a format that the host knows.
            name: Of the dataset; the source's own by default.
            pictures: Folder of the pictures that a file names, where they are not beside it.
            progress: Told how far it is.

        Raises:
            InvalidInput: there is nothing there, it is of no known kind, or is wrong (named by
                file and row).
        """

    def run(
        self, app: str, function: str, inputs: Metadata, *, progress: Progress | None = None
    ) -> Execution:
        """Run a declared function in the worker and wait; KeyboardInterrupt cancels it."""

    def serve(self, *, address: str, port: int, ready: Callable[[str], None] | None = None) -> None:
        """Serve the pages until interrupted; `ready` gets the address once they answer."""

    def dataset_path(self, dataset_id: str) -> str:
        """Path of a dataset's page on the served address."""
