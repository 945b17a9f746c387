"""The simulator's fonts: three families, and the metrics that typesetting asks for.

Metrics are in parts of the font's size, taken once from a large size, so that a text
breaks its lines the same way at every resolution.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from importlib import resources

from PIL import ImageFont

_REFERENCE = 1000
_CACHED_FACES = 256


@dataclass(frozen=True, slots=True)
class Style:
    """A style of a family: its id, its name and the file that holds it."""

    id: str
    name: str
    file: str


@dataclass(frozen=True, slots=True)
class Family:
    """A family of fonts.

    Attributes:
        id: GraFx's id.
        name: What people call it.
        package: Which package brings its files.
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
    """Give the key by which a document names a font."""
    return f"grafx-fonts::{family.id}::{style.id}"


FONT_KEYS: dict[str, tuple[Family, Style]] = {
    font_key(family, style): (family, style)
    for family in FAMILIES
    for style in family.styles
}
DEFAULT_KEY = font_key(FAMILIES[0], FAMILIES[0].styles[0])


@functools.lru_cache(maxsize=_CACHED_FACES)
def face(key: str, size_px: float) -> ImageFont.FreeTypeFont:
    """Load a font at a size; an unknown key gives the regular font."""
    family, style = FONT_KEYS.get(key, FONT_KEYS[DEFAULT_KEY])
    file = resources.files(family.package) / "files" / style.file
    return ImageFont.truetype(io.BytesIO(file.read_bytes()), size_px)


@functools.cache
def cap_height(key: str) -> float:
    """Give the height of a capital."""
    return -face(key, _REFERENCE).getbbox("H", anchor="ls")[1] / _REFERENCE


@functools.cache
def ascent(key: str) -> float:
    """Give how far a letter reaches above the baseline, accents on capitals apart."""
    return -face(key, _REFERENCE).getbbox("Hbdfhkl", anchor="ls")[1] / _REFERENCE


@functools.cache
def descent(key: str) -> float:
    """Give how far a letter reaches below the baseline."""
    return face(key, _REFERENCE).getbbox("gjpqy", anchor="ls")[3] / _REFERENCE


@functools.lru_cache(maxsize=8192)
def advances(key: str, text: str) -> tuple[float, ...]:
    """Give where each letter of a text starts, kerned, and last where it ends."""
    starts = [0.0]
    for index in range(len(text)):
        pair = text[index : index + 2]
        starts.append(starts[-1] + _length(key, pair) - _length(key, pair[1:]))
    return tuple(starts)


@functools.lru_cache(maxsize=8192)
def _length(key: str, text: str) -> float:
    return face(key, _REFERENCE).getlength(text) / _REFERENCE if text else 0.0
