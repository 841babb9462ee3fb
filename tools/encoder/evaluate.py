"""Judge the bundled encoder on what it never saw: `python -m tools.encoder.evaluate`.

Prints one JSON object a line and exits 1 when a case is not ok. Two baselines run beside it: a
ViT-B-32 with random weights and the principal components of the raw pixels. Held-out sets are
fetched from their registries; the training pictures must have been gathered, since a picture with
a near copy among them is set aside. Vectors of the first baseline are kept in the work folder.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.decomposition import PCA

from clustering_app.extraction.decode import decode_image
from clustering_app.extraction.loading import load_encoder
from clustering_app.extraction.mini_clip import FOLDER
from clustering_app.extraction.torchvision_operators import declare_missing_operators
from tools.encoder import heldout
from tools.encoder.baselines import pixels, random_network
from tools.encoder.gather import WORK
from tools.encoder.heldout import STAMP_PROMPTS, Judged
from tools.encoder.measures import neighbour_agreement, recall, top_k_accuracy
from tools.encoder.near_copies import near_copies

BATCH, SPEED_BATCHES = 64, 30
LARGEST_SHARE_SET_ASIDE = 0.05


def main() -> None:
    """Evaluate, print, and exit 1 when a bar is missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--work", type=Path, default=WORK)
    arguments.add_argument("--without-baselines", action="store_true", help="the encoder alone")
    options = arguments.parse_args()
    if not (options.work / "images.npy").is_file():
        raise SystemExit(f"No training pictures in {options.work}; run tools.encoder.gather first.")
    rows = evaluate(options.work, baselines=not options.without_baselines)
    for row in rows:
        print(json.dumps(row))
    if not all(row["ok"] for row in rows):
        raise SystemExit(1)


def evaluate(work: Path, *, baselines: bool) -> list[dict[str, Any]]:
    """All rows, in the benchmarks' language."""
    rows = [_size(), *_speed()]
    trained = np.load(work / "images.npy")
    records = json.loads((work / "pairs.json").read_text(encoding="utf-8"))
    emoji = {r["key"] for r in records if "emoji" in r["style"] or "noto" in r["style"]}
    sets, gallery = {}, heldout.noto(work)
    for name, judged in {
        "twemoji": heldout.twemoji(work, emoji),
        "stamps": heldout.stamps(work),
        "MNIST 5k": heldout.digits(work),
    }.items():
        copied = _copied(judged, trained, records)
        sets[name] = judged.only(~copied)
        share = float(copied.mean())
        workload = (
            f"{len(copied):,} of {name} against {len(trained):,} trained; these are set aside"
        )
        rows.append(_row(f"{name}: near copies", share, None, LARGEST_SHARE_SET_ASIDE, workload))
    encoders = {"mini-clip": _encoder("mini-clip", work)}
    if baselines:
        encoders["random ViT-B-32"] = _encoder("random ViT-B-32", work)
        encoders["PCA of pixels"] = _encoder("PCA of pixels", work)
    found = {name: _measured(*parts, sets, gallery) for name, parts in encoders.items()}
    del trained
    return rows + _compared(found, sets, gallery)


def _row(
    case: str, value: float, against: Any, bar: float, workload: str, *, unit: str = "share"
) -> dict[str, Any]:
    ok = value <= bar if unit in ("bytes", "s") or "near copies" in case else value >= bar
    return {
        "case": case,
        "value": round(value, 4),
        "unit": unit,
        "against": against,
        "bar": round(bar, 4),
        "ok": ok,
        "workload": workload,
    }


def _copied(judged: Judged, trained: np.ndarray, records: list[dict[str, Any]]) -> np.ndarray:
    """Which have a near copy: on white, and on black too where we drew white glyphs."""
    sought = np.stack([_square(image) for image in judged.images])
    alpha = trained[..., 3:] / np.float32(255)
    colour = trained[..., :3] * alpha
    glyphs = np.array([r["style"] == "glyphs" for r in records])
    found = near_copies(sought, (colour + 255 * (1 - alpha)).astype(np.uint8))
    return found | near_copies(sought, colour[glyphs].astype(np.uint8))


