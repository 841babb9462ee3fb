"""Where the training pictures come from, under which licence, and what words each carries.

Kept out on purpose, since the encoder is judged on them: every Twemoji set, Debian's
tuxpaint-stamps, MNIST and scikit-learn's digits.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

PIXELS = 64
"""Side of a gathered picture."""

SKIN_TONE = re.compile(r"skin tone| (light|medium light|medium|medium dark|dark)$")
"""Ends of names of drawings that differ in the colour of the skin alone."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A picture and the words for it."""

    key: str
    """What is shown; pictures with the same key are drawings of the same thing."""
    style: str
    """Name of the source."""
    captions: tuple[str, ...]
    image: Image.Image
    """RGBA, PIXELS by PIXELS."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A package of a registry."""

    package: str
    registry: str
    """npm or apt."""
    licence: str
    read: Callable[[Path, str], Iterator[Pair]]
    """Takes the unpacked package and its name."""


def fitted(image: Image.Image) -> Image.Image:
    """The picture as RGBA in the middle of a transparent square of PIXELS."""
    image = image.convert("RGBA")
    image.thumbnail((PIXELS, PIXELS), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (PIXELS, PIXELS))
    square.paste(image, ((PIXELS - image.width) // 2, (PIXELS - image.height) // 2))
    return square


def drawn(svg: str) -> Image.Image:
    """An SVG as a picture of PIXELS."""
    import resvg_py

    return fitted(Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg, width=PIXELS)))))


def words(name: str) -> str:
    """A file or icon name as words: hyphens, underscores and trailing numbers gone."""
    spaced = re.sub(r"[-_]+", " ", name)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", spaced).lower()
    return re.sub(r"( \d{1,3})+$", "", spaced).strip()


