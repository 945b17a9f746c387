"""Paints the packs of the brand, which stand free: a bag of coffee, a jar of honey."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chili_notebook.simulator.drawing.brush import Canvas, ink, shade
from chili_notebook.simulator.drawing.outlines import (
    Outline,
    circle,
    ellipse,
    ribbon,
    rounded,
    smooth,
    vessel,
)

if TYPE_CHECKING:
    from PIL import Image


def paint_coffee_bag(size: tuple[int, int]) -> Image.Image:
    """Paint a bag of coffee, without a ground."""
    canvas = Canvas(size, (900, 1200), None)
    canvas.fill(ellipse(470, 1128, 330, 34), ink("#1d140f"), opacity=0.4, blur=18)
    body: Outline = smooth(
        [
            (190, 190),
            (172, 420),
            (180, 760),
            (166, 1010),
            (180, 1130),
            (450, 1148),
            (720, 1130),
            (734, 1010),
            (720, 760),
            (728, 420),
            (710, 190),
        ],
        closed=False,
    )
    canvas.fill(
        body,
        shade(
            "#b44d29", "#d2693f", "#c4582f", "#8a3718", turn=0, at=(0, 0.28, 0.62, 1)
        ),
    )
    with canvas.inside(body):
        canvas.fill(
            [(160, 1040), (740, 1040), (740, 1160), (160, 1160)],
            ink("#5f2410"),
            opacity=0.28,
            blur=30,
        )
        crease = smooth([(640, 200), (668, 520), (640, 860), (690, 1140)], closed=False)
        canvas.fill(ribbon(crease, 26, 40), ink("#6d2a12"), opacity=0.35, blur=14)
        shine = smooth([(250, 210), (236, 560), (252, 900), (226, 1130)], closed=False)
        canvas.fill(ribbon(shine, 40, 24), ink("#f2a57f"), opacity=0.4, blur=18)
    fold = [(184, 96), (716, 96), (722, 204), (178, 204)]
    canvas.fill(fold, shade("#8a3718", "#b9512b", "#a04420", "#74290f", turn=0))
    canvas.fill([(184, 96), (716, 96), (717, 108), (183, 108)], ink("#dd8158"))
    canvas.fill(rounded(150, 182, 196, 214, 8), ink("#e5d3ae"))
    canvas.fill(rounded(704, 182, 750, 214, 8), ink("#cdb88d"))
    label = rounded(276, 400, 624, 900, 174)
    canvas.fill(label, shade("#fbf5ea", "#f6eddd", "#e3d5bd", turn=0))
    with canvas.inside(label):
        canvas.fill(circle(450, 574, 92), ink("#ecb06f"))
        _hills(canvas, ((640, "#8fa891"), (690, "#4f7358"), (770, "#24463a")))
    return canvas.image


def _hills(canvas: Canvas, hills: tuple[tuple[float, str], ...]) -> None:
    for number, (y, colour) in enumerate(hills):
        lift = 34 if number % 2 else -34
        ridge = smooth(
            [
                (200, y + lift),
                (360, y - lift),
                (540, y + lift * 0.7),
                (700, y - lift * 0.6),
            ],
            closed=False,
        )
        canvas.fill([*ridge, (700, 1000), (200, 1000)], ink(colour))


def paint_honey_jar(size: tuple[int, int]) -> Image.Image:
    """Paint a jar of honey, without a ground."""
    canvas = Canvas(size, (900, 1200), None)
    canvas.fill(ellipse(470, 1120, 320, 34), ink("#5a3410"), opacity=0.42, blur=18)
    glass = vessel(
        450,
        [
            (250, 300),
            (296, 350),
            (304, 460),
            (304, 980),
            (286, 1080),
            (200, 1116),
            (0, 1120),
        ],
    )
    canvas.fill(
        glass,
        shade(
            "#c97a1a",
            "#f0ad36",
            "#f6c558",
            "#e0952a",
            "#a85c12",
            turn=0,
            at=(0, 0.2, 0.42, 0.75, 1),
        ),
    )
    with canvas.inside(glass):
        canvas.glow((400, 900), 260, 300, "#ffe08a", 0.55)
        canvas.fill(ellipse(450, 1128, 300, 70), ink("#8a480d"), opacity=0.5, blur=24)
        canvas.fill(
            [(100, 280), (800, 280), (800, 372), (100, 372)],
            ink("#fbe6b4"),
            opacity=0.55,
            blur=3,
        )
        canvas.fill(
            rounded(182, 400, 206, 1010, 12), ink("#fff6d8"), opacity=0.65, blur=4
        )
        canvas.fill(rounded(700, 430, 712, 960, 6), ink("#fff6d8"), opacity=0.4, blur=4)
    canvas.fill(
        rounded(196, 120, 704, 300, 26),
        shade("#24463a", "#3d6a58", "#2c5446", "#16302a", turn=0, at=(0, 0.28, 0.6, 1)),
    )
    canvas.fill(
        [(196, 262), (704, 262), (704, 270), (196, 270)], ink("#10241e"), opacity=0.5
    )
    label = rounded(214, 520, 686, 930, 18)
    canvas.fill(
        label,
        shade("#efe5d2", "#fdf8ee", "#f6ecdb", "#dccdb2", turn=0, at=(0, 0.3, 0.6, 1)),
    )
    for row, column in ((0, 0), (0, 1), (1, -0.5), (1, 0.5), (1, 1.5), (2, 0), (2, 1)):
        x, y = 401 + column * 98, 622 + row * 85
        cell = [
            (x + 50 * math.sin(math.tau * k / 6), y + 50 * math.cos(math.tau * k / 6))
            for k in range(6)
        ]
        canvas.fill(cell, ink("#e9a33b" if (row + int(column * 2)) % 3 else "#c97a1a"))
    return canvas.image
