"""What the app makes, written back into FiftyOne as soon as it is made: a wrapper of its functions.

Vectors go into a field of the samples. A map becomes a brain run, the newest of each method, as
FiftyOne's Embeddings panel wants it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import cast

from pydantic import JsonValue

from clustering_app.projection.run import RunParameters
from clustering_app.projection.runs import read_run
from clustering_app.vectors.store import FeatureStore
from fiftyone_host.host import FiftyOneHost
from host_contract.context import ExecutionContext
from host_contract.hookspecs import hookimpl


@hookimpl(wrapper=True)
def run_function(context: ExecutionContext) -> Generator[None, JsonValue, JsonValue]:
    """Run the function, then write back what it made."""
    output = yield
    host = cast(FiftyOneHost, context.host)
    dataset_id = host.execution(context.execution_id).dataset_id
    if not isinstance(output, dict) or dataset_id is None:
        return output
    if isinstance(run_id := output.get("run"), str):
        context.progress(1.0, "Writing the map to FiftyOne")
        run = read_run(FeatureStore(host.storage(dataset_id)), run_id)
        host.write_map(dataset_id, brain_key(run.info.parameters), run.item_ids, run.coordinates)
    elif isinstance(name := output.get("feature_set"), str):
        context.progress(1.0, "Writing the vectors to FiftyOne")
        host.write_vectors(dataset_id, name)
    return output


def brain_key(parameters: RunParameters) -> str:
    """Name of a map in the Embeddings panel, such as `clustering_umap_2d`."""
    return f"clustering_{parameters.method}_{parameters.dimensions}d"
