"""Whatever is prepared comes out once, with the vector that it has alone."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from clustering_app.extraction import encoding
from clustering_app.extraction.encoding import NOT_FINITE, encoded_items
from clustering_app.extraction.prepared import Input, Unencodable
from clustering_app.vectors.feature_set import ModelFingerprint
from host_contract.entities import Item


class Halves:
    """An encoder whose vector is a picture's colour at unit length, and a text's length."""

    image_size = 1
    on_gpu = False
    fingerprint = ModelFingerprint(
        model="halves", weights_source=None, architecture="{}", weights="00",
        preprocessing="{}", dimension=3,
    )  # fmt: skip

    def encode_images(self, prepared: np.ndarray) -> np.ndarray:
        colours = prepared[:, 0, 0].astype(np.float32)
        return colours / np.linalg.norm(colours, axis=1, keepdims=True)

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[len(text), 0, 0] for text in texts], np.float32)


def item(number: int) -> Item:
    return Item(
        id=f"{number:04}", dataset_id="d", name="x", mimetype="image/png", size=1,
        created=datetime.now(UTC), content_version="1",
    )  # fmt: skip


COLOURS = st.lists(st.integers(1, 255), min_size=3, max_size=3)
FRAMES = st.lists(COLOURS, min_size=1, max_size=9).map(
    lambda colours: np.array(colours, np.uint8)[:, None, None]
)
PREPARED = st.one_of(FRAMES, st.text(max_size=5), st.just(Unencodable("broken")))


@given(prepared=st.lists(PREPARED, max_size=40), at_once=st.integers(1, 20))
def test_each_item_once_with_its_own_vector(
    prepared: list[Input | Unencodable], at_once: int
) -> None:
    threads = torch.get_num_threads()
    items = [item(number) for number in range(len(prepared))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "PICTURES_AT_ONCE", at_once)
        batches = list(encoded_items(zip(items, prepared, strict=True), Halves()))  # type: ignore[arg-type]
    found = dict(pair for batch in batches for pair in ((one.id, got) for one, got in batch))
    assert sum(map(len, batches)) == len(found) == len(items)
    for one, given_ in zip(items, prepared, strict=True):
        got = found[one.id]
        if isinstance(given_, Unencodable):
            assert got is given_
            continue
        if isinstance(given_, str):
            expected = np.array([len(given_), 0, 0])
        else:
            mean = Halves().encode_images(given_).mean(0)
            expected = mean / np.linalg.norm(mean)
        np.testing.assert_allclose(got, expected, atol=1e-5)
    assert torch.get_num_threads() == threads


class Blind(Halves):
    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[np.nan if text == "nan" else 1e6, 0, 1] for text in texts], np.float32)


def test_a_vector_that_cannot_be_kept_is_none() -> None:
    texts = [(item(0), "nan"), (item(1), "large"), (item(2), np.ones((1, 1, 1, 3), np.uint8))]
    batches = list(encoded_items(texts, Blind()))  # type: ignore[arg-type]
    found = [got for batch in batches for _, got in batch]
    assert found[:2] == [NOT_FINITE, NOT_FINITE]
    assert isinstance(found[2], np.ndarray)


def test_what_goes_wrong_in_the_model_is_raised_and_ends_all() -> None:
    class Raising(Halves):
        def encode_images(self, prepared: np.ndarray) -> np.ndarray:
            raise MemoryError("too much")

    pictures = ((item(number), np.ones((1, 1, 1, 3), np.uint8)) for number in range(500))
    with pytest.raises(MemoryError, match="too much"):
        list(encoded_items(pictures, Raising()))  # type: ignore[arg-type]
    assert next(pictures, None) is not None
