"""A picture is made as small as open_clip makes it."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from clustering_app.extraction.resizing import quick
from clustering_app.extraction.torchvision_operators import declare_missing_operators

declare_missing_operators()
from open_clip.transform import image_transform  # noqa: E402

STEPS = {
    "shortest": image_transform(224, is_train=False).transforms[0],
    "longest": image_transform(64, is_train=False, resize_mode="longest").transforms[0],
    "bilinear": image_transform(64, is_train=False, interpolation="bilinear").transforms[0],
}
"""ViT-B-32's, the bundled model's, and that of models that scale in another way."""


@pytest.mark.parametrize("kind", STEPS)
@settings(max_examples=50)
@given(width=st.integers(1, 900), height=st.integers(1, 900), seed=st.integers(0, 2**32 - 1))
def test_it_has_open_clips_size_and_nearly_its_numbers(
    kind: str, width: int, height: int, seed: int
) -> None:
    step = STEPS[kind]
    if max(width, height) > 8 * min(width, height):
        width = height  # `prepare` makes others small before
    picture = detailed(width, height, seed)
    mine, theirs = quick(step)(picture), step(picture)
    assert mine.size == theirs.size
    off = np.abs(np.asarray(mine, int) - np.asarray(theirs, int))
    assert off.mean() < 0.5
    assert np.percentile(off, 99) <= 2


def test_a_large_picture_is_not_scaled_by_the_step_itself() -> None:
    asked: list[Image.Image] = []

    class Watched(type(STEPS["shortest"])):  # type: ignore[misc]
        def forward(self, picture: Any) -> Any:
            asked.append(picture)
            return super().forward(picture)

    step = Watched(224, interpolation=STEPS["shortest"].interpolation)
    assert quick(step)(detailed(800, 600, 0)).size == (298, 224)
    has_avx = torch.backends.cpu.get_cpu_capability().startswith("AVX")
    assert len(asked) == (0 if has_avx else 1)


def test_what_does_not_scale_stays_as_it_is() -> None:
    for step in image_transform(64, is_train=False, resize_mode="longest").transforms[1:]:
        assert quick(step) is step


def detailed(width: int, height: int, seed: int) -> Image.Image:
    """Noise over flat colours, with hard edges."""
    chance = np.random.default_rng(seed)
    coarse = chance.integers(0, 255, (8, 8, 3), np.uint8)
    picture = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.NEAREST))
    noise = chance.integers(-20, 20, picture.shape)
    return Image.fromarray(np.clip(picture.astype(int) + noise, 0, 255).astype(np.uint8))
