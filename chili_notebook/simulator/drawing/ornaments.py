"""Paints the brand's mark, a branch, a pattern of tiles and a view."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chili_notebook.simulator.drawing.brush import Canvas, ink, shade
from chili_notebook.simulator.drawing.outlines import (
    circle,
    ellipse,
    leaf,
    ribbon,
    smooth,
)

if TYPE_CHECKING:
    from PIL import Image


def paint_mark(size: tuple[int, int]) -> Image.Image:
    """Paint the mark of the brand, for light grounds."""
    return _mark(size, "#24463a", "#f4ede1")


def paint_light_mark(size: tuple[int, int]) -> Image.Image:
    """Paint the mark of the brand, for dark grounds."""
    return _mark(size, "#f4ede1", "#24463a")


def _mark(size: tuple[int, int], ground: str, figure: str) -> Image.Image:
    """Paint a quill over a lake, in a disc."""
    canvas = Canvas(size, (800, 800), None)
    canvas.fill(circle(400, 400, 396), ink(ground))
    quill = smooth(
        [
            (292, 520),
            (286, 400),
            (350, 250),
            (560, 130),
            (556, 280),
            (470, 430),
            (350, 512),
        ]
    )
    canvas.fill(quill, ink(figure))
    shaft = smooth([(238, 610), (330, 460), (440, 320), (520, 214)], closed=False)
    canvas.fill(ribbon(shaft, 26, 8), ink(ground))
    tip = smooth([(238, 616), (290, 522)], closed=False)
    canvas.fill(ribbon(tip, 16, 18), ink(figure))
    for y, half in ((628, 150), (672, 96)):
        wave = smooth(
            [
                (430 - half, y),
                (430 - half / 2, y - 12),
                (430, y),
                (430 + half / 2, y + 12),
                (430 + half, y),
            ],
            closed=False,
        )
        canvas.fill(ribbon(wave, 17, 17), ink(figure))
    return canvas.image


def paint_olive_branch(size: tuple[int, int]) -> Image.Image:
    """Paint a branch with leaves and olives, without a ground."""
    canvas = Canvas(size, (1400, 800), None)
    line = smooth(
        [(60, 600), (340, 520), (660, 410), (980, 270), (1270, 205)], closed=False
    )
    for index, at in enumerate(range(3, len(line), 3)):
        x, y = line[at]
        side = -1 if index % 2 else 1
        length = 235 - 7.5 * index
        turn = -20 + side * (44 - index)
        canvas.fill(
            leaf((x, y), length, length * 0.24, turn),
            shade("#7f9a7c", "#b4c3a4", turn=turn)
            if side > 0
            else shade("#57785f", "#8da688", turn=turn),
        )
        vein = [(x, y), *leaf((x, y), length * 0.86, 0.1, turn)[10:12]]
        canvas.fill(ribbon(vein, 3, 1), ink("#eaf0dd"), opacity=0.5)
    canvas.fill(ribbon(line, 13, 4), ink("#6b5a3c"))
    for x, y, turn in (
        (420, 585, 70),
        (560, 365, -60),
        (760, 470, 65),
        (905, 215, -50),
    ):
        fruit = ellipse(x, y, 46, 33, turn)
        canvas.fill(fruit, shade("#5d6b3a", "#39472a", turn=60))
        with canvas.inside(fruit):
            canvas.glow((x - 14, y - 14), 24, 22, "#b9c489", 0.8)
    return canvas.image


def paint_garden_tiles(size: tuple[int, int]) -> Image.Image:
    """Paint a pattern of tiles with quarter circles and leaves."""
    canvas = Canvas(size, (1200, 1200), ink("#f4ede1"))
    colours = ("#24463a", "#c4582f", "#eba56b", "#8fa891", "#f3d38c", "#5b2e3f")
    side = 200
    for row in range(6):
        for column in range(6):
            x, y = column * side, row * side
            pick = (row * 5 + column * 7 + row * column) % 6
            ground, figure = colours[pick], colours[(pick + 1 + (row + column) % 4) % 6]
            tile = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
            canvas.fill(tile, ink(ground))
            with canvas.inside(tile):
                _tile(canvas, (x, y), side, (row * 3 + column * 5) % 4, figure)
    return canvas.image


def _tile(
    canvas: Canvas, at: tuple[float, float], side: float, kind: int, colour: str
) -> None:
    x, y = at
    middle = (x + side / 2, y + side / 2)
    match kind:
        case 0:
            canvas.fill(circle(x, y, side), ink(colour))
        case 1:
            length, width = side * 1.414, side * 0.72
            canvas.fill(leaf((x, y), length, width, 45), ink(colour))
            canvas.fill(leaf((x + side, y + side), length, width, 225), ink(colour))
        case 2:
            canvas.fill(circle(*middle, side * 0.36), ink(colour))
        case _:
            canvas.fill(circle(x + side, middle[1], side / 2), ink(colour))
            canvas.fill(circle(x, middle[1], side / 2), ink(colour), opacity=0.55)


def paint_valley(size: tuple[int, int]) -> Image.Image:
    """Paint a valley at dawn, hill behind hill."""
    canvas = Canvas(
        size, (1600, 1000), shade("#f7dfb4", "#f2b98a", "#e89a76", at=(0, 0.45, 0.75))
    )
    canvas.glow((1040, 400), 420, 420, "#fff3cf", 0.9)
    canvas.fill(circle(1040, 400, 96), ink("#fff4d6"))
    layers = (
        (470, 60, "#d98f79", "#cf8474", 0.0),
        (560, 70, "#a8736f", "#9a6a6a", 1.3),
        (650, 64, "#6f6a68", "#5f6360", 2.9),
        (745, 58, "#48604f", "#3d5547", 4.4),
        (850, 50, "#2c4a3c", "#1f3a30", 5.6),
    )
    for y, swing, light, dark, phase in layers:
        ridge = [
            (
                x,
                y
                + swing * math.sin(x / 310 + phase)
                + swing * 0.45 * math.sin(x / 137 + 2 * phase),
            )
            for x in range(-800, 2401, 20)
        ]
        canvas.fill(
            [*ridge, (2400, 1500), (-800, 1500)], shade(light, dark, at=(0, 0.4))
        )
    return canvas.image
