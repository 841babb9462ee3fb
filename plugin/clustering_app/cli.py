"""The console command `clustering`: the whole way from images to a map, and out again.

It starts a local host found through the entry-point group `host_contract.platforms`, and calls the
app's own declared functions on it, as the pages do.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from clustering_app.cli_options import (
    DATA_DIR,
    SOURCE,
    Address,
    DataDir,
    DatasetName,
    ModelName,
    OpenBrowser,
    Pictures,
    Port,
    Scheduler,
    Source,
    Storage,
    Weights,
    Workers,
)
from clustering_app.cli_vectors import export_vectors, import_vectors
from clustering_app.console import (
    APP,
    console,
    errors,
    find_dataset,
    has_run,
    import_with_progress,
    newest_encoded_set,
    open_platform,
    printable,
    run_with_progress,
    serve_until_stopped,
)
from clustering_app.errors import ClusteringError
from host_contract.entities import Metadata
from host_contract.errors import ContractError

DEMO_DATASET = "demo"

program = typer.Typer(
    name="clustering",
    help="See, search and act on an image dataset through its embeddings. Start with: demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@program.command()
def demo(
    data_dir: DataDir = DATA_DIR,
    host: Address = "127.0.0.1",
    port: Port = 8400,
    browser: OpenBrowser = True,
    storage: Storage = None,
) -> None:
    """Import a labelled image set, encode it, make a map, and open it in the browser."""
    from clustering_app.demo import write_demo_folder

    with open_platform(data_dir, storage=storage) as platform:
        app_host = platform.host(APP)
        with tempfile.TemporaryDirectory() as folder:
            write_demo_folder(Path(folder))
            dataset = import_with_progress(platform, Path(folder), DEMO_DATASET)
        run_with_progress(platform, "extract_dataset", {"dataset": dataset.id})
        if not has_run(app_host, dataset):
            run_with_progress(platform, "run_projection", {"dataset": dataset.id})
        serve_until_stopped(platform, host, port, browser, platform.dataset_path(dataset.id))


@program.command()
def serve(
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE", help=f"Imported first, if given. {SOURCE}")
    ] = None,
    pictures: Pictures = None,
    data_dir: DataDir = DATA_DIR,
    host: Address = "127.0.0.1",
    port: Port = 8400,
    browser: OpenBrowser = False,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    storage: Storage = None,
) -> None:
    """Serve the datasets in the browser, after importing SOURCE if one is given."""
    with open_platform(data_dir, workers=workers, scheduler=scheduler, storage=storage) as platform:
        path = "/"
        if source is not None:
            dataset = import_with_progress(platform, source, None, pictures)
            path = platform.dataset_path(dataset.id)
        serve_until_stopped(platform, host, port, browser, path)


@program.command(name="import")
def import_source(
    source: Source,
    name: Annotated[str | None, typer.Option(help="Dataset name; the source's by default.")] = None,
    pictures: Pictures = None,
    data_dir: DataDir = DATA_DIR,
    storage: Storage = None,
) -> None:
    """Make a dataset of SOURCE, or bring the one with its name up to date."""
    with open_platform(data_dir, storage=storage) as platform:
        dataset = import_with_progress(platform, source, name, pictures)
        console.print(f"Next: clustering extract {dataset.name!r}", markup=False)


@program.command()
def extract(
    dataset: DatasetName,
    model: ModelName = "mini-clip",
    weights: Weights = None,
    data_dir: DataDir = DATA_DIR,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    storage: Storage = None,
) -> None:
    """Encode every item that has no vector yet. May be stopped and called again at any time."""
    with open_platform(data_dir, workers=workers, scheduler=scheduler, storage=storage) as platform:
        found = find_dataset(platform.host(APP), dataset)
        inputs: Metadata = {"dataset": found.id, "model": model, "weights": weights}
        run_with_progress(platform, "extract_dataset", inputs)
        console.print(f"Next: clustering run {found.name!r}", markup=False)


@program.command()
def run(
    dataset: DatasetName,
    method: Annotated[str, typer.Option(help="umap, tsne or pca.")] = "umap",
    dimensions: Annotated[int, typer.Option(min=2, max=3, help="2 or 3.")] = 2,
    spherize: Annotated[str, typer.Option(help="off, centre, standardize or whiten.")] = "centre",
    metric: Annotated[str, typer.Option(help="euclidean or cosine.")] = "euclidean",
    neighbours: Annotated[int, typer.Option(min=2, max=200, help="UMAP neighbours.")] = 15,
    min_dist: Annotated[float, typer.Option(min=0.0, max=0.99, help="UMAP least distance.")] = 0.1,
    perplexity: Annotated[float, typer.Option(min=2, max=100, help="t-SNE perplexity.")] = 30.0,
    iterations: Annotated[int, typer.Option(min=500, max=5000, help="t-SNE iterations.")] = 750,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same map.")] = 0,
    fit_on: Annotated[
        int, typer.Option(min=0, help="Items to fit the map on, to place the others; 0 for all.")
    ] = 0,
    feature_set: Annotated[str | None, typer.Option(help="The newest one by default.")] = None,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Make a map of a dataset's vectors."""
    with open_platform(data_dir) as platform:
        inputs: Metadata = {
            "dataset": find_dataset(platform.host(APP), dataset).id,
            "feature_set": feature_set,
            "method": method,
            "dimensions": dimensions,
            "spherize": spherize,
            "metric": metric,
            "neighbours": neighbours,
            "min_dist": min_dist,
            "perplexity": perplexity,
            "iterations": iterations,
            "seed": seed,
            "fit_on": fit_on,
        }
        run_with_progress(platform, "run_projection", inputs)
        console.print("Next: clustering serve", markup=False)


