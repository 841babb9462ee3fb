"""Extraction on a graphics card: `python -m benchmarks.encode_gpu`.

One JSON object a line, as all benchmarks; exit code 1 when a case misses its bar, 2 without a card.
The pictures are those of `benchmarks.encode`. Weights are random, which cost the same; they are
saved and loaded as a user's own checkpoint is. `--workers` says in how many processes, `--photos`
and `--drawings` how many of each picture.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.encode import DRAWING, PHOTO, Context, pictures
from benchmarks.encode_peers import plain_loop
from benchmarks.lines import tell, timed
from clustering_app.extraction.batches import Choice
from clustering_app.extraction.decode import decode_image
from clustering_app.extraction.encoder import ClipEncoder
from clustering_app.extraction.encoding import PICTURES_ON_GPU
from clustering_app.extraction.job import extract
from clustering_app.extraction.loading import load_encoder
from clustering_app.extraction.parts import loaded
from clustering_app.extraction.resizing import pixels_of, quick
from clustering_app.extraction.torchvision_operators import declare_missing_operators
from host_stub.platform import LocalPlatform

PHOTOS, DRAWINGS = 1000, 6000
MODELS = ("ViT-B-32", "ViT-L-14")
WORKERS = (1, 4, 8)
MILLIONTHS = 100
SIDE, ROUNDS = 8192, 10
SHARE = 0.7
"""Of the lesser of what the model alone and what all cores alone can do."""


class Workers(Context):
    """An execution whose parts go to processes that are there already."""

    def __init__(self, host: Any, pool: ProcessPoolExecutor, workers: int) -> None:
        super().__init__(host)
        self.pool, self.workers = pool, workers

    def map(self, function: Callable[[Any], Any], values: Any) -> Iterator[Any]:
        """In the order of the values."""
        return self.pool.map(function, values)


def main() -> int:
    """Print the cases; 1 when one is not ok."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument("--drawings", type=int, default=DRAWINGS)
    parser.add_argument("--model", choices=MODELS, action="append")
    parser.add_argument("--workers", type=int, action="append")
    chosen = parser.parse_args()
    import torch

    if not torch.cuda.is_available():
        print("There is no graphics card that torch can use.", file=sys.stderr)
        return 2
    card = f"{torch.cuda.get_device_name()}, {os.cpu_count()} cores"
    peak = peak_of_products()
    tell("peak of bf16", peak / 1e12, "TFLOP/s", {}, "", True, f"products of {SIDE}², {card}")
    files = {DRAWING: pictures(DRAWING, chosen.drawings), PHOTO: pictures(PHOTO, chosen.photos)}
    ok: list[bool] = []
    with tempfile.TemporaryDirectory() as folder, LocalPlatform(Path(folder) / "data") as platform:
        for paths in files.values():
            platform.import_source(paths[0].parent)
        for model in chosen.model or MODELS:
            weights = save_random_weights(model, Path(folder))
            alone = model_alone(model, weights, peak, card, ok)
            encoder = load_encoder(model, weights=weights)
            by_steps = load_encoder(model, weights=weights, one_call=False)
            best = dict.fromkeys(files, 0.0)
            for workers in chosen.workers or WORKERS:
                for kind, rate in end_to_end(encoder, platform, files, workers, card).items():
                    best[kind] = max(best[kind], rate)
            for kind, paths in files.items():
                ok.append(compared(by_steps, kind, paths, alone, best[kind], card))
    return 0 if all(ok) else 1


def peak_of_products() -> float:
    """Floating point operations a second in products of large random matrices of bfloat16."""
    import torch

    one, other = (torch.randn(SIDE, SIDE, device="cuda", dtype=torch.bfloat16) for _ in range(2))

    def products() -> None:
        for _ in range(ROUNDS):
            torch.matmul(one, other)
        torch.cuda.synchronize()

    products()
    return 2 * SIDE**3 * ROUNDS / timed(products)[1]


def save_random_weights(model: str, folder: Path) -> str:
    """A checkpoint of the model; gives its path."""
    declare_missing_operators()
    import open_clip
    from safetensors.torch import save_file

    state = open_clip.create_model(model).state_dict()
    path = folder / f"{model}.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    return str(path)


def model_alone(model: str, weights: str, peak: float, card: str, ok: list[bool]) -> float:
    """Images a second on pictures that are ready in the machine's memory, vectors brought back."""
    import torch

    rates: dict[str, float] = {}
    vectors: dict[str, NDArray[np.float32]] = {}
    for name in ("float32", "bfloat16", "float16"):  # the last is what is taken
        encoder = load_encoder(model, weights=weights, precision=getattr(torch, name))
        coarse = encoder.image_size // 8
        shape = (PICTURES_ON_GPU, coarse, coarse, 3)
        ready = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
        ready = ready.repeat(8, axis=1).repeat(8, axis=2)
        vectors[name] = encoder.encode_images(ready)
        _, seconds = timed(partial(encode_often, encoder, ready))
        rates[name] = ROUNDS * len(ready) / seconds
    alone = rates.pop("float16")
    workload = f"{model}, batches of {len(ready)}, {card}"
    tell("model alone, float16", alone, "images/s", dict(rates), "", True, workload)
    share = alone * operations(load_encoder(model, weights=weights, one_call=False)) / peak
    tell("... of the peak of bf16", share, "share", {}, "", True, workload)
    away = {name: 1e6 * farthest(vectors[name], vectors["float32"]) for name in vectors}
    far = away.pop("float16")
    ok.append(tell("1 - cosine to float32, largest", far, "millionths", away,
                   f"at most {MILLIONTHS}", far <= MILLIONTHS, workload))  # fmt: skip
    for case, found in (
        ("of a batch too large for the card", when_memory_is_short(encoder, ready)),
        ("of a model that leaves float16's range", beyond_range(model, weights, ready)),
    ):
        far = 1e6 * farthest(found, vectors["float32"])
        enough = far <= MILLIONTHS
        ok.append(tell(f"1 - cosine to float32, {case}", far, "millionths", {},
                       f"at most {MILLIONTHS}", enough, workload))  # fmt: skip
    return alone


