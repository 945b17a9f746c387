"""Marks pictures as simulated, and lays watermarks over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageStat

from chili_notebook.simulator.drawing.corners import quiet_corner
from chili_notebook.simulator.drawing.fonts import FAMILIES, advances, face, font_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chili_notebook.simulator.drawing.layouts import Layout

MARK = "SIMULATED"
_KEY = font_key(FAMILIES[0], FAMILIES[0].styles[3])
_DARK, _LIGHT = (29, 43, 38), (251, 247, 239)
_MIDDLE_GREY = 128
_TRACKING = 0.14
_DENSE = 4


def draw_mark(
    pictures: Sequence[Image.Image], page: Mapping[str, Any], layout: Layout
) -> None:
    """Say in a corner that pictures of a page are simulated.

    The mark stands still in a film, in the colours that fit its last picture.
    """
    width, height = pictures[-1].size
    px = width / layout.width
    short = min(width, height)
    size = max(short * 0.0155, min(8.0, short * 0.1))
    margin = round(size * 1.1)
    mark, ground = _pill(size), _pill(size, letters=False)
    room = (mark.width + 2 * margin, mark.height + 2 * margin)
    left, top = quiet_corner(page, layout, room[0] / px, room[1] / px)
    x, y = round(left * px) + margin, round(top * px) + margin
    under = pictures[-1].crop((x, y, x + mark.width, y + mark.height)).convert("L")
    dark = ImageStat.Stat(under).mean[0] < _MIDDLE_GREY
    colours = (_DARK, _LIGHT) if dark else (_LIGHT, _DARK)
    for picture in pictures:
        picture.paste(colours[0], (x, y), ground.point(_part(0.8)))
        picture.paste(colours[1], (x, y), mark.point(_part(0.8)))


def draw_watermark(picture: Image.Image, text: str) -> None:
    """Lay a text over the whole picture, light enough to see through."""
    width, height = picture.size
    size = max(8.0, min(width, height) * 0.09)
    font = face(_KEY, round(size, 1))
    side = round((width**2 + height**2) ** 0.5)
    mask = Image.new("L", (side, side))
    draw = ImageDraw.Draw(mask)
    step_x, step_y = font.getlength(text) + size * 2, size * 3.2
    for row in range(-1, round(side / step_y) + 1):
        shift = step_x / 2 if row % 2 else 0
        for column in range(-1, round(side / step_x) + 1):
            at = (column * step_x + shift, row * step_y)
            draw.text(at, text, fill=255, font=font)
    turned = mask.rotate(30, Image.Resampling.BICUBIC)
    left, top = (side - width) // 2, (side - height) // 2
    shown = turned.crop((left, top, left + width, top + height))
    picture.paste((128, 128, 128), (0, 0), shown.point(_part(0.28)))


def _pill(size: float, *, letters: bool = True) -> Image.Image:
    """Draw the mark's ground, or its letters and the line around them."""
    dense = size * _DENSE
    tracks = _TRACKING * (len(MARK) - 1)
    starts = advances(_KEY, MARK)
    width, height = round(size * (starts[-1] + tracks + 1.7)), round(size * 2.0)
    mask = Image.new("L", (width * _DENSE, height * _DENSE))
    draw = ImageDraw.Draw(mask)
    edges = (0, 0, mask.width - 1, mask.height - 1)
    radius = mask.height / 2
    if not letters:
        draw.rounded_rectangle(edges, radius, fill=255)
        return mask.reduce(_DENSE)
    draw.rounded_rectangle(
        edges, radius, outline=170, width=max(2, round(dense * 0.07))
    )
    left = (mask.width - dense * (starts[-1] + tracks)) / 2
    font = face(_KEY, round(dense, 2))
    for index, letter in enumerate(MARK):
        x = left + dense * (starts[index] + _TRACKING * index)
        baseline = mask.height / 2 + dense * 0.36
        draw.text((x, baseline), letter, fill=255, font=font, anchor="ls")
    return mask.reduce(_DENSE)


def _part(opacity: float) -> list[int]:
    return [round(value * opacity) for value in range(256)]
