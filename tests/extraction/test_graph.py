"""A batch is one call of torch's, with the same vectors."""

import numpy as np
import pytest
import torch

from clustering_app.extraction.encoder import ClipEncoder
from clustering_app.extraction.graph import as_one_call
from clustering_app.extraction.loading import load_encoder

PICTURES = np.random.default_rng(0).integers(0, 256, (9, 64, 64, 3), dtype=np.uint8)
FEW = torch.arange(2 * 3 * 3 * 3, dtype=torch.uint8).reshape(2, 3, 3, 3)


@pytest.fixture(scope="module")
def by_steps() -> ClipEncoder:
    return load_encoder(device="cpu", one_call=False)


@pytest.fixture(scope="module")
def at_once() -> ClipEncoder:
    return load_encoder(device="cpu")


def test_the_vectors_are_the_same_bit_for_bit(by_steps: ClipEncoder, at_once: ClipEncoder) -> None:
    for count in (9, 1, 5):
        some = PICTURES[:count]
        np.testing.assert_array_equal(at_once.encode_images(some), by_steps.encode_images(some))


def test_python_does_not_take_the_steps_again() -> None:
    taken: list[int] = []

    def steps(pictures: torch.Tensor) -> torch.Tensor:
        taken.append(len(pictures))
        return pictures.float().flatten(1).cumsum(1)

    encode = as_one_call(steps, FEW)
    before = len(taken)
    found = encode(FEW[:1])
    assert len(taken) == before
    np.testing.assert_array_equal(found, steps(FEW[:1]))


def test_steps_that_depend_on_the_number_of_pictures_stay_steps(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def steps(pictures: torch.Tensor) -> torch.Tensor:
        floats = pictures.float().flatten(1)
        return floats.flip(1) if len(pictures) == 2 else floats

    encode = as_one_call(steps, FEW)
    np.testing.assert_array_equal(encode(FEW[:1]), steps(FEW[:1]))
    assert "step by step" in caplog.text


def test_steps_that_cannot_be_written_down_stay_steps(caplog: pytest.LogCaptureFixture) -> None:
    def steps(pictures: torch.Tensor) -> torch.Tensor:
        if torch.jit.is_tracing():
            raise NotImplementedError("no tracing")
        return pictures.float().flatten(1)

    encode = as_one_call(steps, FEW)
    np.testing.assert_array_equal(encode(FEW), steps(FEW))
    assert "no tracing" in caplog.text
