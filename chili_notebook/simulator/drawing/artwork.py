"""The media of the simulator: pictures that are painted when they are asked for."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chili_notebook.simulator.drawing import ornaments, packs, still_lifes, table_top

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from PIL import Image

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the media.

    Attributes:
        id: Its GUID.
        name: What people call it.
        extension: The ending of its file's name.
        width: Its own width in pixels.
        height: Its own height in pixels.
        painter: Paints it at a size.
    """

    id: str
    name: str
    extension: str
    width: int
    height: int
    painter: Callable[[Size], Image.Image]


_GUID = "8d1b6c1e-0a51-4f0e-9a27-51c0a7e4d0{:02}"
_PICTURES = tuple(
    Picture(_GUID.format(number), name, "png", width, height, painter)
    for number, (name, width, height, painter) in enumerate(
        (
            ("spring-table", 1200, 1500, still_lifes.paint_spring_table),
            ("morning-cup", 1200, 1200, table_top.paint_morning_cup),
            ("citrus", 1200, 900, table_top.paint_citrus),
            ("pear-pair", 1200, 1200, table_top.paint_pear_pair),
            ("valley-dawn", 1600, 1000, ornaments.paint_valley),
            ("garden-tiles", 1200, 1200, ornaments.paint_garden_tiles),
            ("coffee-bag", 900, 1200, packs.paint_coffee_bag),
            ("honey-jar", 900, 1200, packs.paint_honey_jar),
            ("olive-branch", 1400, 800, ornaments.paint_olive_branch),
            ("quillmere-mark", 800, 800, ornaments.paint_mark),
            ("quillmere-mark-light", 800, 800, ornaments.paint_light_mark),
        ),
        start=1,
    )
)
ARTWORK: Mapping[str, Picture] = {picture.id: picture for picture in _PICTURES}


_SHOWN: ContextVar[Mapping[str, Picture]] = ContextVar("_SHOWN", default=ARTWORK)


@contextmanager
def library(pictures: Mapping[str, Picture]) -> Iterator[None]:
    """Let documents find these pictures, by id, instead of the simulator's own."""
    before = _SHOWN.set(pictures)
    try:
        yield
    finally:
        _SHOWN.reset(before)


def find_picture(asset: str) -> Picture | None:
    """Find a picture by its id or its name, with or without the extension."""
    pictures = _SHOWN.get()
    if asset in pictures:
        return pictures[asset]
    for picture in pictures.values():
        if asset in {picture.name, f"{picture.name}.{picture.extension}"}:
            return picture
    return None


def paint(asset: str, size: Size) -> Image.Image:
    """Paint a picture so that it covers a size; what juts out is cut off.

    Returns:
        The picture, which is shared: copy it before drawing on it.

    Raises:
        LookupError: If there is no such picture.
    """
    picture = find_picture(asset)
    if picture is None:
        raise LookupError(f"The media has no asset '{asset}'.")
    return _painted(picture.painter, (max(1, size[0]), max(1, size[1])))


@functools.lru_cache(maxsize=12)
def _painted(painter: Callable[[Size], Image.Image], size: Size) -> Image.Image:
    return painter(size)
