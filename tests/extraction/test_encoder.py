"""The bundled encoder for real, and what is said when another cannot be had."""

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from clustering_app.errors import EncoderUnavailable, UnsafeCheckpoint
from clustering_app.extraction import mini_clip
from clustering_app.extraction.decode import decode_image
from clustering_app.extraction.encoder import ClipEncoder
from clustering_app.extraction.loading import load_encoder


@pytest.fixture(scope="module")
def encoder() -> ClipEncoder:
    return load_encoder(device="cpu")


@pytest.fixture(scope="module")
def drawings(demo_drawings: Path) -> list[Image.Image]:
    return [Image.open(path).convert("RGB") for path in sorted(demo_drawings.rglob("*.png"))[:6]]


@pytest.fixture(scope="module")
def demo_drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawings")
    for index in range(6):
        image = Image.new("RGB", (60 + 30 * index, 90), "white")
        ImageDraw.Draw(image).ellipse((5, 5, 20 + 10 * index, 80), fill=(40 * index, 90, 200))
        image.save(folder / f"{index}.png")
    return folder


def test_vectors_have_unit_length_and_the_fingerprints_dimension(
    encoder: ClipEncoder, drawings: list[Image.Image]
) -> None:
    prepared = np.stack([encoder.prepare(image) for image in drawings])
    assert prepared.shape == (6, encoder.image_size, encoder.image_size, 3)
    assert prepared.dtype == np.uint8
    images = encoder.encode_images(prepared)
    texts = encoder.encode_texts(["a cat", "", "ünïcode 🐈", "word " * 400])
    for vectors, count in ((images, 6), (texts, 4)):
        assert vectors.shape == (count, encoder.fingerprint.dimension)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_an_image_has_the_same_vector_in_any_batch(
    encoder: ClipEncoder, drawings: list[Image.Image]
) -> None:
    prepared = np.stack([encoder.prepare(image) for image in drawings])
    together = encoder.encode_images(prepared)
    alone = np.concatenate([encoder.encode_images(prepared[i : i + 1]) for i in range(6)])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_threads_prepare_what_one_thread_prepares(
    encoder: ClipEncoder, drawings: list[Image.Image]
) -> None:
    one = [encoder.prepare(image) for image in drawings * 20]
    with ThreadPoolExecutor(8) as threads:
        many = list(threads.map(encoder.prepare, drawings * 20))
    assert all(np.array_equal(a, b) for a, b in zip(one, many, strict=True))


@pytest.mark.parametrize("size", [(1, 1), (300, 1), (1, 300), (28, 28), (640, 480)])
def test_a_picture_of_any_shape_is_seen_whole(encoder: ClipEncoder, size: tuple[int, int]) -> None:
    prepared = encoder.prepare(Image.new("RGB", size, "black"))
    assert prepared.shape == (encoder.image_size, encoder.image_size, 3)
    black = (prepared[..., 0] < 120).mean()
    expected = min(size) / max(size)
    assert black == pytest.approx(expected, abs=0.05)  # the rest is white


def test_words_find_the_picture_that_shows_them(encoder: ClipEncoder, emoji_folder: Path) -> None:
    paths = sorted(emoji_folder.glob("*/*.png"))[::40]
    pictures = []
    for path in paths:
        with path.open("rb") as file:
            pictures.append(encoder.prepare(decode_image(file, target_pixels=64)))
    words = [path.stem.replace("-", " ") for path in paths]
    similarities = encoder.encode_texts(words) @ encoder.encode_images(np.stack(pictures)).T
    own = similarities.diagonal()[:, None]
    assert len(words) == 41
    assert ((similarities > own).sum(1) < 5).mean() > 0.75  # 0.12 by chance


def test_the_fingerprint_tells_what_made_the_vectors(encoder: ClipEncoder) -> None:
    fingerprint = encoder.fingerprint
    assert fingerprint.model == "mini-clip"
    assert fingerprint.weights == hashlib.sha256(mini_clip.WEIGHTS.read_bytes()).hexdigest()
    assert json.loads(fingerprint.architecture) == mini_clip.configuration()
    assert load_encoder(fingerprint.model, device="cpu").fingerprint == fingerprint


def test_what_ships_is_small() -> None:
    assert sum(path.stat().st_size for path in mini_clip.FOLDER.glob("*")) < 16 * 1024**2


