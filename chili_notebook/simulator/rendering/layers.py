"""Draw shapes, pictures and texts as layers with smooth edges."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops, ImageDraw

from chili_notebook.simulator.rendering.colours import Gradient, fill_area
from chili_notebook.simulator.rendering.fonts import load_font
from chili_notebook.simulator.rendering.pictures import scale_picture

if TYPE_CHECKING:
    from chili_notebook.simulator.rendering.colours import RGB, Fill
    from chili_notebook.simulator.rendering.pictures import Picture
    from chili_notebook.simulator.rendering.typesetting import Letter

_OVERSAMPLING = 4
_TEXT_OVERSAMPLING = 2
_OVERHANG = 0.4  # of the size: accents and swashes exceed the box


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in fractional pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        """The point about which it is rotated and scaled."""
        return (self.x + self.width / 2, self.y + self.height / 2)

    def pixels(self, margin: float = 0) -> tuple[int, int, int, int]:
        """Return the pixels that it touches: left, top, right, bottom."""
        left, top = math.floor(self.x - margin), math.floor(self.y - margin)
        return (
            left,
            top,
            max(left + 1, math.ceil(self.x + self.width + margin)),
            max(top + 1, math.ceil(self.y + self.height + margin)),
        )


@dataclass(frozen=True, slots=True)
class Layer:
    """Something to paste on a page.

    Attributes:
        paint: Its colour, or a picture in colours.
        alpha: How much of each pixel it covers.
        x: Its left edge.
        y: Its top edge.
    """

    paint: RGB | Image.Image
    alpha: Image.Image
    x: int
    y: int


def shape_layer(box: Box, outline: Mapping[str, Any], fill: Fill, px: float) -> Layer:
    """Draw a filled shape.

    Args:
        box: Where it is.
        outline: Its form: ``type`` and ``cornerRadius``, as in a shape frame's ``src``.
        fill: Its colour or gradient.
        px: Pixels per unit of the document.
    """
    left, top, right, bottom = box.pixels()
    size = (right - left, bottom - top)
    paint = fill_area(fill, size) if isinstance(fill, Gradient) else fill
    return Layer(paint, shape_mask(box, outline, px), left, top)


def stroke_layer(
    box: Box, outline: Mapping[str, Any], fill: Fill, px: float, weight: float
) -> Layer:
    """Draw a line of `weight` pixels along the inside of a shape's edge."""
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
    cut = Image.new("L", layer.alpha.size)
    cut.paste(hole, (left - layer.x, top - layer.y))
    return clip_layer(layer, ImageChops.invert(cut))


def shape_mask(box: Box, outline: Mapping[str, Any], px: float) -> Image.Image:
    """Return how much of each pixel of the box a shape covers."""
    left, top, right, bottom = box.pixels()
    size = (right - left, bottom - top)
    kind, radius = outline.get("type", "rectangle"), _radius(outline, box, px)
    if kind == "rectangle" and not radius:
        return _rectangle_mask(box, size, (left, top))
    mask = Image.new("L", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING))
    x, y = (box.x - left) * _OVERSAMPLING, (box.y - top) * _OVERSAMPLING
    edges = (
        x,
        y,
        max(x, x + box.width * _OVERSAMPLING - 1),
        max(y, y + box.height * _OVERSAMPLING - 1),
    )
    draw = ImageDraw.Draw(mask)
    if kind == "ellipse":
        draw.ellipse(edges, fill=255)
    elif kind == "polygon":
        centre = ((edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2)
        draw.polygon(_corners(centre, edges, int(outline.get("sides", 3))), fill=255)
    else:
        rounded = _corner(outline).get("corners")
        draw.rounded_rectangle(
            edges,
            radius * _OVERSAMPLING,
            fill=255,
            corners=tuple(rounded) if rounded else None,
        )
    return mask.reduce(_OVERSAMPLING)


def picture_layer(
    box: Box, picture: Picture, crop: Mapping[str, Any] | None, fit: str
) -> Layer:
    """Draw a picture in a box.

    Args:
        box: Where it is.
        picture: The picture.
        crop: The part of it that is shown, relative to its size: ``left``, ``top``,
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
    image = scale_picture(picture, whole).convert("RGBA")
    corner = (round(left - (box.x - x)), round(top - (box.y - y)))
    cut = (*corner, corner[0] + right - x, corner[1] + bottom - y)
    part_shown = image.crop(cut)
    return Layer(part_shown.convert("RGB"), part_shown.getchannel("A"), x, y)


def clip_layer(layer: Layer, mask: Image.Image) -> Layer:
    """Return the part of a layer that a mask of the same size covers."""
    return replace(layer, alpha=ImageChops.multiply(layer.alpha, mask))


def text_layers(box: Box, letters: Sequence[Letter], px: float) -> Iterable[Layer]:
    """Draw letters, with one layer for each colour.

    Args:
        box: The box of the text.
        letters: The letters, placed in the box.
        px: Pixels per unit of the document.
    """
    for colour in dict.fromkeys(letter.colour for letter in letters):
        coloured = [letter for letter in letters if letter.colour == colour]
        yield _text_layer(box, coloured, colour, px)


def _text_layer(box: Box, letters: Sequence[Letter], colour: RGB, px: float) -> Layer:
    margin = _OVERHANG * px * max(letter.size for letter in letters)
    left, top, right, bottom = box.pixels(margin)
    dense = px * _TEXT_OVERSAMPLING
    mask = Image.new(
        "L", ((right - left) * _TEXT_OVERSAMPLING, (bottom - top) * _TEXT_OVERSAMPLING)
    )
    draw = ImageDraw.Draw(mask)
    x, y = (box.x - left) * _TEXT_OVERSAMPLING, (box.y - top) * _TEXT_OVERSAMPLING
    for letter in letters:
        draw.text(
            (x + letter.x * dense, y + letter.y * dense),
            letter.text,
            fill=255,
            font=load_font(letter.font, round(letter.size * dense, 2)),
            anchor="ls",
        )
    return Layer(colour, mask.reduce(_TEXT_OVERSAMPLING), left, top)


def _rectangle_mask(
    box: Box, size: tuple[int, int], corner: tuple[int, int]
) -> Image.Image:
    """Return the mask of a rectangle with its edges rounded to whole pixels.

    Neighbouring rectangles then share an edge without a gap.
    """
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
    centre: tuple[float, float], edges: tuple[float, float, float, float], sides: int
) -> list[tuple[float, float]]:
    width, height = (edges[2] - edges[0]) / 2, (edges[3] - edges[1]) / 2
    angles = [math.tau * side / sides - math.pi / 2 for side in range(sides)]
    return [
        (centre[0] + width * math.cos(angle), centre[1] + height * math.sin(angle))
        for angle in angles
    ]