@cache
def emoji_words(folder: Path) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Annotation, keywords and groups that openmoji keeps, by hexcode and by annotation."""
    found = {}
    for entry in json.loads((folder / "data" / "openmoji.json").read_text(encoding="utf-8")):
        if entry["skintone"]:
            continue
        tags = [t.strip() for t in f"{entry['tags']},{entry['openmoji_tags']}".split(",")]
        subgroup, group = words(entry["subgroups"]), words(entry["group"])
        captions = (*(t for t in tags if t), subgroup, group)
        key = words(re.sub(r"[^\w\s-]", "", entry["annotation"]))
        found[entry["hexcode"].lower()] = (key, captions)
        found[key] = (key, captions)
    return found


def svg_of(icons: dict[str, Any], icon: dict[str, Any]) -> str:
    """An icon of an @iconify-json set as a whole SVG."""
    size = {"width": icons.get("width", 16), "height": icons.get("height", 16)} | icon
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {size["width"]} {size["height"]}">{icon["body"]}</svg>'
    )


def icon_set(folder: Path, style: str) -> Iterator[Pair]:
    """An @iconify-json package: SVG bodies by name, with categories in some."""
    icons = json.loads((folder / "icons.json").read_text(encoding="utf-8"))
    metadata = folder / "metadata.json"
    categories: dict[str, str] = {}
    if metadata.is_file():
        content = json.loads(metadata.read_text(encoding="utf-8"))
        for category, names in content.get("categories", {}).items():
            categories |= dict.fromkeys(names, words(category.replace("&", "and")))
    known = emoji_words(folder.parent / "openmoji")
    seen: set[str] = set()
    for name, icon in icons["icons"].items():
        suffixes = r"-(low|\d\d?|fill|flat|duo|light|regular|24|20|16)$"
        key = words(re.sub(suffixes, "", name) if "emoji" not in style else name)
        if key in seen or SKIN_TONE.search(key) or key.startswith("flag ") or name.endswith("-low"):
            continue
        seen.add(key)
        try:
            image = drawn(svg_of(icons, icon))
        except (ValueError, OSError):
            continue
        keywords = known[key][1] if key in known else ()
        category = (categories[name],) if name in categories else ()
        yield Pair(key=key, style=style, captions=(key, *keywords, *category), image=image)


def emoji_by_code(folder: Path, style: str) -> Iterator[Pair]:
    """Pictures of emoji whose file names are their codes, such as 1f600.png."""
    known = emoji_words(folder.parent / "openmoji")
    inside = {"fluent-emoji-3d": "assets", "emoji-datasource-google": "img/google/64"}
    for path in sorted((folder / inside[folder.name]).iterdir()):
        entry = known.get(path.stem) or known.get(path.stem.replace("-fe0f", ""))
        if entry is not None:
            key, keywords = entry
            with Image.open(path) as image:
                picture = fitted(image)
            yield Pair(key=key, style=style, captions=(key, *keywords), image=picture)


def emoji_of_font(folder: Path, style: str) -> Iterator[Pair]:
    """Emoji of one code point as a font draws them: black outlines."""
    font = ImageFont.truetype(next(folder.rglob("*.ttf")), PIXELS - 12)
    missing = bytes(font.getmask("\U0010ffff"))
    for code, (key, keywords) in emoji_words(folder.parent / "openmoji").items():
        if not re.fullmatch(r"[0-9a-f]{4,5}", code):
            continue
        character = chr(int(code, 16))
        if bytes(font.getmask(character)) in (missing, b""):
            continue
        picture = Image.new("RGBA", (PIXELS, PIXELS))
        place = (PIXELS / 2, PIXELS / 2)
        ImageDraw.Draw(picture).text(place, character, "black", font=font, anchor="mm")
        yield Pair(key=key, style=style, captions=(key, *keywords), image=picture)


def clip_art(folder: Path, style: str) -> Iterator[Pair]:
    """openclipart-png: the file name without its author, and the folders, are the words."""
    root = folder / "usr" / "share" / "openclipart" / "png"
    dull = {"unsorted", "shapes"}
    for path in sorted(root.rglob("*.png")):
        folders = path.relative_to(root).parts[:-1]
        if path.is_symlink() or dull & set(folders):
            continue
        name = words(re.sub(r"_(?:[a-z.]+_)?_?\d+$", "", path.stem))
        if len(name) < 3:
            continue
        try:
            with Image.open(path) as image:
                if image.width * image.height > 20_000_000:
                    continue
                picture = fitted(image)
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        captions = (name, f"{name}, {words(folders[-1])}" if folders else name)
        captions = (*captions, *(words(part) for part in folders[-1:]))
        yield Pair(key=f"clip art {path.stem}", style=style, captions=captions, image=picture)


def icons(package: str, licence: str) -> Source:
    """An @iconify-json package."""
    return Source(
        package=f"@iconify-json/{package}", registry="npm", licence=licence, read=icon_set
    )


OPENMOJI = Source(package="openmoji", registry="npm", licence="CC BY-SA 4.0", read=icon_set)
"""Only its words are read; its drawings come from the icon set."""

SOURCES = (
    icons("openmoji", "CC BY-SA 4.0"),
    icons("fluent-emoji", "MIT"),
    icons("fluent-emoji-flat", "MIT"),
    icons("noto", "Apache-2.0"),
    icons("noto-v1", "Apache-2.0"),
    icons("emojione", "CC BY 4.0"),
    icons("emojione-v1", "CC BY-SA 4.0"),
    icons("fxemoji", "Apache-2.0"),
    icons("streamline-emojis", "CC BY 4.0"),
    icons("streamline-plump-color", "CC BY 4.0"),
    icons("streamline-ultimate-color", "CC BY 4.0"),
    icons("streamline-kameleon-color", "CC BY 4.0"),
    icons("flat-color-icons", "MIT"),
    icons("fluent-color", "MIT"),
    icons("meteocons", "MIT"),
    icons("fluent-emoji-high-contrast", "MIT"),
    icons("emojione-monotone", "CC BY 4.0"),
    Source(package="@lobehub/fluent-emoji-3d", registry="npm", licence="MIT", read=emoji_by_code),
    Source(
        package="emoji-datasource-google",
        registry="npm",
        licence="MIT; drawings Apache-2.0",
        read=emoji_by_code,
    ),
    Source(package="fonts-symbola", registry="apt", licence="free for any use", read=emoji_of_font),
    Source(package="openclipart-png", registry="apt", licence="public domain (CC0)", read=clip_art),
)
