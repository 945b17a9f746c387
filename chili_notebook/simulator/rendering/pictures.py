"""The sample pictures of the simulator's media, and how a picture is scaled."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CACHED_SAMPLES = 4
_CACHED_SIZES = 12


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that documents can show.

    Attributes:
        id: Its GUID.
        name: Its name, without the extension.
        extension: The extension of its file.
        width: Its width in pixels.
        height: Its height in pixels.
        load: Returns the picture at its own size; it may be shared, so do not change
            it.
    """

    id: str
    name: str
    extension: str
    width: int
    height: int
    load: Callable[[], Image.Image]


def find_picture(pictures: Mapping[str, Picture], name: str) -> Picture | None:
    """Find a picture by its ID or its name, with or without the extension."""
    if name in pictures:
        return pictures[name]
    for picture in pictures.values():
        if name in {picture.name, f"{picture.name}.{picture.extension}"}:
            return picture
    return None


def scale_picture(picture: Picture, size: tuple[int, int]) -> Image.Image:
    """Scale a picture to cover a size, and crop what exceeds it.

    Returns:
        The picture, which is shared: copy it before drawing on it.
    """
    return _scaled(picture.load, (max(1, size[0]), max(1, size[1])))


@functools.lru_cache(maxsize=_CACHED_SIZES)
def _scaled(load: Callable[[], Image.Image], size: tuple[int, int]) -> Image.Image:
    picture = load()
    # Notebooks store outputs as PNG; a box filter adds the least noise to them.
    shrinks = size[0] <= picture.width and size[1] <= picture.height
    method = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
    return ImageOps.fit(picture, size, method)


@functools.lru_cache(maxsize=_CACHED_SAMPLES)
def _load_sample(name: str) -> Image.Image:
    file = resources.files("chili_notebook.simulator") / f"assets/pictures/{name}.webp"
    with file.open("rb") as stream, Image.open(stream) as picture:
        return picture.convert("RGBA")


_GUID = "8d1b6c1e-0a51-4f0e-9a27-51c0a7e4d0{:02}"
_SAMPLES = (
    ("spring-table", 1200, 1500),
    ("morning-cup", 1200, 1200),
    ("citrus", 1200, 900),
    ("pear-pair", 1200, 1200),
    ("valley-dawn", 1600, 1000),
    ("garden-tiles", 1200, 1200),
    ("coffee-bag", 900, 1200),
    ("honey-jar", 900, 1200),
    ("olive-branch", 1400, 800),
    ("quillmere-mark", 800, 800),
    ("quillmere-mark-light", 800, 800),
)
SAMPLE_PICTURES: Mapping[str, Picture] = {
    _GUID.format(number): Picture(
        _GUID.format(number),
        name,
        "png",
        width,
        height,
        functools.partial(_load_sample, name),
    )
    for number, (name, width, height) in enumerate(_SAMPLES, start=1)
}
