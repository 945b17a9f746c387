"""The simulator's fonts: three families, their metrics and their previews.

Metrics are relative to the font's size and measured once at a large size, so that a
text has the same line breaks at every resolution.
"""

from __future__ import annotations

import functools
import io
import unicodedata
from dataclasses import dataclass, field
from importlib import resources

from PIL import Image, ImageDraw, ImageFont

PREVIEW_SHAPES = ("square", "line")

_REFERENCE_SIZE = 1000
_GLYPH_SIZE = 24
_NOT_A_CHARACTER = "\uffff"
_CACHED_FONTS = 256
_INK, _PAPER = (33, 37, 41), (255, 255, 255)
_SQUARE_PX, _SQUARE_TEXT_PX = 320, 150
_LINE_HEIGHT_PX, _LINE_TEXT_PX, _LINE_MARGIN_PX = 96, 48, 24


@dataclass(frozen=True, slots=True)
class Style:
    """A style of a family: its ID, its name, its file and, if uploaded, its bytes."""

    id: str
    name: str
    file: str
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Family:
    """A family of fonts.

    Attributes:
        id: Its ID.
        name: Its name.
        package: The Python package with its files; empty if they are uploaded.
        styles: Its styles, the regular one first.
    """

    id: str
    name: str
    package: str
    styles: tuple[Style, ...]


FAMILIES: tuple[Family, ...] = (
    Family(
        "3f1c6a52-90d4-4b7e-8a35-6d2f0e7b1c01",
        "Manrope",
        "font_manrope",
        (
            Style("manrope-regular", "Regular", "Manrope-Regular.ttf"),
            Style("manrope-light", "Light", "Manrope-Light.ttf"),
            Style("manrope-medium", "Medium", "Manrope-Medium.ttf"),
            Style("manrope-semibold", "SemiBold", "Manrope-SemiBold.ttf"),
            Style("manrope-bold", "Bold", "Manrope-Bold.ttf"),
            Style("manrope-extrabold", "ExtraBold", "Manrope-ExtraBold.ttf"),
        ),
    ),
    Family(
        "3f1c6a52-90d4-4b7e-8a35-6d2f0e7b1c02",
        "Source Serif Pro",
        "font_source_serif_pro",
        (
            Style("source-serif-regular", "Regular", "SourceSerifPro-Regular.ttf"),
            Style("source-serif-italic", "Italic", "SourceSerifPro-It.ttf"),
            Style("source-serif-light", "Light", "SourceSerifPro-Light.ttf"),
            Style(
                "source-serif-light-italic",
                "Light Italic",
                "SourceSerifPro-LightIt.ttf",
            ),
            Style("source-serif-semibold", "Semibold", "SourceSerifPro-Semibold.ttf"),
            Style("source-serif-bold", "Bold", "SourceSerifPro-Bold.ttf"),
        ),
    ),
    Family(
        "3f1c6a52-90d4-4b7e-8a35-6d2f0e7b1c03",
        "Fredoka One",
        "font_fredoka_one",
        (Style("fredoka-one-regular", "Regular", "FredokaOne-Regular.ttf"),),
    ),
)


def font_key(family: Family, style: Style) -> str:
    """Return the key of a font in documents."""
    return f"grafx-fonts::{family.id}::{style.id}"


FONT_KEYS: dict[str, tuple[Family, Style]] = {
    font_key(family, style): (family, style)
    for family in FAMILIES
    for style in family.styles
}
DEFAULT_KEY = font_key(FAMILIES[0], FAMILIES[0].styles[0])


def register_font(family: Family, style: Style) -> None:
    """Let documents use an uploaded font; its IDs are unique."""
    FONT_KEYS[font_key(family, style)] = (family, style)


@functools.cache
def read_file(family: Family, style: Style) -> bytes:
    """Return the file of a style."""
    if style.content is not None:
        return style.content
    return (resources.files(family.package) / "files" / style.file).read_bytes()


@functools.lru_cache(maxsize=_CACHED_FONTS)
def load_font(key: str, size_px: float) -> ImageFont.FreeTypeFont:
    """Load a font at a size; for an unknown key, the default font."""
    family, style = FONT_KEYS.get(key, FONT_KEYS[DEFAULT_KEY])
    return ImageFont.truetype(io.BytesIO(read_file(family, style)), size_px)


@functools.cache
def cap_height(key: str) -> float:
    """Return the height of a capital letter."""
    return -_reference_font(key).getbbox("H", anchor="ls")[1] / _REFERENCE_SIZE


@functools.cache
def ascent(key: str) -> float:
    """Return how far letters reach above the baseline, without accents."""
    return -_reference_font(key).getbbox("Hbdfhkl", anchor="ls")[1] / _REFERENCE_SIZE


@functools.cache
def descent(key: str) -> float:
    """Return how far letters reach below the baseline."""
    return _reference_font(key).getbbox("gjpqy", anchor="ls")[3] / _REFERENCE_SIZE


@functools.lru_cache(maxsize=8192)
def advances(key: str, text: str) -> tuple[float, ...]:
    """Return where each letter of a kerned text starts, and last where it ends."""
    starts = [0.0]
    for index in range(len(text)):
        pair = text[index : index + 2]
        starts.append(starts[-1] + _length(key, pair) - _length(key, pair[1:]))
    return tuple(starts)


@functools.lru_cache(maxsize=8192)
def _length(key: str, text: str) -> float:
    return _reference_font(key).getlength(text) / _REFERENCE_SIZE if text else 0.0


@functools.lru_cache(maxsize=8192)
def has_character(key: str, character: str) -> bool:
    """Return whether a font has a glyph for a character; marks are not checked."""
    if unicodedata.category(character)[0] in "CMZ":
        return True
    return _glyph(key, character) != _glyph(key, _NOT_A_CHARACTER)


@functools.lru_cache(maxsize=256)
def _glyph(key: str, character: str) -> bytes:
    return bytes(load_font(key, _GLYPH_SIZE).getmask(character))


def _reference_font(key: str) -> ImageFont.FreeTypeFont:
    return load_font(key, _REFERENCE_SIZE)


def draw_preview(key: str, shape: str) -> bytes:
    """Return a PNG that shows a font.

    Args:
        key: The font's key in documents.
        shape: ``square`` shows two letters, ``line`` the font's name.
    """
    family, style = FONT_KEYS[key]
    if shape == "square":
        text, font = "Aa", load_font(key, _SQUARE_TEXT_PX)
        size = (_SQUARE_PX, _SQUARE_PX)
    else:
        text, font = f"{family.name} {style.name}", load_font(key, _LINE_TEXT_PX)
        width = round(font.getlength(text)) + 2 * _LINE_MARGIN_PX
        size = (width, _LINE_HEIGHT_PX)
    picture = Image.new("RGB", size, _PAPER)
    middle = (size[0] / 2, size[1] / 2)
    ImageDraw.Draw(picture).text(middle, text, fill=_INK, font=font, anchor="mm")
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()