def _square(image: Image.Image) -> np.ndarray:
    image = image.copy()
    image.thumbnail((64, 64), Image.Resampling.LANCZOS)
    square = Image.new("RGB", (64, 64), "white")
    square.paste(image, ((64 - image.width) // 2, (64 - image.height) // 2))
    return np.asarray(square if max(image.size) == 64 else image.resize((64, 64)))


ImagesTo = Callable[[str, Sequence[Image.Image]], np.ndarray]
TextsTo = Callable[[Sequence[str]], np.ndarray] | None


def _encoder(name: str, work: Path) -> tuple[ImagesTo, TextsTo]:
    if name == "PCA of pixels":
        return pixels, None
    if name == "random ViT-B-32":
        return random_network(work / "baseline")
    encoder = load_encoder()

    def images(_: str, pictures: Sequence[Image.Image]) -> np.ndarray:
        batches = [
            np.stack([encoder.prepare(p) for p in pictures[start : start + BATCH]])
            for start in range(0, len(pictures), BATCH)
        ]
        return np.concatenate([encoder.encode_images(batch) for batch in batches])

    return images, encoder.encode_texts


def _measured(
    images: ImagesTo, texts: TextsTo, sets: dict[str, Judged], gallery: Judged
) -> dict[str, float]:
    twemoji, stamps, digits = sets["twemoji"], sets["stamps"], sets["MNIST 5k"]
    both = images("emoji", [*twemoji.images, *gallery.images])
    both = _reduced(both) if texts is None else both
    drawings, candidates = both[: len(twemoji.images)], both[len(twemoji.images) :]
    places = {name: row for row, name in enumerate(gallery.names)}
    shared = np.array([name in places for name in twemoji.names])
    found = {
        "twemoji: neighbours' group": neighbour_agreement(drawings, twemoji.labels, 10),
        "twemoji to noto: recall@1": recall(
            drawings[shared],
            candidates,
            [{places[n]} for n in twemoji.names if n in places],
            1,
        ),
    }
    digit_vectors = images("digits", digits.images)
    digit_vectors = _reduced(digit_vectors) if texts is None else digit_vectors
    found["MNIST 5k: neighbours' digit"] = neighbour_agreement(digit_vectors, digits.labels, 10)
    if texts is not None:
        right = [{row} for row in range(len(drawings))]
        named = texts(list(twemoji.names))
        found["twemoji: text to image, recall@1"] = recall(named, drawings, right, 1)
        found["twemoji: text to image, recall@10"] = recall(named, drawings, right, 10)
        prompts = {folder: texts(list(words)) for folder, words in STAMP_PROMPTS.items()}
        found["stamps: folder from text, top 3"] = top_k_accuracy(
            images("stamps", stamps.images), prompts, stamps.labels, 3
        )
    return found


def _reduced(pixels_NP: np.ndarray, dimensions: int = 64) -> np.ndarray:
    reduced = PCA(dimensions, random_state=0).fit_transform(pixels_NP)
    return reduced / np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), 1e-9)


def _compared(
    found: dict[str, dict[str, float]], sets: dict[str, Judged], gallery: Judged
) -> list[dict[str, Any]]:
    bars = {
        "twemoji: text to image, recall@1": 0.30,
        "twemoji: text to image, recall@10": 0.65,
        "twemoji: neighbours' group": 0.70,
        "twemoji to noto: recall@1": 0.50,
        "stamps: folder from text, top 3": 2 * 3 / len(STAMP_PROMPTS),
        "MNIST 5k: neighbours' digit": 0.80,
    }
    random = found.get("random ViT-B-32", {})
    if random:
        bars["stamps: folder from text, top 3"] = 2 * random["stamps: folder from text, top 3"]
    rows = []
    for case, bar in bars.items():
        judged = sets["MNIST 5k" if "MNIST" in case else case.split(":")[0].split()[0]]
        workload = f"{len(judged.images):,} held-out pictures"
        if "noto" in case:
            workload += f" among {len(gallery.images):,} of noto"
        others = {n: round(m[case], 4) for n, m in found.items() if n != "mini-clip" and case in m}
        rows.append(_row(case, found["mini-clip"][case], others or None, bar, workload))
    return rows


def _size() -> dict[str, Any]:
    size = sum(p.stat().st_size for p in FOLDER.glob("mini-clip.*"))
    return _row("size", size, None, 16 * 1024**2, "configuration and weights", unit="bytes")


def _speed() -> list[dict[str, Any]]:
    """Seconds to load once torch is up, and pictures a second from PNG bytes to vectors."""
    declare_missing_operators()
    import open_clip  # noqa: F401  importing it is no part of loading the model

    start = time.perf_counter()
    encoder = load_encoder(device="cpu")
    loaded = time.perf_counter() - start
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)
    Image.fromarray(noise).save(buffer, "PNG")
    seconds = []
    for _ in range(SPEED_BATCHES):
        start = time.perf_counter()
        files = [io.BytesIO(buffer.getvalue()) for _ in range(BATCH)]
        pictures = [decode_image(f, target_pixels=encoder.image_size) for f in files]
        encoder.encode_images(np.stack([encoder.prepare(p) for p in pictures]))
        seconds.append(time.perf_counter() - start)
    rate = BATCH / min(seconds)
    workload = f"PNG of 96 pixels, decoded too; best of {SPEED_BATCHES} batches of {BATCH}"
    return [
        _row("load", loaded, None, 1.0, "torch and open_clip imported before", unit="s"),
        _row("rate", rate, None, 300, workload, unit="images/s"),
    ]


if __name__ == "__main__":
    main()
