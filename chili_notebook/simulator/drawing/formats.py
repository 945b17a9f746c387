"""Encodes renders: PNG, JPG, PDF, GIF, MP4 and HTML, each saying what made it."""

from __future__ import annotations

import base64
import html
import io
import math
from typing import TYPE_CHECKING, Any

from PIL import Image, PngImagePlugin

from chili_notebook.simulator.drawing.layouts import Layout, find_layout
from chili_notebook.simulator.drawing.motion import moving_spans
from chili_notebook.simulator.drawing.pdf import PRODUCER, PdfFile
from chili_notebook.simulator.drawing.rendering import render_pages
from chili_notebook.simulator.drawing.values import reading_document
from chili_notebook.simulator.drawing.video import UnsupportedFormatError, mp4_encoder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chili_notebook.simulator.drawing.values import Values

CONTENT_TYPES: Mapping[str, str] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "html": "text/html; charset=utf-8",
}

_POINTS_PER_INCH = 72
_SCREEN_DPI, _PRINT_DPI = 150, 200
_COLOURS = 256
_JPEG_QUALITY = 90
# A notebook keeps its pictures, so they stay small.
_LARGE_PNG_BYTES, _COLOUR_STEPS = 140_000, (3, 4, 6)
_MOST_FRAMES, _FRAME_MS, _LAST_MS = 20, 70, 1600
_ANIMATION_WIDTH = 1080


@reading_document()
def encode(
    document: Mapping[str, Any],
    layout_id: str,
    values: Values,
    format: str,  # noqa: A002 - GraFx's word
    *,
    watermark: str | None = None,
) -> tuple[bytes, str]:
    """Render a layout as a file; formats of one picture show the first page.

    Args:
        document: The document.
        layout_id: The id of one of its layouts.
        values: What its variables hold.
        format: ``png``, ``jpg``, ``pdf``, ``gif``, ``mp4`` or ``html``.
        watermark: A text to lay over the pictures.

    Returns:
        The file and its content type.

    Raises:
        LookupError: If there is no such layout.
        RowError: If the document cannot be rendered with the values.
        UnsupportedFormatError: If it is another format, or an mp4 without an encoder.
    """
    kind = format.lower()
    if kind not in CONTENT_TYPES:
        raise UnsupportedFormatError(f"The simulator has no format '{format}'.")
    layout = find_layout(document, layout_id)
    if kind in {"gif", "mp4"}:
        write = mp4_encoder() if kind == "mp4" else _gif
        return write(*_film(document, layout, values, watermark)), CONTENT_TYPES[kind]
    if kind == "pdf":
        pdf = PdfFile()
        add_pages(pdf, document, layout_id, values, watermark=watermark)
        return pdf.content(), CONTENT_TYPES[kind]
    scale = _scale(layout)
    pages = render_pages(document, layout_id, values, scale=scale, watermark=watermark)
    shown_dpi = _POINTS_PER_INCH * scale
    match kind:
        case "png":
            content = _png(pages[0], shown_dpi)
        case "jpg":
            content = _jpg(pages[0], shown_dpi)
        case _:
            content = _html(pages[0], shown_dpi)
    return content, CONTENT_TYPES[kind]


@reading_document()
def add_pages(
    pdf: PdfFile,
    document: Mapping[str, Any],
    layout_id: str,
    values: Values,
    *,
    watermark: str | None = None,
) -> None:
    """Add the pages of a layout to a PDF; all of them, or none when it fails.

    Raises:
        LookupError: If there is no such layout.
        RowError: If the document cannot be rendered with the values.
    """
    layout = find_layout(document, layout_id)
    scale = _PRINT_DPI / _POINTS_PER_INCH if layout.is_print else 1.0
    for page in render_pages(
        document, layout_id, values, scale=scale, watermark=watermark
    ):
        pdf.add(page, _POINTS_PER_INCH * scale)


def _png(picture: Image.Image, dpi: float) -> bytes:
    """Encode a picture; a large one in steps of colour too small to be seen."""
    note = PngImagePlugin.PngInfo()
    note.add_text("Software", PRODUCER)
    note.add_text("Comment", "Simulated output")
    content = b""
    for step in _COLOUR_STEPS:
        levels = [min(255, round(value / step) * step) for value in range(256)]
        coarser = picture.point(levels * len(picture.getbands()))
        content = _saved(coarser, "PNG", compress_level=7, pnginfo=note, dpi=(dpi, dpi))
        if len(content) <= _LARGE_PNG_BYTES:
            break
    return content


def _jpg(picture: Image.Image, dpi: float) -> bytes:
    return _saved(
        picture,
        "JPEG",
        quality=_JPEG_QUALITY,
        dpi=(round(dpi), round(dpi)),
        comment=PRODUCER,
    )


def _html(picture: Image.Image, dpi: float) -> bytes:
    data = base64.b64encode(_png(picture, dpi)).decode()
    name = html.escape(PRODUCER)
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta name="generator" content="{name}">\n<title>Simulated output</title>\n'
        "<style>body{margin:0}img{display:block;max-width:100%;height:auto}</style>\n"
        f'<img width="{picture.width}" height="{picture.height}" '
        f'alt="Simulated output" src="data:image/png;base64,{data}">\n</html>\n'
    ).encode()


def _scale(layout: Layout) -> float:
    return _SCREEN_DPI / _POINTS_PER_INCH if layout.is_print else 1.0


def _film(
    document: Mapping[str, Any],
    layout: Layout,
    values: Values,
    watermark: str | None,
) -> tuple[list[Image.Image], list[int]]:
    """Render what moves; give the frames, and how many milliseconds each is shown."""
    if not layout.animations:
        scale = _scale(layout)
        pages = render_pages(
            document, layout.id, values, scale=scale, watermark=watermark
        )
        return pages[:1], [_LAST_MS]
    moments = _moments(layout)
    width = min(_ANIMATION_WIDTH, round(layout.width / 1000))
    frames = [
        render_pages(
            document,
            layout.id,
            values,
            pixels_wide=width,
            watermark=watermark,
            at_ms=moment,
        )[0]
        for moment in moments
    ]
    ends = [*moments[1:], max(layout.timeline_ms, moments[-1] + _LAST_MS)]
    return frames, [end - at for at, end in zip(moments, ends, strict=True)]


def _moments(layout: Layout) -> list[int]:
    """Choose the moments to show: close together where something moves."""
    spans = moving_spans(layout.animations)
    step = max(_FRAME_MS, sum(end - start for start, end in spans) // _MOST_FRAMES)
    moments = {0}
    for start, end in spans:
        moments.update(range(start, end, step))
        moments.add(end)
    return sorted(moments)


def _gif(frames: Sequence[Image.Image], durations_ms: Sequence[int]) -> bytes:
    """Encode frames with one palette, so that what stands still does not flicker."""
    samples = [frames[-1], *frames[:: max(1, len(frames) // 3)]]
    sheet = Image.new("RGB", (frames[0].width, frames[0].height * len(samples)))
    for number, sample in enumerate(samples):
        sheet.paste(sample, (0, number * sample.height))
    palette = _few_colours(sheet)
    flat = [
        frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames
    ]
    return _saved(
        flat[0],
        "GIF",
        save_all=True,
        append_images=flat[1:],
        duration=list(durations_ms) if len(flat) > 1 else durations_ms[0],
        loop=0,
        comment=PRODUCER,
    )


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


def _saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()
