"""What the console's commands share: the local host, datasets by name, bars, and the browser."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from clustering_app.errors import NoFeatures
from clustering_app.settings import manifest
from host_contract.context import Host
from host_contract.entities import Dataset, Execution, ExecutionStatus, Metadata
from host_contract.errors import ContractError, InvalidInput, NotFound
from host_contract.platform import PLATFORM_GROUP, Platform

if TYPE_CHECKING:
    from clustering_app.vectors.store import FeatureStore

APP = "clustering"

console = Console()
errors = Console(stderr=True)


def open_platform(
    data_dir: Path,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    storage: str | None = None,
) -> Platform:
    """Open the local host that is installed.

    Args:
        data_dir: Of the host.
        workers: Processes that share an extraction.
        scheduler: Address of a running Dask scheduler whose workers do, instead.
        storage: Where vectors and runs are kept; None for where they are already.

    Raises:
        NotFound: no package offers one.
        InvalidInput: the data directory keeps them elsewhere.
    """
    found = list(entry_points(group=PLATFORM_GROUP))
    if not found:
        raise NotFound(f"No local host is installed (entry-point group {PLATFORM_GROUP}).")
    opener: Callable[..., Platform] = found[0].load()
    return opener(data_dir, workers=workers, scheduler=scheduler, storage=storage)


def find_dataset(host: Host, name_or_id: str) -> Dataset:
    """The dataset with this id, or the only one with this name.

    Raises:
        NotFound: there is none; lists those there are.
        InvalidInput: several have the name; lists their ids.
    """
    datasets = host.datasets()
    matches = [d for d in datasets if d.id == name_or_id]
    matches = matches or [d for d in datasets if d.name == name_or_id]
    if not matches:
        names = ", ".join(repr(d.name) for d in datasets) or "none yet; see: clustering import"
        raise NotFound(f"No dataset {name_or_id!r}. There are: {names}.")
    if len(matches) > 1:
        ids = ", ".join(d.id for d in matches)
        raise InvalidInput(f"{len(matches)} datasets are named {name_or_id!r}; use an id: {ids}.")
    return matches[0]


def newest_feature_set(store: FeatureStore, dataset: Dataset) -> str:
    """Name of the feature set made last of those that hold vectors.

    Raises:
        NoFeatures: there is none; says what to do.
    """
    feature_sets = store.with_vectors()
    if not feature_sets:
        raise NoFeatures(
            f"Dataset {dataset.name!r} has no vectors yet; run: clustering extract {dataset.name!r}"
        )
    return feature_sets[-1].name


def newest_encoded_set(store: FeatureStore, dataset: Dataset) -> str:
    """Name of the feature set made last of those with vectors whose model can encode a text.

    Raises:
        NoFeatures: there is none; says what to do.
    """
    newest = newest_feature_set(store, dataset)
    encoded = [info.name for info in store.with_vectors() if not info.fingerprint.imported]
    if not encoded:
        raise NoFeatures(
            f"The vectors {newest!r} were imported, and no model of theirs can encode a text; run: "
            f"clustering extract {dataset.name!r}"
        )
    return encoded[-1]


def printable(text: str) -> str:
    """The text with control characters shown as escapes: item names are not trusted."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def import_with_progress(
    platform: Platform, source: str | Path, name: str | None, pictures: str | None = None
) -> Dataset:
    """Import a source behind a bar, and say how many items there are."""
    with progress_bar("Importing") as report:
        dataset = platform.import_source(source, name=name, pictures=pictures, progress=report)
    count = platform.host(APP).count_items(dataset.id)
    console.print(f"Dataset {dataset.name!r}: {count:,} items", markup=False)
    return dataset


def run_with_progress(platform: Platform, function: str, inputs: Metadata) -> Execution:
    """Run a declared function behind a bar. Raises `ContractError` when it does not succeed."""
    with progress_bar(manifest().functions()[function].display_name) as report:
        execution = platform.run(APP, function, inputs, progress=report)
    if execution.status is not ExecutionStatus.SUCCESS:
        reason = execution.error or execution.message
        raise ContractError(f"{function} {execution.status.value}: {reason}")
    if execution.message:
        console.print(execution.message, markup=False)
    return execution


def has_run(host: Host, dataset: Dataset) -> bool:
    """Whether there is a map of the newest feature set."""
    from clustering_app.projection.runs import list_runs
    from clustering_app.vectors.store import FeatureStore

    store = FeatureStore(host.storage(dataset.id))
    newest = newest_feature_set(store, dataset)
    return any(run.feature_set == newest for run in list_runs(store))


def serve_until_stopped(
    platform: Platform, address: str, port: int, browser: bool, path: str
) -> None:
    """Serve, say where, and open the browser there if wanted."""

    def ready(origin: str) -> None:
        console.print(f"Open {origin}{path}  (stop with Ctrl-C)", markup=False)
        if browser:
            webbrowser.open(origin + path)

    platform.serve(address=address, port=port, ready=ready)


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float, str], None]]:
    """A bar on standard error; gives what is to be told the share that is done, and a message."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors) as progress:
        task = progress.add_task(title, total=1.0)

        def report(fraction: float, message: str) -> None:
            progress.update(task, completed=fraction, description=message or title)

        yield report
        progress.update(task, completed=1.0)
