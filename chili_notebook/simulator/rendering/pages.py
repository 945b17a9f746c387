"""Render the pages of a layout."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps

from chili_notebook.simulator.rendering.badge import draw_badge, draw_watermark
from chili_notebook.simulator.rendering.colours import opacity_table
from chili_notebook.simulator.rendering.easing import Motion, motion_at
from chili_notebook.simulator.rendering.frames import FramePainter
from chili_notebook.simulator.rendering.layers import Box, Layer
from chili_notebook.simulator.rendering.layouts import (
    UNITS_PER_POINT,
    Layout,
    Placement,
    find_layout,
)
from chili_notebook.simulator.rendering.variable_values import (
    RecordError,
    RecordFailedError,
    Values,
    reading_document,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHITE = (255, 255, 255)
_ROTATION_OVERSAMPLING = 2
_MAX_SIDE_PX = 8000
_MAX_FRAME_AREA_PX = _MAX_SIDE_PX**2


@reading_document()
def render_pages(  # noqa: PLR0913 - a render has that many options
    document: Mapping[str, Any],
    layout_id: str,
    values: Values,
    *,
    pixels_wide: int | None = None,
    scale: float | None = None,
    watermark: str | None = None,
    at_ms: int | None = None,
    with_badge: bool = True,
    painter: FramePainter | None = None,
) -> list[Image.Image]:
    """Render the visible pages of a layout.

    Args:
        document: The document.
        layout_id: The ID of one of its layouts.
        values: The values of its variables.
        pixels_wide: The width of the pictures; takes precedence over `scale`.
        scale: Pixels per point, or per pixel of a digital layout; 1 by default.
        watermark: A text to draw over the pictures.
        at_ms: A time of the animation; without it everything is at rest.
        with_badge: Whether each picture has the badge of the simulator.
        painter: Draws the frames. Use the same one for several times of an animation.

    Raises:
        LookupError: If there is no such layout.
        RecordFailedError: If a picture is missing, a text that must fit does not, no
            page is visible, or the document is malformed.
    """
    layout = find_layout(document, layout_id)
    px = (scale or 1) / UNITS_PER_POINT
    if pixels_wide:
        px = pixels_wide / layout.width
    px = min(px, _MAX_SIDE_PX / max(layout.width, layout.height))
    pages = _visible_pages(document)
    painter = painter or FramePainter(document, values)
    pictures = [_page(page, layout, painter, px, at_ms) for page in pages]
    if painter.errors:
        raise RecordFailedError(painter.errors)
    for picture in pictures:
        if watermark:
            draw_watermark(picture, watermark)
        if with_badge:
            draw_badge([picture])
    return pictures


def _visible_pages(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    pages = [p for p in document.get("pages") or [] if p.get("isVisible", True)]
    if not pages:
        message = "No page of the document is visible."
        raise RecordFailedError([RecordError("NoVisiblePages", message)])
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
        if not area <= _MAX_FRAME_AREA_PX:
            raise ValueError(f"frame '{frame.get('name')}' is too large")
        angle = (place.rotation + motion.rotation) % 360
        dense_px = px * _ROTATION_OVERSAMPLING if angle else px
        box = _box(place, motion, dense_px)
        for layer in painter.layers(frame, place, box, dense_px * motion.scale):
            _paste(picture, _rotate(layer, box, angle) if angle else layer, opacity)
    return picture


def _box(place: Placement, motion: Motion, px: float) -> Box:
    width, height = place.width * px, place.height * px
    centre_x = (place.x + place.width / 2 + motion.x * place.width) * px
    centre_y = (place.y + place.height / 2 + motion.y * place.height) * px
    width, height = width * motion.scale, height * motion.scale
    return Box(centre_x - width / 2, centre_y - height / 2, width, height)


def _rotate(layer: Layer, box: Box, degrees: float) -> Layer:
    """Rotate a layer about the centre of its box, and reduce its oversampling.

    With twice the pixels, each new pixel is the mean of four: its edges are smooth.
    """
    dense = _ROTATION_OVERSAMPLING
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    centre_x, centre_y = box.centre
    # A border without alpha, so that the edges are smooth.
    image = layer.alpha
    if isinstance(layer.paint, Image.Image):
        image = layer.paint.copy()
        image.putalpha(layer.alpha)
    image = ImageOps.expand(image, dense)
    x, y = layer.x - dense, layer.y - dense
    corners = [
        (
            (centre_x + dx * cos - dy * sin) / dense,
            (centre_y + dx * sin + dy * cos) / dense,
        )
        for dx in (x - centre_x, x + image.width - centre_x)
        for dy in (y - centre_y, y + image.height - centre_y)
    ]
    left, top = (math.floor(min(values)) for values in zip(*corners, strict=True))
    right, bottom = (math.ceil(max(values)) for values in zip(*corners, strict=True))
    from_x, from_y = left * dense - centre_x, top * dense - centre_y
    rotated = image.transform(
        (right - left, bottom - top),
        Image.Transform.AFFINE,
        (
            *(dense * cos, dense * sin, from_x * cos + from_y * sin + centre_x - x),
            *(-dense * sin, dense * cos, from_y * cos - from_x * sin + centre_y - y),
        ),
        Image.Resampling.BILINEAR,
    )
    if rotated.mode == "L":
        return Layer(layer.paint, rotated, left, top)
    return Layer(rotated.convert("RGB"), rotated.getchannel("A"), left, top)


def _paste(picture: Image.Image, layer: Layer, opacity: float) -> None:
    alpha = layer.alpha
    if opacity < 1:
        alpha = alpha.point(opacity_table(opacity))
    picture.paste(layer.paint, (layer.x, layer.y), alpha)
