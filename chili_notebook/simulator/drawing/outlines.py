"""Outlines for pictures: smooth closed curves as points. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Point = tuple[float, float]
Outline = list[Point]

_STEPS = 10  # points to a piece of a curve
_ROUND = 72  # points to a turn


def ellipse(x: float, y: float, across: float, down: float, turn: float = 0) -> Outline:
    """Give an ellipse by its middle and its half axes, turned by degrees."""
    angles = [math.tau * step / _ROUND for step in range(_ROUND)]
    return turned(
        [(x + across * math.cos(a), y + down * math.sin(a)) for a in angles],
        (x, y),
        turn,
    )


def circle(x: float, y: float, radius: float) -> Outline:
    """Give a circle."""
    return ellipse(x, y, radius, radius)


def smooth(points: Sequence[Point], *, closed: bool = True) -> Outline:
    """Lead a smooth curve through points (Catmull-Rom)."""
    count = len(points)
    found: Outline = []
    for index in range(count if closed else count - 1):
        if closed:
            a, b, c, d = (points[(index + step) % count] for step in (-1, 0, 1, 2))
        else:
            near = [min(max(index + step, 0), count - 1) for step in (-1, 0, 1, 2)]
            a, b, c, d = (points[step] for step in near)
        found.extend(_piece(a, b, c, d, step / _STEPS) for step in range(_STEPS))
    return found if closed else [*found, points[-1]]


def vessel(x: float, profile: Sequence[Point]) -> Outline:
    """Give what is alike on both sides of `x`, by its half widths and heights."""
    right = smooth([(x + half, y) for half, y in profile], closed=False)
    return right + [(2 * x - px, y) for px, y in reversed(right)]


def leaf(base: Point, length: float, width: float, turn: float) -> Outline:
    """Give a leaf that grows from a point; 0 degrees is to the right."""
    half = width / 2
    side = [(0.0, 0.0), (0.22, 0.72), (0.5, 1.0), (0.8, 0.55), (1.0, 0.0)]
    upper = smooth([(length * u, -half * v) for u, v in side], closed=False)
    lower = smooth([(length * u, half * v) for u, v in side], closed=False)
    around = [(base[0] + u, base[1] + v) for u, v in upper + lower[::-1]]
    return turned(around, base, turn)


def ribbon(line: Sequence[Point], width: float, end: float | None = None) -> Outline:
    """Give a line a width, which may change towards its end."""
    last = width if end is None else end
    left: Outline = []
    right: Outline = []
    for index, (x, y) in enumerate(line):
        before, after = line[max(index - 1, 0)], line[min(index + 1, len(line) - 1)]
        angle = math.atan2(after[1] - before[1], after[0] - before[0]) + math.pi / 2
        half = (width + (last - width) * index / max(len(line) - 1, 1)) / 2
        left.append((x + half * math.cos(angle), y + half * math.sin(angle)))
        right.append((x - half * math.cos(angle), y - half * math.sin(angle)))
    return left + right[::-1]


def rounded(
    left: float, top: float, right: float, bottom: float, radius: float
) -> Outline:
    """Give a rectangle with round corners."""
    found: Outline = []
    for x, y, start in (
        (right - radius, bottom - radius, 0),
        (left + radius, bottom - radius, 90),
        (left + radius, top + radius, 180),
        (right - radius, top + radius, 270),
    ):
        found.extend(
            (
                x + radius * math.cos(math.radians(start + step * 9)),
                y + radius * math.sin(math.radians(start + step * 9)),
            )
            for step in range(11)
        )
    return found


def turned(points: Iterable[Point], about: Point, degrees: float) -> Outline:
    """Turn points about another, clockwise."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [
        (
            about[0] + (x - about[0]) * cos - (y - about[1]) * sin,
            about[1] + (x - about[0]) * sin + (y - about[1]) * cos,
        )
        for x, y in points
    ]


def moved(points: Iterable[Point], right: float, down: float) -> Outline:
    """Move points."""
    return [(x + right, y + down) for x, y in points]


def _piece(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    x, y = (
        0.5
        * (
            2 * q
            + (r - p) * t
            + (2 * p - 5 * q + 4 * r - s) * t**2
            + (3 * q - p - 3 * r + s) * t**3
        )
        for p, q, r, s in zip(a, b, c, d, strict=True)
    )
    return (x, y)
