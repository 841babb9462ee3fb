from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.steps import Steps, digest
from clustering_app.vectors.feature_set import FeatureSet, FeatureSetInfo, ModelFingerprint


class Work:
    """Counts how often it is done."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self) -> NDArray[np.uint8]:
        self.done += 1
        return np.full(40, self.done, np.uint8)


def result(steps: Steps, key: str, work: Work) -> NDArray[np.uint8]:
    return steps.result((key,), work, size=lambda made: made.nbytes)


def test_a_step_is_done_once() -> None:
    steps, work = Steps(), Work()
    assert result(steps, "a", work)[0] == 1
    assert result(steps, "b", work)[0] == 2
    assert result(steps, "a", work)[0] == 1


def test_what_was_not_used_for_longest_makes_room() -> None:
    steps, work = Steps(most_bytes=100), Work()
    result(steps, "a", work)
    result(steps, "b", work)
    result(steps, "a", work)
    result(steps, "c", work)
    assert work.done == 3
    result(steps, "a", work)
    assert work.done == 3
    result(steps, "b", work)
    assert work.done == 4


def test_the_digest_tells_items_and_vectors_apart() -> None:
    vectors = np.arange(6, dtype=np.float16).reshape(2, 3)
    other = vectors.copy()
    other[1, 2] = 9

    def of(item_ids: Sequence[str], values: NDArray[np.float16]) -> str:
        fingerprint = ModelFingerprint(
            model="m", weights_source=None, architecture="{}", weights="0", preprocessing="{}",
            dimension=values.shape[1],
        )  # fmt: skip
        info = FeatureSetInfo(name="m", fingerprint=fingerprint, count=len(item_ids))
        return digest(FeatureSet(info=info, item_ids=tuple(item_ids), vectors=values, snapshot=""))

    found = {
        of("ab", vectors), of("ac", vectors), of("ab", other),
        of("abc", vectors.reshape(3, 2)), of("ab", np.asfortranarray(vectors)),
    }  # fmt: skip
    assert len(found) == 4
