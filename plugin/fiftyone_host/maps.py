"""Maps as brain runs, so that FiftyOne's own Embeddings panel shows them. N points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def write_map(
    dataset: Any, key: str, sample_ids: Sequence[str], points: NDArray[np.floating[Any]]
) -> int:
    """Keep a map under a brain key, in the place of another one with that key.

    Args:
        dataset: Of the samples.
        key: The name in the Embeddings panel: letters, digits and underscores.
        sample_ids: N ids; those that are gone are left out.
        points: (N, 2) or (N, 3).

    Returns:
        How many samples are on it.
    """
    import fiftyone.brain as fob

    if dataset.has_brain_run(key):
        dataset.delete_brain_run(key)
    there = set(dataset.values("id"))
    placed = {
        sample_id: point.astype(float)
        for sample_id, point in zip(sample_ids, points, strict=True)
        if sample_id in there
    }
    fob.compute_visualization(
        dataset.select([*placed]), points=placed, num_dims=points.shape[1], brain_key=key
    )
    return len(placed)
