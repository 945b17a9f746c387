"""Draws the frames: each becomes a layer with smooth edges, to be laid on the page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops, ImageDraw

from chili_notebook.simulator.drawing.artwork import Picture, paint
from chili_notebook.simulator.drawing.fonts import face
from chili_notebook.simulator.drawing.gradients import paint_fill

if TYPE_CHECKING:
    from chili_notebook.simulator.drawing.colours import RGB, Fill
    from chili_notebook.simulator.drawing.typesetting import Letter

_SMOOTH = 4
_SMOOTH_TEXT = 2
_OVERHANG = 0.4  # of the size: accents and swashes that leave the box


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in pixels and parts of them."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """The point about which it turns and grows."""
        return (self.x + self.width / 2, self.y + self.height / 2)

    def pixels(self, margin: float = 0) -> tuple[int, int, int, int]:
        """Give the whole pixels that it touches: left, top, right, bottom."""
        left, top = math.floor(self.x - margin), math.floor(self.y - margin)
        return (
            left,
            top,
            max(left + 1, math.ceil(self.x + self.width + margin)),
            max(top + 1, math.ceil(self.y + self.height + margin)),
        )


@dataclass(frozen=True, slots=True)
class Layer:
    """A picture with transparency and where its top left corner is on the page."""

    image: Image.Image
    x: int
    y: int


def shape_layer(box: Box, outline: Mapping[str, Any], fill: Fill, px: float) -> Layer:
    """Draw a filled shape.

    Args:
        box: Where it stands.
        outline: Its form: ``type`` and ``cornerRadius``, as in a shape frame's ``src``.
        fill: What fills it.
        px: Pixels to a unit of the document.
    """
    left, top, right, bottom = box.pixels()
    image = paint_fill(fill, (right - left, bottom - top))
    image.putalpha(shape_mask(box, outline, px))
    return Layer(image, left, top)


def stroke_layer(
    box: Box, outline: Mapping[str, Any], fill: Fill, px: float, weight: float
) -> Layer:
    """Draw the line along the inside of a shape's edge, `weight` pixels wide."""
    inner = Box(
        box.x + weight,
        box.y + weight,
        max(box.width - 2 * weight, 0),
        max(box.height - 2 * weight, 0),
    )
    radius = max(_radius(outline, box, px) - weight, 0) / px
    hollow = {**outline, "cornerRadius": {**_corner(outline), "radius": radius}}
    layer = shape_layer(box, outline, fill, px)
    hole, (left, top, *_) = shape_mask(inner, hollow, px), inner.pixels()
    cut = Image.new("L", layer.image.size)
    cut.paste(hole, (left - layer.x, top - layer.y))
    return clipped(layer, ImageChops.invert(cut))


