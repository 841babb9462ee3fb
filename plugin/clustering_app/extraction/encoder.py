"""Pictures and words to vectors, by any CLIP that open_clip can build. N inputs, D dimensions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import EncoderUnavailable
from clustering_app.extraction import mini_clip
from clustering_app.extraction.graph import Steps, as_one_call
from clustering_app.extraction.precision import fast_precision
from clustering_app.extraction.resizing import pixels_of, quick
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.similarity import unit

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

LONGEST_RATIO = 8


class Encoder(Protocol):
    """What extraction and search need of a model."""

    fingerprint: ModelFingerprint
    image_size: int
    """Side of the square that the model sees, in pixels."""
    on_gpu: bool

    def prepare(self, image: Image) -> NDArray[np.uint8]:
        """An RGB picture of any size as (S, S, 3). Safe to call from many threads."""

    def encode_images(self, prepared: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Prepared pictures (N, S, S, 3) as vectors (N, D) of unit length."""

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts as vectors (N, D) of unit length, comparable with those of pictures."""


class ClipEncoder:
    """An open_clip model, ready to encode."""

    def __init__(
        self,
        model: Any,
        transform: Any,
        tokenizer: Any,
        fingerprint: ModelFingerprint,
        device: str,
        precision: torch.dtype | None = None,
        *,
        one_call: bool = True,
    ) -> None:
        """Take over a model.

        Args:
            model: open_clip's network.
            transform: Its preprocessing.
            tokenizer: Its tokenizer.
            fingerprint: What it is.
            device: Where it computes.
            precision: What pictures are encoded in, `fast_precision` of the device if not given.
            one_call: Whether a batch of pictures is one call, see `graph`.
        """
        self.fingerprint = fingerprint
        self.image_size: int = _first(model.visual.image_size)
        self.on_gpu = device != "cpu"
        self._model = _channels_last(model.eval().requires_grad_(False).to(device))
        # The last two steps work on numbers: done for a batch at once, they cost decoding threads
        # no turn at Python's lock, and a picture waits as bytes, a quarter of its floats.
        *shape_steps, to_floats, normalize = transform.transforms
        self._shape_steps = [quick(step) for step in shape_steps]
        self._floats = _floats(to_floats, normalize, device)
        self._tokenizer = tokenizer
        self._device = device
        self._turn = threading.Lock() if self.on_gpu else nullcontext()
        self._one_call = one_call
        self._compute_pictures_in(precision or fast_precision(device))

    def prepare(self, image: Image) -> NDArray[np.uint8]:
        """An RGB picture as (S, S, 3), in the shape that the model's own preprocessing gives it."""
        picture: Any = _not_too_long(image, self.image_size)
        for step in self._shape_steps:
            picture = step(picture)
        return pixels_of(picture)

    def encode_images(self, prepared: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Prepared pictures (N, S, S, 3) as vectors (N, D) of unit length.

        In halves where the device's memory is too small for all of them.

        Raises:
            RuntimeError: it is too small for one.
        """
        import torch

        try:
            with torch.inference_mode(), self._turn:
                pictures = torch.from_numpy(prepared).to(self._device)
                vectors = self._vectors(self._encode(pictures))
                if self._precision is torch.float16 and not np.isfinite(vectors).all():
                    self._compute_pictures_in(torch.float32)  # some models leave float16's range
                    vectors = self._vectors(self._encode(pictures))
                return vectors
        except RuntimeError as error:
            if not _is_out_of_memory(error) or len(prepared) == 1:
                raise
        middle = len(prepared) // 2
        return np.concatenate([self.encode_images(p) for p in np.split(prepared, [middle])])

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts as vectors (N, D) of unit length."""
        import torch

        with torch.inference_mode():
            tokens = self._tokenizer(list(texts)).to(self._device)
            return self._vectors(self._model.encode_text(tokens))

    def _compute_pictures_in(self, dtype: torch.dtype) -> None:
        import torch

        self._precision = dtype
        self._model.visual.to(dtype)
        self._encode: Steps = self._steps
        if self._one_call:
            shape = (2, self.image_size, self.image_size, 3)
            some = torch.randint(0, 256, shape, dtype=torch.uint8, device=self._device)
            self._encode = as_one_call(self._steps, some)

    def _steps(self, pictures: torch.Tensor) -> torch.Tensor:
        floats = self._floats(pictures.permute(0, 3, 1, 2))
        vectors: torch.Tensor = self._model.encode_image(floats.to(self._precision))
        return vectors

    @staticmethod
    def _vectors(encoded: torch.Tensor) -> NDArray[np.float32]:
        return unit(encoded.float().cpu().numpy())


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Whether a device's memory is too small; a graph says so in another error's text."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error)


def _not_too_long(image: Image, side: int) -> Image:
    """A picture that is very much longer than wide, small and whole in the middle of white.

    Scaled by its longer side it would lose its shorter one, by its shorter side it would become
    huge: 30,000 by 1 pixels would need gigabytes.
    """
    from PIL import Image as Images

    if max(image.size) <= LONGEST_RATIO * min(image.size):
        return image
    scale = side / max(image.size)
    width, height = (max(round(length * scale), 1) for length in image.size)
    square = Images.new("RGB", (side, side), "white")
    square.paste(image.resize((width, height)), ((side - width) // 2, (side - height) // 2))
    return square


def _floats(to_floats: Any, normalize: Any, device: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """What open_clip's last two steps do to one picture, for a batch: (N, 3, S, S), bytes in."""
    import torch
    from torchvision.transforms import Normalize, ToTensor

    if not isinstance(to_floats, ToTensor) or not isinstance(normalize, Normalize):
        raise EncoderUnavailable(
            f"The model's preprocessing ends in {to_floats} and {normalize}, which is not known; "
            f"{mini_clip.OFFLINE_ADVICE}."
        )
    mean, std = (
        torch.tensor(v, device=device).view(-1, 1, 1) for v in (normalize.mean, normalize.std)
    )

    def floats(pixels: torch.Tensor) -> torch.Tensor:
        return pixels.float().div_(255).sub_(mean).div_(std)

    return floats


def _channels_last(network: Any) -> Any:
    """The network with its weights laid out so that convolutions run half as fast again."""
    import torch

    return network.to(memory_format=torch.channels_last)


def _first(size: int | tuple[int, ...]) -> int:
    return size if isinstance(size, int) else size[0]
