"""Colours and gradients of a document. Pure.

A use of a colour is a value of its own (``rgb``, ``hex``, ``cmyk``) or the id of one
in the brand kit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RGB = tuple[int, int, int]
BLACK: RGB = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Gradient:
    """A change of colour along a line or from a middle.

    Attributes:
        kind: ``linear`` or ``radial``.
        rotation: Where a linear one goes: degrees, clockwise; 0 is to the right.
        stops: Places from 0 to 1, each with its colour.
    """

    kind: str
    rotation: float
    stops: tuple[tuple[float, RGB], ...]


Fill = RGB | Gradient


def brand_kit(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the brand kit; old documents call it ``stylekit``."""
    kit = document.get("brandKit") or document.get("stylekit") or {}
    return kit if isinstance(kit, Mapping) else {}


class Palette:
    """The colours of one document."""

    __slots__ = ("_colours", "_gradients")

    def __init__(self, document: Mapping[str, Any]) -> None:
        kit = brand_kit(document)
        self._colours = {raw["id"]: raw["color"] for raw in kit.get("colors") or []}
        self._gradients = {
            raw["id"]: raw["gradient"] for raw in kit.get("gradients") or []
        }

    def colour(self, use: Mapping[str, Any] | None) -> RGB:
        """Give the colour that a use names; black where it names none."""
        if use is None:
            return BLACK
        match use.get("type"):
            case "rgb":
                return (int(use["r"]), int(use["g"]), int(use["b"]))
            case "hex":
                return hex_colour(str(use["value"]))
            case "cmyk":
                return _from_cmyk(use)
            case _:
                return self.colour(self._colours.get(use.get("id")))

    def fill(self, use: Mapping[str, Any] | None) -> Fill:
        """Give the colour or the gradient that a use names."""
        raw = self._gradients.get(use.get("id")) if use else None
        if raw is None:
            return self.colour(use)
        return Gradient(
            kind=str(raw.get("type", "linear")),
            rotation=float(raw.get("rotation", 0)),
            stops=tuple(
                (float(stop["offset"]), self.colour(stop["color"]))
                for stop in raw["stops"]
            ),
        )


def hex_colour(text: str) -> RGB:
    """Read ``#rrggbb``."""
    number = int(text.removeprefix("#"), 16)
    return (number >> 16 & 255, number >> 8 & 255, number & 255)


def _from_cmyk(use: Mapping[str, Any]) -> RGB:
    light = 100 - float(use["k"])
    red, green, blue = (
        round(255 * (100 - float(use[ink])) * light / 10_000) for ink in "cmy"
    )
    return (red, green, blue)