def encode_often(encoder: ClipEncoder, ready: NDArray[np.uint8]) -> None:
    """The same pictures again and again."""
    for _ in range(ROUNDS):
        encoder.encode_images(ready)


def when_memory_is_short(encoder: ClipEncoder, ready: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Vectors that are made while nearly all of the card's memory is taken."""
    import torch

    torch.cuda.empty_cache()
    _, total = torch.cuda.mem_get_info()
    needed = 40 * ready[:16].nbytes
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_allocated() + needed) / total)
    try:
        return encoder.encode_images(ready)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def beyond_range(model: str, weights: str, ready: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Vectors of the model with its last layers' numbers a million times as large."""
    from safetensors.torch import load_file, save_file

    state = load_file(weights)
    state["visual.ln_post.weight"] *= 1000
    state["visual.ln_post.bias"] *= 1000
    state["visual.proj"] *= 1000
    path = Path(weights).with_name("large.safetensors")
    save_file(state, path)
    return load_encoder(model, weights=str(path)).encode_images(ready)


def farthest(some_ND: NDArray[np.float32], others_ND: NDArray[np.float32]) -> float:
    """The largest of 1 - cosine."""
    products_N = np.einsum("nd,nd->n", some_ND.astype(float), others_ND.astype(float))
    lengths_N = np.linalg.norm(some_ND.astype(float), axis=1) * np.linalg.norm(others_ND, axis=1)
    return float(1 - (products_N / lengths_N).min())


def operations(encoder: ClipEncoder) -> float:
    """Floating point operations for a picture."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    one = np.zeros((1, encoder.image_size, encoder.image_size, 3), np.uint8)
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # which the counter does not see into
    with FlopCounterMode(display=False) as counter:
        encoder.encode_images(one)
    torch.backends.mha.set_fastpath_enabled(fast)
    return float(counter.get_total_flops())


def preparing(side: int, paths: list[Path], way: Callable[[Any], Any]) -> float:
    """Images a second that all cores read, decode and prepare, each a process."""
    cores = os.cpu_count() or 1
    one = partial(prepare, side, way)
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:
        list(pool.map(one, paths[: 4 * cores]))
        _, seconds = timed(lambda: list(pool.map(one, paths, chunksize=16)))
    return len(paths) / seconds


def prepare(side: int, way: Callable[[Any], Any], path: Path) -> None:
    """What a decoding thread does with a file, with each step in this way."""
    picture: Any = decode_image(io.BytesIO(path.read_bytes()), target_pixels=side)
    for step in shape_steps(side, way):
        picture = step(picture)
    pixels_of(picture)


@lru_cache(maxsize=1)
def shape_steps(side: int, way: Callable[[Any], Any]) -> list[Any]:
    """What these models' preprocessing does before it comes to numbers."""
    declare_missing_operators()
    from open_clip.transform import image_transform

    return [way(step) for step in image_transform(side, is_train=False).transforms[:-2]]


def as_it_is(step: Any) -> Any:
    """open_clip's own."""
    return step


def end_to_end(
    encoder: ClipEncoder,
    platform: LocalPlatform,
    files: dict[str, list[Path]],
    workers: int,
    card: str,
) -> dict[str, float]:
    """Images a second of extractions, with the processes started and the models loaded before."""
    model, weights = encoder.fingerprint.model, encoder.fingerprint.weights_source
    rates: dict[str, float] = {}
    start = get_context("spawn")
    with ProcessPoolExecutor(workers, start, loaded, (model, weights)) as pool:
        context = Workers(platform.host("clustering"), pool, workers)
        for dataset in platform.datasets.list():
            kind = next(kind for kind in files if dataset.name.endswith(kind))

            def encode(dataset_id: str = dataset.id) -> int:
                return extract(
                    context, dataset_id, query={}, item_ids=None, model=model, weights=weights,
                    choice=Choice.ALL, encoder=encoder if workers == 1 else None,
                ).encoded  # fmt: skip

            encode()
            encoded, seconds = timed(encode)
            assert encoded == len(files[kind])
            rates[kind] = encoded / seconds
            tell(f"end to end, processes: {workers}", rates[kind], "images/s", {}, "", True,
                 f"{encoded:,} {kind}, {model}, {card}")  # fmt: skip
    return rates


def compared(
    encoder: ClipEncoder, kind: str, paths: list[Path], alone: float, ours: float, card: str
) -> bool:
    """The best end to end beside what model and cores can do alone, and beside a plain loop."""
    workload = f"{len(paths):,} {kind}, {encoder.fingerprint.model}, {card}"
    processes = os.cpu_count() or 1
    cores = preparing(encoder.image_size, paths, quick)
    by_pillow = preparing(encoder.image_size, paths, as_it_is)
    _, seconds = timed(lambda: plain_loop(encoder, paths, workers=processes))
    against = {
        "the model alone": alone,
        "all cores read, decode and prepare": cores,
        "... by Pillow alone": by_pillow,
        f"open_clip's loop on a DataLoader, {processes} workers": len(paths) / seconds,
    }
    bar = f"at least {SHARE} of the lesser of the first two, and 1.5 times the last"
    enough = ours >= SHARE * min(alone, cores) and ours * seconds >= 1.5 * len(paths)
    return tell("end to end", ours, "images/s", against, bar, enough, workload)


if __name__ == "__main__":
    sys.exit(main())
