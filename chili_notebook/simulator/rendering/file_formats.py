"""Render a layout as a file: PNG, JPG, PDF, GIF, MP4 or HTML."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import zlib
from typing import TYPE_CHECKING, Any

from PIL import Image, PngImagePlugin

from chili_notebook.simulator.rendering.animation import encode_gif, render_animation
from chili_notebook.simulator.rendering.layouts import Layout, find_layout
from chili_notebook.simulator.rendering.pages import render_pages
from chili_notebook.simulator.rendering.pdf import PRODUCER, PdfFile
from chili_notebook.simulator.rendering.variable_values import reading_document
from chili_notebook.simulator.rendering.video import UnsupportedFormatError, mp4_encoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.simulator.rendering.variable_values import Values

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
_JPEG_QUALITY = 90
_MAX_FPS, _MAX_SCALE = 50, 10
_PLACEHOLDER_SIZE, _PLACEHOLDER_MS = (64, 36), 1000


@reading_document()
def encode(  # noqa: PLR0913 - an output has that many options
    document: Mapping[str, Any],
    layout_id: str,
    values: Values,
    format: str,  # noqa: A002 - GraFx's word
    *,
    watermark: str | None = None,
    scale: float = 1.0,
    fps: float | None = None,
    draws: bool = True,
) -> bytes:
    """Render a layout as a file; formats with one picture show the first page.

    Args:
        document: The document.
        layout_id: The ID of one of its layouts.
        values: The values of its variables.
        format: ``png``, ``jpg``, ``gif``, ``mp4`` or ``html``; for ``pdf``, see
            `add_pages`.
        watermark: A text to draw over the pictures.
        scale: The scale of pictures and animations.
        fps: Frames per second of an animation while something moves, from 1 to 50.
        draws: Whether it shows the content; otherwise it is a small picture.

    Raises:
        LookupError: If there is no such layout.
        RecordFailedError: If the document cannot be rendered with the values.
        UnsupportedFormatError: If it is another format, or mp4 without an encoder.
    """
    kind = format.lower()
    if kind not in CONTENT_TYPES or kind == "pdf":
        raise UnsupportedFormatError(f"The simulator cannot encode '{format}'.")
    layout = find_layout(document, layout_id)
    scale = min(scale, _MAX_SCALE) * _scale(layout)
    if kind in {"gif", "mp4"}:
        fps = None if fps is None else min(max(fps, 1), _MAX_FPS)
        # The encoder is looked up first, since rendering takes long.
        encode_frames = mp4_encoder(fps) if kind == "mp4" else encode_gif
        if not draws:
            return encode_frames([_placeholder(layout, values)], [_PLACEHOLDER_MS])
        return encode_frames(
            *render_animation(
                document, layout, values, watermark=watermark, scale=scale, fps=fps
            )
        )
    if draws:
        picture, *_ = render_pages(
            document, layout_id, values, scale=scale, watermark=watermark
        )
    else:
        picture = _placeholder(layout, values)
    encode_picture = {"png": _png, "jpg": _jpg, "html": _html}[kind]
    return encode_picture(picture, _POINTS_PER_INCH * scale)


@reading_document()
def add_pages(  # noqa: PLR0913 - an output has that many options
    pdf: PdfFile,
    document: Mapping[str, Any],
    layout_id: str,
    values: Values,
    *,
    watermark: str | None = None,
    draws: bool = True,
) -> None:
    """Add the pages of a layout to a PDF; all of them, or none if it fails.

    Raises:
        LookupError: If there is no such layout.
        RecordFailedError: If the document cannot be rendered with the values.
    """
    layout = find_layout(document, layout_id)
    scale = _PRINT_DPI / _POINTS_PER_INCH if layout.is_print else 1.0
    pages = [_placeholder(layout, values)]
    if draws:
        pages = render_pages(
            document, layout_id, values, scale=scale, watermark=watermark
        )
    for page in pages:
        pdf.add(page, _POINTS_PER_INCH * scale)


def _placeholder(layout: Layout, values: Values) -> Image.Image:
    """Return a small picture whose colours depend on the layout and the values."""
    digest = hashlib.sha256(repr((layout.id, sorted(values.texts.items()))).encode())
    bars = Image.frombytes("RGB", (8, 1), digest.digest()[:24])
    return bars.resize(_PLACEHOLDER_SIZE, Image.Resampling.NEAREST)


def _png(picture: Image.Image, dpi: float) -> bytes:
    """Encode a picture.

    Notebooks store it; level 8 takes much longer for 1 % fewer bytes.
    """
    note = PngImagePlugin.PngInfo()
    note.add_text("Software", PRODUCER)
    note.add_text("Comment", "Simulated output")
    compression = {"compress_level": 7, "compress_type": zlib.Z_DEFAULT_STRATEGY}
    return _saved(picture, "PNG", **compression, pnginfo=note, dpi=(dpi, dpi))


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


def _saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()
