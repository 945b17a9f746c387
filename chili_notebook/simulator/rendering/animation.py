"""Render the frames of an animation, and encode them as a GIF."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from PIL import Image

from chili_notebook.simulator.rendering.badge import draw_badge
from chili_notebook.simulator.rendering.easing import moving_spans
from chili_notebook.simulator.rendering.frames import FramePainter
from chili_notebook.simulator.rendering.layouts import UNITS_PER_POINT
from chili_notebook.simulator.rendering.pages import render_pages
from chili_notebook.simulator.rendering.pdf import PRODUCER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chili_notebook.simulator.rendering.layouts import Layout
    from chili_notebook.simulator.rendering.variable_values import Values

_COLOURS = 256
_DEFAULT_FRAMES, _MAX_FRAMES, _MIN_FRAME_MS, _LAST_FRAME_MS = 20, 200, 70, 1600
_DEFAULT_WIDTH_PX, _MAX_WIDTH_PX = 1080, 1920


def render_animation(  # noqa: PLR0913 - an output has that many options
    document: Mapping[str, Any],
    layout: Layout,
    values: Values,
    *,
    watermark: str | None,
    scale: float,
    fps: float | None,
) -> tuple[list[Image.Image], list[int]]:
    """Render the animation of the first page.

    Args:
        document: The document.
        layout: One of its layouts.
        values: The values of its variables.
        watermark: A text to draw over the frames.
        scale: Pixels per point, or per pixel of a digital layout.
        fps: Frames per second while something moves.

    Returns:
        The frames, and the duration of each in milliseconds.
    """
    if not layout.animations:
        pages = render_pages(
            document, layout.id, values, scale=scale, watermark=watermark
        )
        return pages[:1], [_LAST_FRAME_MS]
    times_ms = _frame_times(layout, fps)
    width_px = min(_DEFAULT_WIDTH_PX, layout.width / UNITS_PER_POINT)
    width = max(1, round(min(width_px * scale, _MAX_WIDTH_PX)))
    painter = FramePainter(document, values)
    frames = [
        render_pages(
            document,
            layout.id,
            values,
            pixels_wide=width,
            watermark=watermark,
            at_ms=at_ms,
            with_badge=False,
            painter=painter,
        )[0]
        for at_ms in times_ms
    ]
    draw_badge(frames)
    ends = [*times_ms[1:], max(layout.timeline_ms, times_ms[-1] + _LAST_FRAME_MS)]
    return frames, [end - start for start, end in zip(times_ms, ends, strict=True)]


def encode_gif(frames: Sequence[Image.Image], durations_ms: Sequence[int]) -> bytes:
    """Encode frames as a GIF with one palette, so that still parts do not flicker."""
    sheet = Image.new("RGB", (frames[0].width, frames[0].height * len(frames)))
    for number, frame in enumerate(frames):
        sheet.paste(frame, (0, number * frame.height))
    palette = _choose_palette(sheet)
    flat = [
        frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames
    ]
    target = io.BytesIO()
    flat[0].save(
        target,
        "GIF",
        save_all=True,
        append_images=flat[1:],
        duration=list(durations_ms) if len(flat) > 1 else durations_ms[0],
        loop=0,
        comment=PRODUCER,
    )
    return target.getvalue()


def _frame_times(layout: Layout, fps: float | None) -> list[int]:
    """Choose the times of the frames: many where something moves, none elsewhere."""
    spans = moving_spans(layout.animations)
    moving_ms = sum(end - start for start, end in spans)
    step = 1000 / fps if fps else max(_MIN_FRAME_MS, moving_ms / _DEFAULT_FRAMES)
    step = max(step, moving_ms / _MAX_FRAMES)
    times_ms = {0, *(end for _, end in spans)}
    for start, end in spans:
        count = math.ceil((end - start) / step)
        # The durations of a GIF are in 1/100 second.
        times_ms.update(
            start + round(number * step / 10) * 10 for number in range(count)
        )
    return sorted(times_ms)


def _choose_palette(picture: Image.Image) -> Image.Image:
    """Choose a palette, with less weight on large areas of one colour."""
    sample = (max(1, picture.width // 3), max(1, picture.height // 3))
    picture = picture.resize(sample, Image.Resampling.NEAREST)
    found = picture.getcolors(picture.width * picture.height) or []
    weighted = b"".join(
        bytes(colour) * math.isqrt(count)
        for count, colour in found
        if isinstance(colour, tuple)
    )
    line = Image.frombytes("RGB", (len(weighted) // 3, 1), weighted)
    return line.quantize(
        _COLOURS, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE
    )
