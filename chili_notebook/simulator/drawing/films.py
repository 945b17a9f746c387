"""Films: the frames of an animation, how long each is shown, and a GIF of them."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from PIL import Image

from chili_notebook.simulator.drawing.layouts import UNITS_PER_POINT, Layout
from chili_notebook.simulator.drawing.marks import draw_mark
from chili_notebook.simulator.drawing.motion import moving_spans
from chili_notebook.simulator.drawing.pdf import PRODUCER
from chili_notebook.simulator.drawing.rendering import render_pages, visible_pages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chili_notebook.simulator.drawing.values import Values

_COLOURS = 256
_USUAL_FRAMES, _MOST_FRAMES, _FRAME_MS, _LAST_MS = 20, 200, 70, 1600
_USUAL_WIDTH_PX, _WIDEST_PX = 1080, 1920


def film_of(  # noqa: PLR0913 - an output has that many choices
    document: Mapping[str, Any],
    layout: Layout,
    values: Values,
    *,
    watermark: str | None,
    scale: float,
    fps: float | None,
) -> tuple[list[Image.Image], list[int]]:
    """Render the first page as it moves.

    Args:
        document: The document.
        layout: One of its layouts.
        values: What its variables hold.
        watermark: A text to lay over the pictures.
        scale: Pixels to a point, or to a pixel of a digital layout.
        fps: How many frames a second there are while something moves.

    Returns:
        The frames, and how many milliseconds each is shown.
    """
    if not layout.animations:
        pages = render_pages(
            document, layout.id, values, scale=scale, watermark=watermark
        )
        return pages[:1], [_LAST_MS]
    moments = _moments(layout, fps)
    plain = min(_USUAL_WIDTH_PX, layout.width / UNITS_PER_POINT)
    width = max(1, round(min(plain * scale, _WIDEST_PX)))
    frames = [
        render_pages(
            document,
            layout.id,
            values,
            pixels_wide=width,
            watermark=watermark,
            at_ms=moment,
            marked=False,
        )[0]
        for moment in moments
    ]
    draw_mark(frames, visible_pages(document)[0], layout)
    ends = [*moments[1:], max(layout.timeline_ms, moments[-1] + _LAST_MS)]
    return frames, [end - at for at, end in zip(moments, ends, strict=True)]


def gif_of(frames: Sequence[Image.Image], durations_ms: Sequence[int]) -> bytes:
    """Encode frames with one palette, so that what stands still does not flicker."""
    sheet = Image.new("RGB", (frames[0].width, frames[0].height * len(frames)))
    for number, frame in enumerate(frames):
        sheet.paste(frame, (0, number * frame.height))
    palette = _few_colours(sheet)
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


def _moments(layout: Layout, fps: float | None) -> list[int]:
    """Choose the moments to show: close together where something moves."""
    spans = moving_spans(layout.animations)
    moving_ms = sum(end - start for start, end in spans)
    step = 1000 / fps if fps else max(_FRAME_MS, moving_ms / _USUAL_FRAMES)
    step = max(step, moving_ms / _MOST_FRAMES)
    moments = {0, *(end for _, end in spans)}
    for start, end in spans:
        count = math.ceil((end - start) / step)
        # A GIF counts in hundredths of a second.
        moments.update(
            start + round(number * step / 10) * 10 for number in range(count)
        )
    return sorted(moments)


def _few_colours(picture: Image.Image) -> Image.Image:
    """Choose a palette; a large plain area does not take the colours of a small one."""
    found = picture.getcolors(picture.width * picture.height) or []
    weighed = b"".join(
        bytes(colour) * math.isqrt(count)
        for count, colour in found
        if isinstance(colour, tuple)
    )
    line = Image.frombytes("RGB", (len(weighed) // 3, 1), weighed)
    return line.quantize(
        _COLOURS, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE
    )