@program.command()
def place(
    dataset: DatasetName,
    run: Annotated[str | None, typer.Option(help="Id of a map; the newest by default.")] = None,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Place items that were encoded after a map on it; no point of it moves."""
    with open_platform(data_dir) as platform:
        inputs: Metadata = {"dataset": find_dataset(platform.host(APP), dataset).id, "run": run}
        run_with_progress(platform, "place_items", inputs)


@program.command()
def search(
    dataset: DatasetName,
    text: Annotated[str, typer.Argument(help="What to look for, such as 'a red bird'.")],
    count: Annotated[int, typer.Option(min=1, help="How many items to list.")] = 10,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """List the items that a text describes best, with their cosine similarity."""
    from clustering_app.extraction.loading import load_encoder
    from clustering_app.vectors.similarity import most_similar
    from clustering_app.vectors.store import FeatureStore

    with open_platform(data_dir) as platform:
        host = platform.host(APP)
        found = find_dataset(host, dataset)
        store = FeatureStore(host.storage(found.id))
        feature_set = store.read(newest_encoded_set(store, found))
        fingerprint = feature_set.info.fingerprint
        model, weights = fingerprint.model, fingerprint.weights_source
        encoder = load_encoder(model, weights=weights, one_call=False)  # for no picture
        query = encoder.encode_texts([text])[0]
        rows, cosines = most_similar(feature_set.vectors, query, count=count)
        for row, cosine in zip(rows, cosines, strict=True):
            item = host.item(feature_set.item_ids[row])
            line = f"{cosine:.3f}  {item.folder.rstrip('/')}/{item.name}  {item.id}"
            console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


@program.command()
def export(
    dataset: DatasetName,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A .csv, .jsonl or .parquet file.")
    ] = None,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Write the items with metadata, coordinates, clusters and outlier scores to a file."""
    from clustering_app.export import export as export_items
    from clustering_app.projection.runs import list_runs, read_run
    from clustering_app.vectors.store import FeatureStore

    with open_platform(data_dir) as platform:
        host = platform.host(APP)
        found = find_dataset(host, dataset)
        store = FeatureStore(host.storage(found.id))
        runs = list_runs(store)
        newest = read_run(store, runs[0].id) if runs else None
        path = output or Path(f"{found.name.replace('/', '_')}.csv")
        count = export_items(host, found.id, newest, path)
        console.print(f"Wrote {count:,} items to {path}", markup=False)


program.command()(import_vectors)
program.command()(export_vectors)


def main() -> None:
    """Run the command; every expected failure is one line on standard error and exit code 1."""
    try:
        program()
    except (ContractError, ClusteringError) as error:
        errors.print(f"Error: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        errors.print("Stopped.")
        sys.exit(130)
