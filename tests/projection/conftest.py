"""One compilation of UMAP for all tests of this folder."""

import numpy as np
import pytest

from clustering_app.projection.neighbours import find_neighbours
from clustering_app.projection.umap import umap_layout


@pytest.fixture(scope="session")
def compiled_umap() -> None:
    """UMAP, compiled: seconds the first time on a machine, then read from disk."""
    vectors = np.random.default_rng(0).standard_normal((8, 2)).astype(np.float32)
    umap_layout(vectors, find_neighbours(vectors, 4, seed=0), min_dist=0.1, seed=0)
