"""Extract the corpus in a process of its own, and print what became of each file as JSON."""

import io
import json
import shutil
import sys
from pathlib import Path

import numpy as np
from corpus import corpus, saved
from PIL import Image

from clustering_app.extraction import mini_clip
from clustering_app.extraction.job import extract
from clustering_app.extraction.report import not_embedded
from clustering_app.extraction.torchvision_operators import declare_missing_operators
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from host_stub.platform import LocalPlatform


class Thumb:
    """An encoder that is quick: the picture itself, at 4 by 4 pixels."""

    image_size = 64
    on_gpu = False
    fingerprint = ModelFingerprint(
        model="thumb", weights_source=None, architecture="{}", weights="00",
        preprocessing="{}", dimension=48,
    )  # fmt: skip

    def prepare(self, image: Image.Image) -> np.ndarray:
        return np.asarray(image.resize((4, 4)))

    def encode_images(self, prepared: np.ndarray) -> np.ndarray:
        return (prepared.reshape(-1, 48) + 1.0) / 256.0

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        tokens = mini_clip.tokenizer()(texts).numpy()
        return np.tile(tokens / tokens.max(), 3).astype(np.float32)


class Context:
    """An execution that only counts its log."""

    execution_id, workers = "e", 1

    def __init__(self, host: object) -> None:
        self.host, self.lines = host, []

    def progress(self, fraction: float, message: str = "") -> None: ...

    def log(self, message: str) -> None:
        self.lines.append(message)

    def cancelled(self) -> bool:
        return False


def memory(field: str) -> int:
    """Bytes of this process: VmRSS now, or VmHWM at its worst since the last reset."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


def unreadable(platform: LocalPlatform, dataset: str, folder: Path) -> dict[str, str]:
    """Items whose bytes the host lost: gone, a folder, a link to itself, a link to nothing."""
    made = {}
    for index, name in enumerate(("gone", "folder", "loop", "dangling")):
        content = saved(Image.new("RGB", (5, 5 + index)), "PNG")
        item = platform.datasets.add(dataset, f"{name}.png", io.BytesIO(content))
        (path,) = folder.rglob(item.content_version)
        path.unlink()
        if name == "folder":
            path.mkdir()
        elif name != "gone":
            path.symlink_to(path if name == "loop" else folder / "nowhere")
        made[item.id] = name
    return made


def main() -> None:
    folder = Path(sys.argv[1])
    declare_missing_operators()
    mini_clip.tokenizer()
    with LocalPlatform(folder) as platform:
        dataset = platform.datasets.create("hostile").id
        expected = {}
        for name, content, good in corpus():
            item = platform.datasets.add(dataset, name, io.BytesIO(content))
            expected[item.id] = (name, good)
        notes = platform.datasets.add(dataset, "notes.json", io.BytesIO(b"{}"))
        expected[notes.id] = (notes.name, False)
        lost = unreadable(platform, dataset, folder)
        context = Context(platform.host("clustering"))
        Path("/proc/self/clear_refs").write_text("5")  # the peak of what follows, not of importing
        before = memory("VmRSS")
        report = extract(
            context, dataset, query={}, item_ids=None, model="", weights=None, encoder=Thumb()
        )
        peak = memory("VmHWM") - before
        store = FeatureStore(platform.host("clustering").storage(dataset))
        found, listed = store.read("thumb"), not_embedded(store, "thumb")
        print(  # noqa: T201 - the test reads it
            json.dumps(
                {
                    "items": list(expected.items()),
                    "lost": list(lost),
                    "vectors": list(found.item_ids),
                    "finite": bool(np.isfinite(found.vectors).all()),
                    "broken": [(b.item_id, b.name, b.reason) for b in report.broken],
                    "listed": [row.item_id for row in listed],
                    "not_embeddable": [row.item_id for row in listed if not row.embeddable],
                    "encoded": report.encoded,
                    "log": context.lines,
                    "peak": peak,
                }
            )
        )
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
