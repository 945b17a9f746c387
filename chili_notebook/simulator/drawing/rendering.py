"""Renders the pages of a layout, as GraFx Studio does: frames from back to front."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PIL import Image

from chili_notebook.simulator.drawing.frames import FramePainter
from chili_notebook.simulator.drawing.layers import Box, Layer
from chili_notebook.simulator.drawing.layouts import (
    UNITS_PER_POINT,
    Layout,
    Placement,
    find_layout,
)
from chili_notebook.simulator.drawing.marks import draw_mark, draw_watermark
from chili_notebook.simulator.drawing.motion import Motion, motion_at
from chili_notebook.simulator.drawing.values import RowError, Values, reading_document

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHITE = (255, 255, 255)
_SMOOTH_TURN = 2
_LONGEST_PX = 8000
_LARGEST_FRAME_PX = _LONGEST_PX**2


@reading_document()
def render_pages(  # noqa: PLR0913 - a render has that many choices
    document: Mapping[str, Any],
    layout_id: str,
    values: Values,
    *,
    pixels_wide: int | None = None,
    scale: float | None = None,
    watermark: str | None = None,
    at_ms: int | None = None,
    marked: bool = True,
) -> list[Image.Image]:
    """Render the visible pages of a layout.

    Args:
        document: The document.
        layout_id: The id of one of its layouts.
        values: What its variables hold.
        pixels_wide: How wide the pictures are; wins over `scale`.
        scale: Pixels to a point, or to a pixel of a digital layout; 1 by default.
        watermark: A text to lay over the pictures.
        at_ms: The moment of the animation; without it everything is at rest.
        marked: Whether each picture says in a corner that it is simulated.

    Raises:
        LookupError: If there is no such layout.
        RowError: If a picture is missing, a text that must fit does not, no page is
            visible, or the document is malformed.
    """
    layout = find_layout(document, layout_id)
    px = (scale or 1) / UNITS_PER_POINT
    if pixels_wide:
        px = pixels_wide / layout.width
    px = min(px, _LONGEST_PX / max(layout.width, layout.height))
    pages = visible_pages(document)
    painter = FramePainter(document, values)
    pictures = [_page(page, layout, painter, px, at_ms) for page in pages]
    if painter.errors:
        raise RowError(painter.errors)
    for page, picture in zip(pages, pictures, strict=True):
        if watermark:
            draw_watermark(picture, watermark)
        if marked:
            draw_mark([picture], page, layout)
    return pictures


def visible_pages(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the pages that are rendered.

    Raises:
        RowError: If there are none.
    """
    pages = [p for p in document.get("pages") or [] if p.get("isVisible", True)]
    if not pages:
        raise RowError([("NoVisiblePages", "No page of the document is visible.")])
    return pages


def _page(
    page: Mapping[str, Any],
    layout: Layout,
    painter: FramePainter,
    px: float,
    at_ms: int | None,
) -> Image.Image:
    paper = painter.palette.colour(layout.fill) if layout.fill else _WHITE
    size = (max(1, round(layout.width * px)), max(1, round(layout.height * px)))
    picture = Image.new("RGB", size, paper)
    for frame in page.get("frames") or []:
        key = str(frame["id"])
        place = layout.placements.get(key)
        motion = motion_at(layout.animations.get(key), at_ms)
        opacity = motion.opacity * float(frame.get("opacity", 1))
        if place is None or not place.visible or opacity <= 0:
            continue
        area = place.width * place.height * (px * motion.scale) ** 2
        if not area <= _LARGEST_FRAME_PX:
            raise ValueError(f"frame '{frame.get('name')}' is too large")
        turn = (place.rotation + motion.rotation) % 360
        dense = _SMOOTH_TURN if turn else 1
        box = _box(place, motion, px * dense)
        for layer in painter.layers(frame, place, box, px * dense * motion.scale):
            _lay(picture, _turned(layer, box, turn) if turn else layer, opacity)
    return picture


def _box(place: Placement, motion: Motion, px: float) -> Box:
    width, height = place.width * px, place.height * px
    middle_x = (place.x + place.width / 2 + motion.x * place.width) * px
    middle_y = (place.y + place.height / 2 + motion.y * place.height) * px
    width, height = width * motion.scale, height * motion.scale
    return Box(middle_x - width / 2, middle_y - height / 2, width, height)


def _turned(layer: Layer, box: Box, degrees: float) -> Layer:
    """Turn a layer about the middle of its box, and bring it to the page's density."""
    middle_x, middle_y = box.middle
    reach = 1 + max(
        math.hypot(x - middle_x, y - middle_y)
        for x in (layer.x, layer.x + layer.image.width)
        for y in (layer.y, layer.y + layer.image.height)
    )
    left = math.floor((middle_x - reach) / _SMOOTH_TURN) * _SMOOTH_TURN
    top = math.floor((middle_y - reach) / _SMOOTH_TURN) * _SMOOTH_TURN
    side = math.ceil(2 * reach / _SMOOTH_TURN + 1) * _SMOOTH_TURN
    room = Image.new("RGBA", (side, side))
    room.paste(layer.image, (layer.x - left, layer.y - top))
    turned = room.rotate(
        -degrees,
        Image.Resampling.BICUBIC,
        center=(middle_x - left, middle_y - top),
    )
    return Layer(turned.reduce(_SMOOTH_TURN), left // _SMOOTH_TURN, top // _SMOOTH_TURN)


def _lay(picture: Image.Image, layer: Layer, opacity: float) -> None:
    alpha = layer.image.getchannel("A")
    if opacity < 1:
        alpha = alpha.point([round(value * opacity) for value in range(256)])
    picture.paste(layer.image.convert("RGB"), (layer.x, layer.y), alpha)
