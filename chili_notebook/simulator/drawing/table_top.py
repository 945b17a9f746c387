"""Paints what lies on tables: a cup from above, citrus, a pair of pears."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chili_notebook.simulator.drawing.brush import Canvas, ball, ink, shade
from chili_notebook.simulator.drawing.outlines import (
    circle,
    ellipse,
    leaf,
    moved,
    ribbon,
    rounded,
    smooth,
    turned,
)
from chili_notebook.simulator.drawing.still_lifes import pear

if TYPE_CHECKING:
    from PIL import Image


def paint_morning_cup(size: tuple[int, int]) -> Image.Image:
    """Paint a cup of coffee with milk from above, on linen, with a spoon."""
    canvas = Canvas(size, (1200, 1200), shade("#9fb3a0", "#86a08d", turn=60))
    cloth = turned(rounded(-300, 330, 1010, 1700, 20), (600, 600), -17)
    canvas.shadow(cloth, (14, 20), 26, 0.4, "#2e4439")
    canvas.fill(cloth, shade("#f6efe2", "#e8dcc6", turn=60))
    with canvas.inside(cloth):
        for offset in (0, 34):
            stripe = [
                (-400, 1010 + offset),
                (1500, 1010 + offset),
                (1500, 1022 + offset),
                (-400, 1022 + offset),
            ]
            canvas.fill(turned(stripe, (600, 600), -17), ink("#c4582f"), opacity=0.75)
    saucer = circle(590, 590, 390)
    canvas.shadow(saucer, (30, 42), 34, 0.42, "#3b2c20")
    canvas.fill(saucer, shade("#fffdf7", "#e4d8c4", turn=50))
    canvas.fill(circle(590, 590, 346), shade("#eadfcc", "#fbf6ec", turn=50))
    _spoon(canvas)
    handle = turned(rounded(840, 560, 1010, 620, 30), (590, 590), -34)
    canvas.shadow(handle, (14, 20), 12, 0.4, "#3b2c20")
    canvas.fill(handle, shade("#fffdf7", "#dccfb9", turn=50))
    cup = circle(590, 590, 270)
    canvas.shadow(cup, (26, 36), 24, 0.45, "#3b2c20")
    canvas.fill(cup, shade("#fffdf7", "#ddd0ba", turn=50))
    canvas.fill(circle(590, 590, 244), shade("#c9b79c", "#f5ecdd", turn=50))
    coffee = circle(592, 593, 232)
    canvas.fill(coffee, ball("#a4663a", "#8d5230", "#5f321c", at=(0, 0.65, 1)))
    with canvas.inside(coffee):
        _rosetta(canvas)
        canvas.fill(
            ellipse(470, 455, 130, 66, -42), ink("#ffffff"), opacity=0.1, blur=18
        )
    return canvas.image


def _rosetta(canvas: Canvas) -> None:
    """Pour milk into the cup, in the form of a leaf."""
    milk = ink("#f6e6cd")
    for step in range(6):
        y, half = 500 + step * 36, 70 + 17 * step - 2.6 * step**2
        arc = smooth(
            [
                (592 - half, y + 6),
                (592 - half * 0.6, y + 40),
                (592, y + 50),
                (592 + half * 0.6, y + 40),
                (592 + half, y + 6),
            ],
            closed=False,
        )
        canvas.fill(turned(ribbon(arc, 17, 17), (592, 593), 28), milk, opacity=0.94)
    heart = smooth(
        [(592, 500), (556, 452), (566, 412), (592, 430), (618, 412), (628, 452)]
    )
    canvas.fill(turned(heart, (592, 593), 28), milk)
    stem = [(588, 452), (596, 452), (595, 790), (589, 790)]
    canvas.fill(turned(stem, (592, 593), 28), ink("#7d4626"))


def _spoon(canvas: Canvas) -> None:
    bowl = ellipse(318, 800, 78, 48, -52)
    handle = turned(rounded(370, 791, 690, 809, 9), (318, 800), 128)
    for part in (handle, bowl):
        canvas.shadow(part, (12, 18), 10, 0.4, "#3b2c20")
    canvas.fill(handle, shade("#f1d9a4", "#a9803c", turn=40))
    canvas.fill(bowl, shade("#a67c38", "#e9cd8f", "#fbeabf", turn=40))


def paint_citrus(size: tuple[int, int]) -> Image.Image:
    """Paint halves of oranges and lemons with leaves, in the sun."""
    canvas = Canvas(size, (1200, 900), shade("#2b5546", "#1f4236", turn=50))
    fruits = (
        (250, 230, 165, "orange", 12),
        (640, 150, 120, "lemon", 40),
        (985, 285, 185, "blood", 5),
        (470, 520, 190, "lemon", 22),
        (850, 660, 170, "orange", 33),
        (140, 720, 150, "blood", 18),
        (1150, 790, 140, "lemon", 8),
    )
    for x, y, turn, length in (
        (420, 250, -25, 170),
        (760, 330, 140, 150),
        (640, 760, 20, 180),
        (300, 480, 200, 140),
        (1010, 520, -60, 150),
        (330, 830, -10, 150),
    ):
        green = leaf((x, y), length, length * 0.42, turn)
        canvas.shadow(green, (12, 16), 10, 0.5, "#0e221b")
        canvas.fill(green, shade("#8fb07f", "#4d7d5c", turn=turn + 40))
    for x, y, radius, kind, turn in fruits:
        _half(canvas, (x, y), radius, kind, turn)
    return canvas.image


_FLESH = {
    "orange": ("#e8862e", "#f4a548", "#f9c877", "#fdf0d8"),
    "lemon": ("#efc33d", "#f7d967", "#fbe99a", "#fffbe6"),
    "blood": ("#d2592f", "#c9433c", "#e27a58", "#fbe5d2"),
}


def _half(
    canvas: Canvas, middle: tuple[float, float], radius: float, kind: str, turn: float
) -> None:
    rind, flesh, light, pith = _FLESH[kind]
    canvas.shadow(circle(*middle, radius), (20, 28), 18, 0.5, "#0e221b")
    canvas.fill(circle(*middle, radius), ink(rind))
    canvas.fill(circle(*middle, radius * 0.94), ink(pith))
    wedges = 9
    for wedge in range(wedges):
        angle = turn + wedge * 360 / wedges
        reach, half = radius * 0.85, 180 / wedges - 3.2
        edge = [
            (
                middle[0] + reach * math.cos(math.radians(angle + step)),
                middle[1] + reach * math.sin(math.radians(angle + step)),
            )
            for step in (-half, -half * 0.5, 0, half * 0.5, half)
        ]
        inner = (
            middle[0] + radius * 0.12 * math.cos(math.radians(angle)),
            middle[1] + radius * 0.12 * math.sin(math.radians(angle)),
        )
        canvas.fill([inner, *edge], shade(light, flesh, turn=angle))
    canvas.glow(
        (middle[0] - radius * 0.3, middle[1] - radius * 0.35),
        radius * 0.6,
        radius * 0.5,
        "#fffdf0",
        0.3,
    )


def paint_pear_pair(size: tuple[int, int]) -> Image.Image:
    """Paint two pears on a shelf before a plum wall."""
    canvas = Canvas(size, (1200, 1200), shade("#6f3b4e", "#5b2e3f", "#4a2433"))
    canvas.glow((520, 480), 640, 560, "#9a5a63", 0.6)
    shelf = [(-600, 905), (1800, 905), (1800, 1900), (-600, 1900)]
    canvas.fill(shelf, shade("#e9b48a", "#d9976a", at=(0, 0.35)))
    canvas.fill(
        moved([(-600, 905), (1800, 905), (1800, 913), (-600, 913)], 0, 0),
        ink("#f6d3af"),
    )
    for x, y, across in ((600, 1010, 250), (840, 1060, 240)):
        canvas.fill(
            ellipse(x, y, across, 32, -3), ink("#7a3f2c"), opacity=0.55, blur=16
        )
    pear(canvas, (500, 1012), 1.75, "green")
    pear(canvas, (760, 1062), 1.42, "red")
    twig = leaf((548, 405), 150, 62, -18)
    canvas.fill(twig, shade("#9cb083", "#5f8060", turn=20))
    return canvas.image
