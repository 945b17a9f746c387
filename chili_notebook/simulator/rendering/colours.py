"""Colours and gradients of a document, and how an area is filled with them.

A colour in a document is a value (``rgb``, ``hex``, ``cmyk``) or the ID of a colour in
the brand kit.
"""

from __future__ import annotations

import bisect
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

RGB = tuple[int, int, int]
BLACK: RGB = (0, 0, 0)

_STEPS = 256


@dataclass(frozen=True, slots=True)
class Gradient:
    """A linear change of colours.

    Attributes:
        rotation: Its direction in degrees clockwise; 0 is to the right.
        stops: Offsets from 0 to 1, each with its colour.
    """

    rotation: float
    stops: tuple[tuple[float, RGB], ...]


Fill = RGB | Gradient


def brand_kit(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the brand kit; old documents call it ``stylekit``."""
    kit = document.get("brandKit") or document.get("stylekit") or {}
    return kit if isinstance(kit, Mapping) else {}


class Palette:
    """The colours and gradients of one document."""

    __slots__ = ("_colours", "_gradients")

    def __init__(self, document: Mapping[str, Any]) -> None:
        kit = brand_kit(document)
        self._colours = {raw["id"]: raw["color"] for raw in kit.get("colors") or []}
        self._gradients = {
            raw["id"]: raw["gradient"] for raw in kit.get("gradients") or []
        }

    def colour(self, raw: Mapping[str, Any] | None) -> RGB:
        """Return the colour of a colour entry; black without one."""
        if raw is None:
            return BLACK
        if isinstance(raw.get("color"), Mapping):  # a local colour with its opacity
            return self.colour(raw["color"])
        match raw.get("type"):
            case "rgb":
                return (int(raw["r"]), int(raw["g"]), int(raw["b"]))
            case "hex":
                number = int(str(raw["value"]).removeprefix("#"), 16)
                return (number >> 16 & 255, number >> 8 & 255, number & 255)
            case "cmyk":
                return _from_cmyk(raw)
            case _:
                return self.colour(self._colours.get(raw.get("id")))

    def fill(self, raw: Mapping[str, Any] | None) -> Fill:
        """Return the colour or the gradient of a colour entry."""
        gradient = self._gradients.get(raw.get("id")) if raw else None
        if gradient is None:
            return self.colour(raw)
        return Gradient(
            rotation=float(gradient.get("rotation", 0)),
            stops=tuple(
                (float(stop["offset"]), self.colour(stop["color"]))
                for stop in gradient["stops"]
            ),
        )


def fill_area(gradient: Gradient, size: tuple[int, int]) -> Image.Image:
    """Return a picture of a size that is filled with a gradient."""
    offsets = _offsets(size, gradient.rotation)
    return Image.merge("RGB", [offsets.point(lut) for lut in _channels(gradient.stops)])


def _offsets(size: tuple[int, int], rotation: float) -> Image.Image:
    """Return how far along the gradient each pixel is, from 0 to 255."""
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


@functools.lru_cache(maxsize=256)
def opacity_table(opacity: float) -> list[int]:
    """Return the values of a mask with an opacity, for `Image.point`."""
    return [round(value * opacity) for value in range(256)]


@functools.lru_cache(maxsize=128)
def _channels(stops: Sequence[tuple[float, RGB]]) -> tuple[list[int], ...]:
    colours = [_colour_at(stops, step / (_STEPS - 1)) for step in range(_STEPS)]
    return tuple(list(channel) for channel in zip(*colours, strict=True))


def _colour_at(stops: Sequence[tuple[float, RGB]], at: float) -> RGB:
    after = bisect.bisect_right([offset for offset, _ in stops], at)
    if after in {0, len(stops)}:
        return stops[max(after - 1, 0)][1]
    (start, first), (end, second) = stops[after - 1], stops[after]
    part = (at - start) / (end - start)
    red, green, blue = (
        round(a + (b - a) * part) for a, b in zip(first, second, strict=True)
    )
    return (red, green, blue)


def _from_cmyk(raw: Mapping[str, Any]) -> RGB:
    light = 100 - float(raw["k"])
    red, green, blue = (
        round(255 * (100 - float(raw[ink])) * light / 10_000) for ink in "cmy"
    )
    return (red, green, blue)
