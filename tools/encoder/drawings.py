"""Pictures that we draw ourselves: digits and letters in free fonts, and scenes of shapes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tools.encoder.sources import PIXELS, Pair

FONT_PACKAGES = (
    "fonts-dejavu-core",
    "fonts-liberation",
    "fonts-freefont-ttf",
    "fonts-urw-base35",
    "fonts-lato",
    "fonts-roboto-unhinted",
    "fonts-comic-neue",
    "fonts-dancingscript",
    "fonts-humor-sans",
    "fonts-breip",
    "fonts-ecolier-court",
    "fonts-radisnoir",
    "fonts-oldstandard",
    "fonts-inconsolata",
)
"""Debian packages of fonts under free licences (OFL, GPL with font exception, Bitstream Vera)."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGIT_PICTURES, LETTER_PICTURES, SCENES = 500, 40, 3000

COLOURS = {
    "red": "#e02020",
    "green": "#20a030",
    "blue": "#2050e0",
    "yellow": "#f0d020",
    "orange": "#f08020",
    "purple": "#8030b0",
    "pink": "#f080b0",
    "brown": "#805020",
    "black": "#101010",
    "white": "#f8f8f8",
    "grey": "#909090",
}
SHAPES = ("circle", "square", "triangle", "star", "ring", "cross")
COUNTS = ("one", "two", "three", "four")


def glyphs(fonts: list[Path], seed: int) -> Iterator[Pair]:
    """Digits and letters in many faces, slanted, thinned, thickened and squeezed."""
    chance = random.Random(seed)
    for digit, name in enumerate(DIGITS):
        for _ in range(DIGIT_PICTURES):
            captions = (f"the digit {digit}", f"{name}", f"a handwritten {name}", "digit", "number")
            yield Pair(
                key=f"digit {digit}",
                style="glyphs",
                captions=captions,
                image=_glyph(str(digit), chance, fonts),
            )
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        for case, text in (("capital letter", letter), ("lower case letter", letter.lower())):
            for _ in range(LETTER_PICTURES):
                yield Pair(
                    key=f"{case} {text}",
                    style="glyphs",
                    captions=(f"the {case} {letter.lower()}", f"letter {letter.lower()}", "letter"),
                    image=_glyph(text, chance, fonts),
                )


def _glyph(text: str, chance: random.Random, fonts: list[Path]) -> Image.Image:
    font = ImageFont.truetype(chance.choice(fonts), chance.randint(80, 120))
    colour = "white" if chance.random() < 0.6 else chance.choice(list(COLOURS.values()))
    image = Image.new("RGBA", (192, 192))
    ImageDraw.Draw(image).text(
        (96, 96),
        text,
        font=font,
        fill=colour,
        anchor="mm",
        stroke_width=chance.choice((0, 0, 2, 5)),
    )
    slant, squeeze = chance.uniform(-0.35, 0.35), chance.uniform(0.8, 1.3)
    image = image.rotate(chance.uniform(-15, 15), Image.Resampling.BILINEAR)
    affine = (squeeze, slant, 96 - 96 * squeeze - 96 * slant, 0, 1, 0)
    image = image.transform(image.size, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR)
    image = image.transform(
        image.size, Image.Transform.MESH, _wave(chance), Image.Resampling.BILINEAR
    )
    box = image.getbbox() or (0, 0, 192, 192)
    side = max(box[2] - box[0], box[3] - box[1]) * chance.uniform(1.05, 1.6)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    corners = (int(x - side / 2), int(y - side / 2), int(x + side / 2), int(y + side / 2))
    return image.crop(corners).resize((PIXELS, PIXELS), Image.Resampling.LANCZOS)


def _wave(chance: random.Random) -> list[tuple[tuple[int, int, int, int], tuple[float, ...]]]:
    """A 3 by 3 mesh whose inner corners are pushed about, as a hand would."""
    ends = (0, 64, 128, 192)
    points = {
        (x, y): (x + chance.uniform(-10, 10), y + chance.uniform(-10, 10))
        for x in ends
        for y in ends
    }
    mesh = []
    for left, right in itertools.pairwise(ends):
        for top, bottom in itertools.pairwise(ends):
            corners = ((left, top), (left, bottom), (right, bottom), (right, top))
            mesh.append(((left, top, right, bottom), tuple(v for c in corners for v in points[c])))
    return mesh


def scenes(seed: int) -> Iterator[Pair]:
    """Shapes by colour, count and position."""
    chance = random.Random(seed)
    for index in range(SCENES):
        colour, shape = chance.choice(list(COLOURS)), chance.choice(SHAPES)
        image = Image.new("RGBA", (PIXELS * 2, PIXELS * 2))
        draw = ImageDraw.Draw(image)
        if index % 2:
            count = chance.randint(1, 4)
            for place in chance.sample([(32, 32), (96, 32), (32, 96), (96, 96)], count):
                _shape(draw, shape, COLOURS[colour], place, chance.randint(18, 30))
            plural = shape if count == 1 else {"cross": "crosses"}.get(shape, f"{shape}s")
            text = f"{COUNTS[count - 1]} {colour} {plural}"
        else:
            other, second = chance.choice(list(COLOURS)), chance.choice(SHAPES)
            relation, first_place, second_place = chance.choice(
                (("left of", (32, 64), (96, 64)), ("above", (64, 32), (64, 96)))
            )
            _shape(draw, shape, COLOURS[colour], first_place, chance.randint(18, 30))
            _shape(draw, second, COLOURS[other], second_place, chance.randint(18, 30))
            text = f"a {colour} {shape} {relation} a {other} {second}"
        picture = image.resize((PIXELS, PIXELS), Image.Resampling.LANCZOS)
        yield Pair(key=f"scene {text}", style="scenes", captions=(text,), image=picture)


def _shape(
    draw: ImageDraw.ImageDraw, shape: str, colour: str, centre: tuple[int, int], radius: int
) -> None:
    import math

    x, y = centre
    box = (x - radius, y - radius, x + radius, y + radius)
    if shape == "circle":
        draw.ellipse(box, fill=colour)
    elif shape == "ring":
        draw.ellipse(box, outline=colour, width=radius // 3)
    elif shape == "square":
        draw.rectangle(box, fill=colour)
    elif shape == "cross":
        third = radius // 3
        draw.rectangle((x - third, y - radius, x + third, y + radius), fill=colour)
        draw.rectangle((x - radius, y - third, x + radius, y + third), fill=colour)
    else:
        corners, inner = (3, 1.0) if shape == "triangle" else (10, 0.45)
        points = []
        for corner in range(corners):
            reach = radius * (inner if corner % 2 and shape == "star" else 1.0)
            angle = 2 * math.pi * corner / corners - math.pi / 2
            points.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
        draw.polygon(points, fill=colour)
