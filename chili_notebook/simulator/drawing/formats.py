"""Encodes renders: PNG, JPG, PDF, GIF, MP4 and HTML, each saying what made it."""

from __future__ import annotations

import base64
import html
import io
import zlib
from typing import TYPE_CHECKING, Any

from PIL import PngImagePlugin

from chili_notebook.simulator.drawing.films import film_of, gif_of
from chili_notebook.simulator.drawing.layouts import Layout, find_layout
from chili_notebook.simulator.drawing.pdf import PRODUCER, PdfFile
from chili_notebook.simulator.drawing.rendering import render_pages
from chili_notebook.simulator.drawing.values import reading_document
from chili_notebook.simulator.drawing.video import UnsupportedFormatError, mp4_encoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL import Image

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
_JPEG_QUALITY = 90
_FASTEST_FPS, _LARGEST_SCALE = 50, 10


@reading_document()
def encode(  # noqa: PLR0913 - an output has that many choices
    document: Mapping[str, Any],
    layout_id: str,
    values: Values,
    format: str,  # noqa: A002 - GraFx's word
    *,
    watermark: str | None = None,
    scale: float = 1.0,
    fps: float | None = None,
) -> tuple[bytes, str]:
    """Render a layout as a file; formats of one picture show the first page.

    Args:
        document: The document.
        layout_id: The id of one of its layouts.
        values: What its variables hold.
        format: ``png``, ``jpg``, ``pdf``, ``gif``, ``mp4`` or ``html``.
        watermark: A text to lay over the pictures.
        scale: How large pictures and films are; a PDF has the size of its paper.
        fps: How many frames a second a film has where it moves, from 1 to 50.

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
    scale = min(scale, _LARGEST_SCALE) * _scale(layout)
    if kind in {"gif", "mp4"}:
        fps = None if fps is None else min(max(fps, 1), _FASTEST_FPS)
        write = mp4_encoder(fps) if kind == "mp4" else gif_of
        film = film_of(
            document, layout, values, watermark=watermark, scale=scale, fps=fps
        )
        return write(*film), CONTENT_TYPES[kind]
    if kind == "pdf":
        pdf = PdfFile()
        add_pages(pdf, document, layout_id, values, watermark=watermark)
        return pdf.content(), CONTENT_TYPES[kind]
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
    """Encode a picture as it is; a notebook keeps it, so that it is packed well."""
    note = PngImagePlugin.PngInfo()
    note.add_text("Software", PRODUCER)
    note.add_text("Comment", "Simulated output")
    packed = {"compress_level": 8, "compress_type": zlib.Z_DEFAULT_STRATEGY}
    return _saved(picture, "PNG", **packed, pnginfo=note, dpi=(dpi, dpi))


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