def shape_mask(box: Box, outline: Mapping[str, Any], px: float) -> Image.Image:
    """Draw how much of each pixel of the box a shape covers."""
    left, top, right, bottom = box.pixels()
    size = (right - left, bottom - top)
    kind, radius = outline.get("type", "rectangle"), _radius(outline, box, px)
    if kind == "rectangle" and not radius:
        return _rectangle_mask(box, size, (left, top))
    mask = Image.new("L", (size[0] * _SMOOTH, size[1] * _SMOOTH))
    x, y = (box.x - left) * _SMOOTH, (box.y - top) * _SMOOTH
    edges = (
        x,
        y,
        max(x, x + box.width * _SMOOTH - 1),
        max(y, y + box.height * _SMOOTH - 1),
    )
    draw = ImageDraw.Draw(mask)
    if kind == "ellipse":
        draw.ellipse(edges, fill=255)
    elif kind == "polygon":
        middle = ((edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2)
        draw.polygon(_corners(middle, edges, int(outline.get("sides", 3))), fill=255)
    else:
        kept = _corner(outline).get("corners")
        draw.rounded_rectangle(
            edges,
            radius * _SMOOTH,
            fill=255,
            corners=tuple(kept) if kept else None,
        )
    return mask.reduce(_SMOOTH)


def picture_layer(
    box: Box, picture: Picture, crop: Mapping[str, Any] | None, fit: str
) -> Layer:
    """Draw a picture in a box.

    Args:
        box: Where it stands.
        picture: The picture.
        crop: Which part of it is shown, in parts of its size: ``left``, ``top``,
            ``width``, ``height``.
        fit: ``fill`` covers the box, ``fit`` shows all of the picture.
    """
    part = crop or {"left": 0, "top": 0, "width": 1, "height": 1}
    shown_width = picture.width * float(part["width"])
    shown_height = picture.height * float(part["height"])
    choose = min if fit == "fit" else max
    scale = choose(box.width / shown_width, box.height / shown_height)
    whole = (round(picture.width * scale), round(picture.height * scale))
    left = (float(part["left"]) + float(part["width"]) / 2) * whole[0] - box.width / 2
    top = (float(part["top"]) + float(part["height"]) / 2) * whole[1] - box.height / 2
    x, y, right, bottom = box.pixels()
    image = paint(picture.id, whole).convert("RGBA")
    corner = (round(left - (box.x - x)), round(top - (box.y - y)))
    cut = (*corner, corner[0] + right - x, corner[1] + bottom - y)
    return Layer(image.crop(cut), x, y)


def clipped(layer: Layer, mask: Image.Image) -> Layer:
    """Keep what of a layer a mask of its size covers."""
    image = layer.image.copy()
    image.putalpha(ImageChops.multiply(layer.image.getchannel("A"), mask))
    return Layer(image, layer.x, layer.y)


def text_layers(box: Box, letters: Sequence[Letter], px: float) -> Iterable[Layer]:
    """Draw letters, a layer for each of their colours.

    Args:
        box: Where the box is in which they were set.
        letters: The letters.
        px: Pixels to a unit of the document.
    """
    for colour in dict.fromkeys(letter.colour for letter in letters):
        coloured = [letter for letter in letters if letter.colour == colour]
        yield _text_layer(box, coloured, colour, px)


def _text_layer(box: Box, letters: Sequence[Letter], colour: RGB, px: float) -> Layer:
    margin = _OVERHANG * px * max(letter.size for letter in letters)
    left, top, right, bottom = box.pixels(margin)
    dense = px * _SMOOTH_TEXT
    mask = Image.new(
        "L", ((right - left) * _SMOOTH_TEXT, (bottom - top) * _SMOOTH_TEXT)
    )
    draw = ImageDraw.Draw(mask)
    x, y = (box.x - left) * _SMOOTH_TEXT, (box.y - top) * _SMOOTH_TEXT
    for letter in letters:
        draw.text(
            (x + letter.x * dense, y + letter.y * dense),
            letter.text,
            fill=255,
            font=face(letter.font, round(letter.size * dense, 2)),
            anchor="ls",
        )
    alpha = mask.reduce(_SMOOTH_TEXT)
    image = Image.new("RGB", alpha.size, colour)
    image.putalpha(alpha)
    return Layer(image, left, top)


def _rectangle_mask(
    box: Box, size: tuple[int, int], corner: tuple[int, int]
) -> Image.Image:
    """Draw a rectangle whose edges are put on whole pixels, as its neighbours' are."""
    mask = Image.new("L", size)
    left, top = round(box.x) - corner[0], round(box.y) - corner[1]
    right = max(round(box.x + box.width) - corner[0], left + 1)
    bottom = max(round(box.y + box.height) - corner[1], top + 1)
    mask.paste(255, (left, top, right, bottom))
    return mask


def _radius(outline: Mapping[str, Any], box: Box, px: float) -> float:
    radius = float(_corner(outline).get("radius", 0)) * px
    return min(radius, box.width / 2, box.height / 2)


def _corner(outline: Mapping[str, Any]) -> Mapping[str, Any]:
    corner = outline.get("cornerRadius")
    return corner if isinstance(corner, Mapping) else {}


def _corners(
    middle: tuple[float, float], edges: tuple[float, float, float, float], sides: int
) -> list[tuple[float, float]]:
    width, height = (edges[2] - edges[0]) / 2, (edges[3] - edges[1]) / 2
    turns = [math.tau * side / sides - math.pi / 2 for side in range(sides)]
    return [
        (middle[0] + width * math.cos(turn), middle[1] + height * math.sin(turn))
        for turn in turns
    ]