def test_importing_the_encoder_does_not_import_torch() -> None:
    code = "import sys, clustering_app.extraction.encoder; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("model", "weights", "says"),
    [
        ("ViT-Q-99", None, "knows no such model"),
        ("ViT-B-32", None, "laion2b_s34b_b79k"),
        ("ViT-B-32", "no_such_weights", "no weights or file 'no_such_weights'"),
        ("mini-clip", "laion2b_s34b_b79k", "leave out --weights"),
    ],
)
def test_a_model_that_cannot_be_had_is_one_line_with_a_remedy(
    model: str, weights: str | None, says: str
) -> None:
    with pytest.raises(EncoderUnavailable) as caught:
        load_encoder(model, weights=weights, device="cpu")
    message = str(caught.value)
    assert message.startswith(model)
    assert says in message
    assert "\n" not in message


def test_without_a_network_the_option_that_works_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(EncoderUnavailable) as caught:
        load_encoder("ViT-B-32", weights="laion2b_s34b_b79k", device="cpu")
    assert "--model mini-clip" in str(caught.value)
    assert str(caught.value).startswith("ViT-B-32 with laion2b_s34b_b79k: ")
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with checkpoints of an architecture `tiny` that open_clip has been told of."""
    import open_clip
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("tiny")
    configuration = mini_clip.configuration()
    configuration["text_cfg"] |= {"vocab_size": 49408, "context_length": 77, "layers": 1}
    (folder / "tiny.json").write_text(json.dumps(configuration))
    open_clip.add_model_config(folder / "tiny.json")
    torch.manual_seed(1)
    state = open_clip.create_model("tiny").state_dict()
    save_file({k: v.contiguous() for k, v in state.items()}, folder / "tiny.safetensors")
    torch.save(state, folder / "tiny.pt")
    return folder


def test_a_local_checkpoint_is_loaded(tiny: Path, drawings: list[Image.Image]) -> None:
    path = str(tiny / "tiny.safetensors")
    encoder = load_encoder("tiny", weights=path, device="cpu")
    assert encoder.fingerprint.weights_source == path
    vectors = encoder.encode_images(np.stack([encoder.prepare(i) for i in drawings]))
    assert vectors.shape == (6, 256)
    assert encoder.encode_texts(["a cat"]).shape == (1, 256)
    assert encoder.fingerprint.id != load_encoder(device="cpu").fingerprint.id


@pytest.mark.parametrize(("precision", "least"), [(torch.bfloat16, 0.999), (torch.float16, 0.9999)])
def test_what_a_device_computes_in_hardly_moves_a_vector(
    precision: torch.dtype, least: float, drawings: list[Image.Image]
) -> None:
    exact = load_encoder(device="cpu", precision=torch.float32)
    quick = load_encoder(device="cpu", precision=precision)
    assert quick.fingerprint == exact.fingerprint
    prepared = np.stack([exact.prepare(image) for image in drawings])
    vectors, expected = quick.encode_images(prepared), exact.encode_images(prepared)
    cosines = (vectors * expected).sum(axis=1)
    assert least < cosines.min()
    assert not np.array_equal(vectors, expected)
    np.testing.assert_array_equal(quick.encode_texts(["a cat"]), exact.encode_texts(["a cat"]))


def test_a_model_that_leaves_the_range_of_float16_is_computed_in_float32(
    tiny: Path, drawings: list[Image.Image]
) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(tiny / "tiny.safetensors")
    state = {n: t * 1000 if n.startswith("visual.") else t for n, t in state.items()}
    path = tiny / "large.safetensors"
    save_file(state, path)
    half = load_encoder("tiny", weights=str(path), device="cpu", precision=torch.float16)
    exact = load_encoder("tiny", weights=str(path), device="cpu", precision=torch.float32)
    prepared = np.stack([exact.prepare(image) for image in drawings])
    for _ in range(2):
        cosines = (half.encode_images(prepared) * exact.encode_images(prepared)).sum(axis=1)
        assert cosines.min() > 0.999


def test_a_pickled_checkpoint_is_refused_unless_allowed(tiny: Path) -> None:
    with pytest.raises(UnsafeCheckpoint, match="can run code"):
        load_encoder("tiny", weights=str(tiny / "tiny.pt"), device="cpu")
    allowed = load_encoder("tiny", weights=str(tiny / "tiny.pt"), device="cpu", allow_pickle=True)
    safe = load_encoder("tiny", weights=str(tiny / "tiny.safetensors"), device="cpu")
    assert allowed.fingerprint.id == safe.fingerprint.id


def test_the_vocabulary_keeps_the_most_frequent_merges() -> None:
    tokenizer = mini_clip.tokenizer()
    assert tokenizer.vocab_size == mini_clip.configuration()["text_cfg"]["vocab_size"]
    assert len(tokenizer.encode("cat")) == 1
    assert tokenizer.decode(tokenizer.encode("a chequered flag")).strip() == "a chequered flag"
    assert tokenizer(["x"]).shape == (1, 16)
