"""Paints the still lifes of the media: tables with cups, fruit and branches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chili_notebook.simulator.drawing.brush import Canvas, ball, ink, shade
from chili_notebook.simulator.drawing.outlines import (
    Point,
    circle,
    ellipse,
    leaf,
    moved,
    ribbon,
    smooth,
    turned,
    vessel,
)

if TYPE_CHECKING:
    from PIL import Image

_SHADOW = "#3a1d16"


def paint_spring_table(size: tuple[int, int]) -> Image.Image:
    """Paint a vase with blossom, a cup and a pear in the morning sun."""
    canvas = Canvas(size, (1200, 1500), shade("#e9a877", "#f0bd8c", "#f4cfa3"))
    _window_light(canvas)
    table = [(-900, 1205), (2100, 1205), (2100, 2600), (-900, 2600)]
    canvas.fill(table, shade("#a8492c", "#8d3a25", at=(0, 0.6)))
    canvas.fill(
        [(-900, 1205), (2100, 1205), (2100, 1214), (-900, 1214)], ink("#c8683f")
    )
    for outline, blur in (
        (ellipse(640, 1262, 250, 30, -2), 16),
        (ellipse(842, 1318, 210, 26, -2), 14),
        (ellipse(420, 1335, 170, 24, -2), 14),
    ):
        canvas.fill(outline, ink("#4a1a12"), opacity=0.55, blur=blur)
    _blossom_branches(canvas, (565, 790))
    _vase(canvas, 565)
    _cup(canvas, 772, 1310)
    pear(canvas, (390, 1335), 1.0)
    return canvas.image


def _window_light(canvas: Canvas) -> None:
    """Lay the light of a window slantwise on the wall."""
    for x, y in ((470, 130), (745, 200), (470, 560), (745, 630)):
        pane = [(x, y), (x + 245, y + 62), (x + 245, y + 452), (x, y + 390)]
        canvas.fill(pane, ink("#fbe6c4"), opacity=0.5, blur=5)


def _vase(canvas: Canvas, x: float) -> None:
    profile = [
        (58, 770),
        (50, 800),
        (56, 850),
        (98, 930),
        (140, 1030),
        (142, 1120),
        (116, 1205),
        (82, 1250),
        (0, 1262),
    ]
    body = vessel(x, profile)
    canvas.fill(
        body,
        shade("#7f9a86", "#a9bfa6", "#6c8a77", "#46645a", turn=0, at=(0, 0.3, 0.62, 1)),
    )
    with canvas.inside(body):
        canvas.glow((x - 55, 1000), 60, 190, "#e4ecd9", 0.55)
        canvas.fill(ellipse(x, 1262, 150, 60), ink("#33493f"), opacity=0.35, blur=14)
        canvas.fill(
            ellipse(x + 130, 1080, 60, 170), ink("#2c4239"), opacity=0.3, blur=22
        )
        band = [(x - 200, 868), (x + 200, 868), (x + 200, 874), (x - 200, 874)]
        canvas.fill(band, ink("#f4ede1"), opacity=0.35)
    canvas.fill(ellipse(x, 772, 58, 14), ink("#3c5648"))
    canvas.fill(ellipse(x, 775, 50, 10), ink("#25382f"))


_BRANCHES = (
    ((0, 0), (-26, -160), (-104, -300), (-136, -430), (-108, -530)),
    ((6, 0), (40, -180), (70, -300), (132, -400), (160, -490)),
    ((2, 0), (8, -140), (18, -310), (0, -460), (26, -590)),
)


def _blossom_branches(canvas: Canvas, base: Point) -> None:
    for number, branch in enumerate(_BRANCHES):
        line = smooth([(base[0] + x, base[1] + y) for x, y in branch], closed=False)
        canvas.fill(ribbon(line, 11, 4), shade("#5d3a2a", "#7a4a33"))
        count = len(line)
        for index, at in enumerate(range(12, count - 3, 4)):
            side = -1 if (index + number) % 2 else 1
            x, y = line[at]
            turn = -90 + side * (48 + 9 * (index % 3))
            length = 62 - 3 * index
            canvas.fill(
                leaf((x, y), length, length * 0.42, turn),
                shade("#4f7358", "#86a37a", turn=turn),
            )
        for index, at in enumerate(range(16, count, 6)):
            x, y = line[at]
            side = 1 if (index + number) % 2 else -1
            _blossom(canvas, (x + side * 20, y - 8), 27 + 5 * (index % 2), 24.0 * index)
        _blossom(canvas, line[-1], 30, 12.0 * number)


def _blossom(canvas: Canvas, middle: Point, size: float, turn: float) -> None:
    for petal in range(5):
        angle = math.radians(turn + petal * 72)
        x = middle[0] + size * 0.62 * math.cos(angle)
        y = middle[1] + size * 0.62 * math.sin(angle)
        canvas.fill(
            ellipse(x, y, size * 0.6, size * 0.46, math.degrees(angle)),
            ball("#efb3a4", "#fbe6dd", "#fff8f2", at=(0, 0.6, 1)),
        )
    canvas.fill(circle(*middle, size * 0.24), ink("#d9803f"))
    canvas.fill(circle(middle[0] - 1, middle[1] - 2, size * 0.12), ink("#f3c36f"))


def _cup(canvas: Canvas, x: float, bottom: float) -> None:
    """Paint a cup on a saucer, seen from a little above."""
    saucer = ellipse(x, bottom - 8, 176, 26)
    canvas.fill(moved(saucer, 0, 8), shade("#b9a993", "#d9ccb8", "#a8977f", turn=0))
    canvas.fill(saucer, shade("#f7f0e3", "#fffaf0", "#dccfba", turn=0))
    canvas.fill(ellipse(x, bottom - 10, 96, 13), ink("#cbbca4"), opacity=0.7, blur=3)
    handle = smooth(
        [
            (x + 96, bottom - 132),
            (x + 150, bottom - 140),
            (x + 168, bottom - 100),
            (x + 140, bottom - 62),
            (x + 84, bottom - 52),
        ],
        closed=False,
    )
    canvas.fill(ribbon(handle, 17, 14), shade("#efe4d2", "#cdbda3"))
    body = vessel(
        x,
        [
            (112, bottom - 172),
            (110, bottom - 120),
            (92, bottom - 60),
            (58, bottom - 14),
        ],
    )
    canvas.fill(
        body,
        shade("#e9dcc7", "#fff9ee", "#f1e5d2", "#c3b196", turn=0, at=(0, 0.28, 0.6, 1)),
    )
    with canvas.inside(body):
        canvas.fill(
            ellipse(x, bottom + 4, 120, 40), ink("#a8937a"), opacity=0.45, blur=12
        )
    canvas.fill(ellipse(x, bottom - 172, 112, 22), ink("#fffaf0"))
    coffee = ellipse(x, bottom - 169, 103, 17)
    canvas.fill(coffee, shade("#7a4526", "#4a2616", turn=0))
    with canvas.inside(coffee):
        canvas.fill(
            ellipse(x - 40, bottom - 164, 46, 8), ink("#b47a48"), opacity=0.7, blur=4
        )
    for drift, height, opacity in ((-26, 150, 0.5), (20, 190, 0.4)):
        steam = smooth(
            [
                (x + drift, bottom - 196),
                (x + drift + 22, bottom - 196 - height * 0.3),
                (x + drift - 14, bottom - 196 - height * 0.65),
                (x + drift + 14, bottom - 196 - height),
            ],
            closed=False,
        )
        canvas.fill(ribbon(steam, 15, 3), ink("#fff6e6"), opacity=opacity, blur=6)


def pear(canvas: Canvas, foot: Point, size: float, tone: str = "green") -> None:
    """Paint a pear that stands on a point."""
    x, y = foot
    profile = [
        (0, -300),
        (38, -292),
        (54, -250),
        (62, -200),
        (104, -130),
        (121, -74),
        (106, -26),
        (64, -3),
        (0, 2),
    ]
    body = turned(
        vessel(x, [(half * size, y + up * size) for half, up in profile]), foot, 4
    )
    light, middle, dark, deep = {
        "green": ("#dfd27a", "#b9b653", "#7d8a3a", "#4f5f2c"),
        "red": ("#eab06a", "#cf7440", "#98402a", "#5f2420"),
    }[tone]
    stem = smooth(
        [
            (x + 18 * size, y - 290 * size),
            (x + 24 * size, y - 330 * size),
            (x + 44 * size, y - 356 * size),
        ],
        closed=False,
    )
    canvas.fill(ribbon(stem, 9 * size, 13 * size), ink("#57361f"))
    canvas.fill(body, shade(middle, middle, dark, deep, turn=12, at=(0, 0.35, 0.75, 1)))
    with canvas.inside(body):
        canvas.glow((x - 42 * size, y - 92 * size), 92 * size, 112 * size, light, 0.9)
        canvas.glow((x - 12 * size, y - 232 * size), 46 * size, 70 * size, light, 0.6)
        canvas.glow(
            (x - 52 * size, y - 104 * size), 30 * size, 40 * size, "#fff8dc", 0.55
        )
        canvas.fill(
            ellipse(x, y + 8 * size, 120 * size, 30 * size),
            ink(deep),
            opacity=0.5,
            blur=16 * size,
        )
