"""Models by name: the bundled one, or any that open_clip can build."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from clustering_app.errors import EncoderUnavailable, UnsafeCheckpoint
from clustering_app.extraction import mini_clip
from clustering_app.extraction.encoder import ClipEncoder
from clustering_app.extraction.mini_clip import BUNDLED, OFFLINE_ADVICE, PREPROCESSING
from clustering_app.extraction.torchvision_operators import declare_missing_operators
from clustering_app.vectors.feature_set import ModelFingerprint

if TYPE_CHECKING:
    import torch

Loaded: TypeAlias = tuple[Any, Any, Any, ModelFingerprint]
"""open_clip's network, its preprocessing and its tokenizer, and what they are."""


def load_encoder(
    model: str = BUNDLED,
    *,
    weights: str | None = None,
    device: str | None = None,
    precision: torch.dtype | None = None,
    allow_pickle: bool = False,
    one_call: bool = True,
) -> ClipEncoder:
    """Load a model.

    Args:
        model: `mini-clip`, or any architecture that open_clip knows, such as `ViT-B-32`.
        weights: open_clip's name of trained weights, such as `laion2b_s34b_b79k`, or the path of a
            checkpoint. Not given for `mini-clip`.
        device: `cpu`, `cuda`, ...; a GPU is taken when there is one.
        precision: What pictures are encoded in, `fast_precision` of the device if not given. Texts
            are in float32, as they are few.
        allow_pickle: Load a checkpoint that is not safetensors; such a file can run code.
        one_call: Whether a batch of pictures is one call of torch's, see `graph`.

    Raises:
        EncoderUnavailable: model or weights cannot be had; says why and what works offline.
        UnsafeCheckpoint: the checkpoint needs unpickling, and `allow_pickle` is False.
    """
    import torch

    declare_missing_operators()
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if model == BUNDLED:
        if weights:
            raise EncoderUnavailable(f"{BUNDLED}: has its own weights; leave out --weights.")
        loaded = _load_bundled()
    else:
        loaded = _load_open_clip(model, weights, allow_pickle)
    return ClipEncoder(*loaded, device, precision, one_call=one_call)


def _load_bundled() -> Loaded:
    from open_clip.model import CLIP
    from open_clip.transform import image_transform
    from safetensors.torch import load_file

    if not mini_clip.WEIGHTS.is_file():
        raise EncoderUnavailable(f"{BUNDLED}: its weights are missing; install the package again.")
    configuration = mini_clip.configuration()
    network = CLIP(**configuration)
    network.load_state_dict({k: v.float() for k, v in load_file(mini_clip.WEIGHTS).items()})
    transform = image_transform(
        configuration["vision_cfg"]["image_size"], is_train=False, **PREPROCESSING
    )
    fingerprint = ModelFingerprint(
        model=BUNDLED,
        weights_source=None,
        architecture=json.dumps(configuration, sort_keys=True),
        weights=_sha256_of_file(mini_clip.WEIGHTS),
        preprocessing=json.dumps(PREPROCESSING, sort_keys=True),
        dimension=configuration["embed_dim"],
    )
    return network, transform, mini_clip.tokenizer(), fingerprint


def _load_open_clip(model: str, weights: str | None, allow_pickle: bool) -> Loaded:
    import open_clip

    if model not in open_clip.list_models():
        raise EncoderUnavailable(f"{model}: open_clip knows no such model; {OFFLINE_ADVICE}.")
    names = open_clip.list_pretrained_tags_by_model(model)
    if weights is None:
        offer = f"name its weights, one of {', '.join(names[:6])}" if names else "give a checkpoint"
        raise EncoderUnavailable(f"{model}: {offer}, with --weights; or {OFFLINE_ADVICE}.")
    path = Path(weights)
    if path.is_file():
        if path.suffix != ".safetensors" and not allow_pickle:
            raise UnsafeCheckpoint(
                f"{weights}: only a .safetensors checkpoint is loaded; any other can run code."
            )
    elif weights not in names:
        known = f"; its weights are {', '.join(names)}" if names else ""
        raise EncoderUnavailable(f"{model}: no weights or file {weights!r}{known}.")
    try:
        network, _, transform = open_clip.create_model_and_transforms(
            model, pretrained=weights, weights_only=not allow_pickle
        )
    except Exception as error:  # open_clip, the hub's client and torch each raise their own
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise EncoderUnavailable(
            f"{model} with {weights}: the weights cannot be had ({reason}); {OFFLINE_ADVICE}."
        ) from error
    configuration = open_clip.get_model_config(model)
    fingerprint = ModelFingerprint(
        model=model,
        weights_source=weights,
        architecture=json.dumps(configuration, sort_keys=True),
        weights=_sha256_of_network(network),
        preprocessing=json.dumps(open_clip.get_model_preprocess_cfg(network), sort_keys=True),
        dimension=configuration["embed_dim"],
    )
    return network, transform, open_clip.get_tokenizer(model), fingerprint


def _sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256_of_network(network: Any) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
