"""Near-duplicates, beside what comparing every pair by hand gives."""

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustering_app.projection.duplicates import near_duplicates


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@given(st.integers(0, 60), st.integers(0, 2**32 - 1), st.sampled_from([0.5, 0.9, 0.99]))
def test_groups_are_what_hangs_together(count: int, seed: int, threshold: float) -> None:
    random = np.random.default_rng(seed)
    vectors = unit(random.standard_normal((count, 3)))
    cosines = vectors @ vectors.T
    if (np.abs(cosines - threshold) < 1e-4).any():
        return  # may fall on either side
    graph = networkx.from_numpy_array(cosines > threshold)
    expected = {frozenset(part) for part in networkx.connected_components(graph) if len(part) > 1}
    found = near_duplicates(vectors, threshold)
    assert {frozenset(rows.tolist()) for rows in found} == expected
    assert [len(rows) for rows in found] == sorted(map(len, found), reverse=True)


def test_many_equal_vectors_are_one_group_within_little_memory() -> None:
    vectors = unit(np.repeat(np.eye(4), 3_000, axis=0))
    groups = near_duplicates(vectors, 1.0)
    assert [len(rows) for rows in groups] == [3_000] * 4


def test_without_comparing_every_pair_planted_copies_are_found() -> None:
    random = np.random.default_rng(0)
    originals = unit(random.standard_normal((2_000, 32)))
    copied = random.choice(2_000, 100, replace=False)
    copies = unit(originals[copied] + 0.001 * random.standard_normal((100, 32)))
    groups = near_duplicates(np.concatenate([originals, copies]), 0.99, exact_up_to=1_000)
    expected = {(int(row), 2_000 + place) for place, row in enumerate(copied)}
    found = {tuple(rows.tolist()) for rows in groups}
    assert found <= expected
    assert len(found) >= 99


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_have_no_duplicates(count: int) -> None:
    assert near_duplicates(np.ones((count, 4), np.float32) / 2, 0.9) == []
