"""A host that a console command can start on this machine.

Found through the entry-point group `host_contract.platforms`; the value is a function that takes
the data directory and returns a `Platform`.
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

    def import_folder(
        self, folder: Path, *, name: str | None = None, progress: Progress | None = None
    ) -> Dataset:
        """Make a dataset of all files under a folder, or add its new files to the one so named.

        Raises:
            InvalidInput: the folder does not exist or holds nothing, or its metadata file is wrong
                (named by file and row).
        """

    def run(
        self, app: str, function: str, inputs: Metadata, *, progress: Progress | None = None
    ) -> Execution:
        """Run a declared function in the worker and wait; KeyboardInterrupt cancels it."""

    def serve(self, *, address: str, port: int, ready: Callable[[str], None] | None = None) -> None:
        """Serve the pages until interrupted; `ready` gets the address once they answer."""

    def dataset_path(self, dataset_id: str) -> str:
        """Path of a dataset's page on the served address."""
