"""Pictures for stories, drawn by Pillow: a sky, hills and the story's animal, the same for the same words."""

from __future__ import annotations

import io
import math
import random
from zlib import crc32

from PIL import Image, ImageDraw

__all__ = ["MODEL_VERSION", "SIZE", "draw"]

MODEL_VERSION = "pillow-hills-1"
SIZE = (640, 420)
_SCALE = 2  # drawn twice as large, so that edges are smooth

Colour = tuple[int, int, int]
_SKIES: dict[str, tuple[Colour, Colour]] = {
    "calming": ((24, 32, 78), (120, 108, 168)),
    "adventurous": ((126, 178, 214), (240, 246, 250)),
    "whimsical": ((250, 196, 190), (255, 241, 214)),
    "educational": ((142, 205, 236), (236, 250, 240)),
}
_COATS: tuple[tuple[str, Colour, Colour], ...] = (
    ("fox", (226, 112, 44), (255, 240, 224)),
    ("owl", (128, 96, 72), (238, 218, 184)),
    ("turtle", (72, 142, 84), (188, 214, 140)),
)


def draw(tone: str, character: str, page: int) -> bytes:
    """Give a PNG for a page of a story in this tone, with this character in it."""
    chance = random.Random(crc32(f"{tone}|{character}|{page}".encode()))
    width, height = SIZE[0] * _SCALE, SIZE[1] * _SCALE
    picture = _sky(tone, width, height)
    pen = ImageDraw.Draw(picture)
    night = tone == "calming"
    if night:
        _stars(pen, chance, width, height)
    _light(pen, chance, width, height, night)
    _hills(pen, chance, width, height, night)
    _animal(pen, character, chance.uniform(0.3, 0.7) * width, 0.74 * height, 0.17 * height)
    kept = io.BytesIO()
    picture.resize(SIZE, Image.Resampling.LANCZOS).save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _sky(tone: str, width: int, height: int) -> Image.Image:
    top, bottom = _SKIES.get(tone, _SKIES["educational"])
    column = Image.new("RGB", (1, height))
    for y in range(height):
        part = y / height
        column.putpixel((0, y), tuple(round(a + (b - a) * part) for a, b in zip(top, bottom, strict=True)))
    return column.resize((width, height))


def _stars(pen: ImageDraw.ImageDraw, chance: random.Random, width: int, height: int) -> None:
    for _ in range(70):
        x, y, size = chance.uniform(0, width), chance.uniform(0, height * 0.6), chance.uniform(1.5, 4.5)
        pen.ellipse((x - size, y - size, x + size, y + size), (255, 250, 220))


def _light(pen: ImageDraw.ImageDraw, chance: random.Random, width: int, height: int, night: bool) -> None:
    x, y, size = chance.uniform(0.15, 0.85) * width, 0.2 * height, 0.1 * height
    pen.ellipse((x - size, y - size, x + size, y + size), (250, 246, 224) if night else (255, 214, 92))


def _hills(pen: ImageDraw.ImageDraw, chance: random.Random, width: int, height: int, night: bool) -> None:
    for at in range(3):
        shade = 0.5 if night else 1.0
        colour = (int((110 - 22 * at) * shade), int((176 - 26 * at) * shade), int((112 - 14 * at) * shade))
        base, rise, turn = (0.56 + 0.11 * at) * height, 0.07 * height, chance.uniform(0, 6)
        edge = [
            (
                x,
                base
                + rise * math.sin(turn + x / width * (5 - at))
                + rise / 3 * math.sin(turn + x / width * 11),
            )
            for x in range(0, width + 8, 8)
        ]
        pen.polygon([(0, height), *edge, (width, height)], colour)


def _animal(pen: ImageDraw.ImageDraw, character: str, x: float, y: float, size: float) -> None:
    words = character.lower()
    kind, coat, belly = next((one for one in _COATS if one[0] in words), _COATS[0])
    if kind == "turtle":
        _turtle(pen, x, y, size, coat, belly)
        return
    if kind == "fox":
        _oval(pen, x + size * 1.15, y + size * 0.35, size * 0.75, size * 0.32, coat)
        _oval(pen, x + size * 1.65, y + size * 0.2, size * 0.28, size * 0.2, belly)
    _oval(pen, x, y + size * 0.3, size * 0.75, size * 0.95, coat)
    _oval(pen, x, y + size * 0.5, size * 0.42, size * 0.62, belly)
    head = y - size * 0.85
    for side in (-1, 1):
        tip = (x + side * size * 0.62, head - size * (1.05 if kind == "fox" else 0.72))
        pen.polygon([(x + side * size * 0.12, head - size * 0.4), tip, (x + side * size * 0.66, head)], coat)
    _oval(pen, x, head, size * 0.72, size * 0.6, coat)
    _face(pen, x, head, size, belly, owl=kind == "owl")


def _face(pen: ImageDraw.ImageDraw, x: float, y: float, size: float, pale: Colour, *, owl: bool) -> None:
    if owl:
        for side in (-1, 1):
            _oval(pen, x + side * size * 0.28, y - size * 0.03, size * 0.27, size * 0.27, pale)
        nose = (232, 160, 60)
    else:
        _oval(pen, x, y + size * 0.24, size * 0.42, size * 0.3, pale)
        nose = (50, 36, 36)
    for side in (-1, 1):
        eye = x + side * size * 0.28
        _oval(pen, eye, y - size * 0.03, size * 0.09, size * 0.11, (34, 28, 34))
        _oval(pen, eye + size * 0.03, y - size * 0.07, size * 0.03, size * 0.03, (255, 255, 255))
    _oval(pen, x, y + size * 0.2, size * 0.09, size * 0.08, nose)


def _turtle(pen: ImageDraw.ImageDraw, x: float, y: float, size: float, coat: Colour, belly: Colour) -> None:
    ground = y + size * 0.75
    for side in (-0.75, 0.75):
        _oval(pen, x + side * size, ground + size * 0.3, size * 0.26, size * 0.3, belly)
    _oval(pen, x + size * 1.45, ground - size * 0.5, size * 0.46, size * 0.42, belly)
    _oval(pen, x + size * 1.6, ground - size * 0.58, size * 0.08, size * 0.1, (34, 28, 34))
    pen.pieslice((x - size * 1.3, ground - size * 1.3, x + size * 1.3, ground + size * 1.3), 180, 360, coat)
    for side in (-0.65, 0, 0.65):
        _oval(
            pen,
            x + side * size,
            ground - size * (0.62 if side else 0.8),
            size * 0.26,
            size * 0.2,
            (52, 112, 66),
        )


def _oval(pen: ImageDraw.ImageDraw, x: float, y: float, across: float, down: float, colour: Colour) -> None:
    pen.ellipse((x - across, y - down, x + across, y + down), colour)
