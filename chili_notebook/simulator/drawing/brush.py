"""A canvas for pictures: outlines with fills, shadows and light, at any size.

What is drawn is given in the canvas's own units, which cover the picture; so one
painting serves a thumbnail and a page.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from chili_notebook.simulator.drawing.colours import RGB, Fill, Gradient, hex_colour
from chili_notebook.simulator.drawing.gradients import distances, paint_fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chili_notebook.simulator.drawing.outlines import Point

_SMOOTH = 3
_FALLOFF = [round(255 * (1 - v / 255) ** 2 * (1 + 2 * v / 255)) for v in range(256)]


def ink(text: str) -> RGB:
    """Read a colour as ``#rrggbb``."""
    return hex_colour(text)


def shade(*colours: str, turn: float = 90, at: Sequence[float] = ()) -> Gradient:
    """Give a change of colours, by default downwards and in even steps."""
    places = at or [step / (len(colours) - 1) for step in range(len(colours))]
    stops = tuple(zip(places, map(hex_colour, colours), strict=True))
    return Gradient("linear", turn, stops)


def ball(*colours: str, at: Sequence[float] = ()) -> Gradient:
    """Give a change of colours from the middle outwards."""
    places = at or [step / (len(colours) - 1) for step in range(len(colours))]
    stops = tuple(zip(places, map(hex_colour, colours), strict=True))
    return Gradient("radial", 0, stops)


class Canvas:
    """A picture that is being painted.

    Args:
        size: Its size in pixels.
        extent: The width and height that its units count; they cover the picture, and
            what juts out is cut off evenly.
        ground: What it is painted on; without it the picture is see-through.
    """

    def __init__(
        self, size: tuple[int, int], extent: tuple[float, float], ground: Fill | None
    ) -> None:
        self._scale = max(size[0] / extent[0], size[1] / extent[1])
        self._shift = (
            (size[0] - extent[0] * self._scale) / 2,
            (size[1] - extent[1] * self._scale) / 2,
        )
        self._clips: list[Image.Image] = []
        if ground is None:
            self.image = Image.new("RGBA", size)
        else:
            self.image = paint_fill(ground, size)

    def fill(
        self,
        outline: Sequence[Point],
        fill: Fill,
        *,
        opacity: float = 1.0,
        blur: float = 0.0,
    ) -> None:
        """Fill an outline; a blur makes its edge soft."""
        radius = blur * self._scale
        points = self._points(outline)
        margin = 3 * radius + 1
        left = math.floor(min(x for x, _ in points) - margin)
        top = math.floor(min(y for _, y in points) - margin)
        right = math.ceil(max(x for x, _ in points) + margin)
        bottom = math.ceil(max(y for _, y in points) + margin)
        whole = (max(right - left, 1), max(bottom - top, 1))
        # What lies far outside of the picture is not painted at all.
        room = (
            max(left, -round(margin)),
            max(top, -round(margin)),
            min(right, self.image.width + round(margin)),
            min(bottom, self.image.height + round(margin)),
        )
        if room[0] >= room[2] or room[1] >= room[3]:
            return
        mask = _mask(points, room, radius)
        paint = paint_fill(fill, whole).crop(
            (room[0] - left, room[1] - top, room[2] - left, room[3] - top)
        )
        self._lay(paint, mask, room[:2], opacity)

    def shadow(
        self,
        outline: Sequence[Point],
        by: Point,
        blur: float,
        opacity: float,
        colour: str,
    ) -> None:
        """Cast the shadow of an outline."""
        moved = [(x + by[0], y + by[1]) for x, y in outline]
        self.fill(moved, hex_colour(colour), opacity=opacity, blur=blur)

    def glow(
        self, middle: Point, across: float, down: float, colour: str, opacity: float
    ) -> None:
        """Lay light, or dark, that fades out from a middle."""
        x, y = self._points([middle])[0]
        width, height = across * self._scale, down * self._scale
        left, top = round(x - width), round(y - height)
        size = (max(2, round(2 * width)), max(2, round(2 * height)))
        mask = distances(size)
        paint = Image.new("RGB", size, hex_colour(colour))
        self._lay(paint, mask.point(_FALLOFF), (left, top), opacity)

    @contextmanager
    def inside(self, outline: Sequence[Point]) -> Iterator[None]:
        """Keep what is painted meanwhile inside of an outline."""
        size = self.image.size
        mask = _mask(self._points(outline), (0, 0, *size), 0)
        if self._clips:
            mask = ImageChops.multiply(mask, self._clips[-1])
        self._clips.append(mask)
        yield
        self._clips.pop()

    def _points(self, outline: Sequence[Point]) -> list[Point]:
        scale, (right, down) = self._scale, self._shift
        return [(x * scale + right, y * scale + down) for x, y in outline]

    def _lay(
        self, paint: Image.Image, mask: Image.Image, at: Point, opacity: float
    ) -> None:
        left, top = int(at[0]), int(at[1])
        if opacity < 1:
            mask = mask.point([round(value * opacity) for value in range(256)])
        if self._clips:
            box = (left, top, left + mask.width, top + mask.height)
            mask = ImageChops.multiply(mask, self._clips[-1].crop(box))
        if self.image.mode == "RGB":
            self.image.paste(paint, (left, top), mask)
            return
        paint.putalpha(mask)
        cut = (max(-left, 0), max(-top, 0))
        if cut[0] < paint.width and cut[1] < paint.height:
            self.image.alpha_composite(paint, (max(left, 0), max(top, 0)), cut)


def _mask(
    points: Sequence[Point], room: tuple[int, int, int, int], blur: float
) -> Image.Image:
    """Draw how much of each pixel an outline covers."""
    dense = _SMOOTH if blur < 1 else 1
    width, height = room[2] - room[0], room[3] - room[1]
    mask = Image.new("L", (width * dense, height * dense))
    ImageDraw.Draw(mask).polygon(
        [((x - room[0]) * dense, (y - room[1]) * dense) for x, y in points], fill=255
    )
    if dense > 1:
        mask = mask.reduce(dense)
    return mask.filter(ImageFilter.GaussianBlur(blur)) if blur else mask
