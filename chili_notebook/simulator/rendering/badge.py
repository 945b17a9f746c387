"""Mark pictures as simulated, and draw watermarks over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageStat

from chili_notebook.simulator.rendering.colours import opacity_table
from chili_notebook.simulator.rendering.fonts import (
    FAMILIES,
    advances,
    font_key,
    load_font,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

BADGE = "SIMULATED"

_KEY = font_key(FAMILIES[0], FAMILIES[0].styles[3])
_DARK, _LIGHT = (29, 43, 38), (251, 247, 239)
_MIDDLE_GREY = 128
_TRACKING = 0.14
_OVERSAMPLING = 4


def draw_badge(pictures: Sequence[Image.Image]) -> None:
    """Draw the badge in the lower left corner of each frame.

    All frames of an animation have the badge in the colours that fit the last one.
    """
    width, height = pictures[-1].size
    short = min(width, height)
    size = max(short * 0.0155, min(8.0, short * 0.1))
    margin = round(size * 1.1)
    ground, letters = _draw_pill(size), _draw_letters(size)
    x, y = margin, height - margin - ground.height
    under = pictures[-1].crop((x, y, x + ground.width, y + ground.height))
    is_dark = ImageStat.Stat(under.convert("L")).mean[0] < _MIDDLE_GREY
    colours = (_DARK, _LIGHT) if is_dark else (_LIGHT, _DARK)
    for picture in pictures:
        picture.paste(colours[0], (x, y), ground.point(opacity_table(0.8)))
        picture.paste(colours[1], (x, y), letters.point(opacity_table(0.8)))


def draw_watermark(picture: Image.Image, text: str) -> None:
    """Repeat a translucent text over the whole picture."""
    width, height = picture.size
    size = max(8.0, min(width, height) * 0.09)
    font = load_font(_KEY, round(size, 1))
    side = round((width**2 + height**2) ** 0.5)
    mask = Image.new("L", (side, side))
    draw = ImageDraw.Draw(mask)
    step_x, step_y = font.getlength(text) + size * 2, size * 3.2
    for row in range(-1, round(side / step_y) + 1):
        shift = step_x / 2 if row % 2 else 0
        for column in range(-1, round(side / step_x) + 1):
            at = (column * step_x + shift, row * step_y)
            draw.text(at, text, fill=255, font=font)
    rotated = mask.rotate(30, Image.Resampling.BICUBIC)
    left, top = (side - width) // 2, (side - height) // 2
    visible = rotated.crop((left, top, left + width, top + height))
    picture.paste((128, 128, 128), (0, 0), visible.point(opacity_table(0.28)))


def _new_mask(size: float) -> Image.Image:
    width = round(size * (_text_width() + 1.7)) * _OVERSAMPLING
    return Image.new("L", (width, round(size * 2.0) * _OVERSAMPLING))


def _draw_pill(size: float) -> Image.Image:
    mask = _new_mask(size)
    edges = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(edges, mask.height / 2, fill=255)
    return mask.reduce(_OVERSAMPLING)


def _draw_letters(size: float) -> Image.Image:
    """Draw the letters of the badge and the line around them."""
    dense = size * _OVERSAMPLING
    mask = _new_mask(size)
    draw = ImageDraw.Draw(mask)
    edges = (0, 0, mask.width - 1, mask.height - 1)
    line_width = max(2, round(dense * 0.07))
    draw.rounded_rectangle(edges, mask.height / 2, outline=170, width=line_width)
    left = (mask.width - dense * _text_width()) / 2
    font = load_font(_KEY, round(dense, 2))
    starts = advances(_KEY, BADGE)
    for index, letter in enumerate(BADGE):
        x = left + dense * (starts[index] + _TRACKING * index)
        baseline = mask.height / 2 + dense * 0.36
        draw.text((x, baseline), letter, fill=255, font=font, anchor="ls")
    return mask.reduce(_OVERSAMPLING)


def _text_width() -> float:
    """Return the width of the badge's text, in parts of its size."""
    return advances(_KEY, BADGE)[-1] + _TRACKING * (len(BADGE) - 1)
