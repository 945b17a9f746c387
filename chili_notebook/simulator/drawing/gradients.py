"""Paints fills: one colour, or a change of colours over an area."""

from __future__ import annotations

import bisect
import functools
import math
from typing import TYPE_CHECKING

from PIL import Image

from chili_notebook.simulator.drawing.colours import RGB, Fill, Gradient

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEPS = 256


def paint_fill(fill: Fill, size: tuple[int, int]) -> Image.Image:
    """Paint an area with a colour or a gradient."""
    if not isinstance(fill, Gradient):
        return Image.new("RGB", size, fill)
    radial = fill.kind == "radial"
    places = distances(size) if radial else _linear(size, fill.rotation)
    return Image.merge("RGB", [places.point(lut) for lut in _channels(fill.stops)])


def _linear(size: tuple[int, int], rotation: float) -> Image.Image:
    """Give how far along the line each pixel is, from 0 to 255."""
    width, height = size
    across, down = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    length = max(abs(across) * width + abs(down) * height, 1)
    x_step, y_step = across * _STEPS / length, down * _STEPS / length
    start = _STEPS / 2 - x_step * width / 2 - y_step * height / 2
    return Image.linear_gradient("L").transform(
        size,
        Image.Transform.AFFINE,
        (0, 0, _STEPS / 2, x_step, y_step, start),
        Image.Resampling.BILINEAR,
    )


def distances(size: tuple[int, int]) -> Image.Image:
    """Give how far from the middle each pixel is; 255 from the inscribed ellipse on."""
    corner_to_corner = Image.radial_gradient("L").resize(size, Image.Resampling.BICUBIC)
    return corner_to_corner.point(
        [min(255, round(value * math.sqrt(2))) for value in range(_STEPS)]
    )


@functools.lru_cache(maxsize=128)
def _channels(stops: Sequence[tuple[float, RGB]]) -> tuple[list[int], ...]:
    colours = [_colour_at(stops, step / (_STEPS - 1)) for step in range(_STEPS)]
    return tuple(list(channel) for channel in zip(*colours, strict=True))


def _colour_at(stops: Sequence[tuple[float, RGB]], at: float) -> RGB:
    after = bisect.bisect_right([place for place, _ in stops], at)
    if after in {0, len(stops)}:
        return stops[max(after - 1, 0)][1]
    (start, first), (end, second) = stops[after - 1], stops[after]
    part = (at - start) / (end - start)
    red, green, blue = (
        round(a + (b - a) * part) for a, b in zip(first, second, strict=True)
    )
    return (red, green, blue)
