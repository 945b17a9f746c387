"""Draws samples of fonts: one line of words, or two letters in a square."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from chili_notebook.simulator.drawing.fonts import FONT_KEYS, face

SHAPES = ("square", "line")

_INK, _PAPER = (33, 37, 41), (255, 255, 255)
_SQUARE_PX, _LETTERS_PX = 320, 150
_LINE_HEIGHT_PX, _WORDS_PX, _MARGIN_PX = 96, 48, 24


def draw_sample(key: str, shape: str) -> bytes:
    """Give a PNG in which a font shows itself.

    Args:
        key: The font's key in documents.
        shape: One of `SHAPES`.
    """
    family, style = FONT_KEYS[key]
    if shape == "square":
        words, font = "Aa", face(key, _LETTERS_PX)
        size = (_SQUARE_PX, _SQUARE_PX)
    else:
        words, font = f"{family.name} {style.name}", face(key, _WORDS_PX)
        width = round(font.getlength(words)) + 2 * _MARGIN_PX
        size = (width, _LINE_HEIGHT_PX)
    picture = Image.new("RGB", size, _PAPER)
    middle = (size[0] / 2, size[1] / 2)
    ImageDraw.Draw(picture).text(middle, words, fill=_INK, font=font, anchor="mm")
    sample = io.BytesIO()
    picture.save(sample, "PNG")
    return sample.getvalue()
