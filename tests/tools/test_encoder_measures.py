"""The measures by which the encoder is judged, against what can be counted by hand."""

import numpy as np
import pytest
import torch

from tools.encoder.measures import neighbour_agreement, recall, top_k_accuracy
from tools.encoder.near_copies import hashes, near_copies
from tools.encoder.train import rate_at, several_positives


def test_recall_counts_queries_whose_match_is_near() -> None:
    candidates = np.eye(4, dtype=np.float32)
    queries = candidates[[0, 1, 3]]
    assert recall(queries, candidates, [{0}, {1}, {2}], 1) == pytest.approx(2 / 3)
    assert recall(queries, candidates, [{0}, {1}, {2, 3}], 1) == 1.0
    assert recall(queries, candidates, [{0}, {1}, {2}], 4) == 1.0


def test_a_picture_is_not_its_own_neighbour() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
    assert neighbour_agreement(vectors, ["a", "a", "b", "b"], 1) == 1.0
    assert neighbour_agreement(vectors, ["a", "b", "a", "b"], 1) == 0.0


def test_top_k_takes_the_mean_of_a_labels_prompts() -> None:
    prompts = {name: np.eye(3, dtype=np.float32)[[row]] for row, name in enumerate("abc")}
    vectors = np.array([[0.9, 0.4, 0], [0.1, 0.5, 0.8]], np.float32)
    assert top_k_accuracy(vectors, prompts, ["a", "b"], 1) == 0.5
    assert top_k_accuracy(vectors, prompts, ["a", "b"], 2) == 1.0


def _picture(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3))
    return np.kron(coarse, np.ones((8, 8, 1))).astype(np.uint8)


def test_a_copy_is_found_after_noise_and_a_change_of_brightness() -> None:
    trained = np.stack([_picture(seed) for seed in range(50)])
    noise = np.random.default_rng(0).normal(0, 4, trained[7].shape)
    copied = (trained[7] * 0.97 + noise).clip(0, 255).astype(np.uint8)
    sought = np.stack([_picture(1000), copied, _picture(1001)])
    assert near_copies(sought, trained, rows_at_once=2).tolist() == [False, True, False]


def test_the_same_shape_in_another_colour_is_no_copy() -> None:
    grey = _picture(3).mean(2, keepdims=True)
    red, blue = grey * (1.0, 0.2, 0.2), grey * (0.2, 0.2, 1.0)
    pair = np.stack([red, blue]).astype(np.uint8)
    distance = int(np.bitwise_count(hashes(pair)[0] ^ hashes(pair)[1]))
    assert distance <= 4
    assert not near_copies(pair[:1], pair[1:])[0]


def test_several_positives_share_the_target() -> None:
    logits = torch.tensor([[5.0, 5.0, -50.0]])
    loss = several_positives(logits, torch.tensor([[1.0, 1.0, 0.0]]))
    assert loss.item() == pytest.approx(np.log(2), abs=1e-5)


def test_the_learning_rate_warms_up_and_ends_at_nothing() -> None:
    rates = [rate_at(f / 100, 1.0) for f in range(101)]
    assert max(rates) == max(rates[:5])
    assert rates[100] == pytest.approx(0.0, abs=1e-12)
    assert rates[5:] == sorted(rates[5:], reverse=True)
