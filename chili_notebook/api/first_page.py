"""The first page of a PDF as a picture, where the extra ``pdf`` is installed."""

from __future__ import annotations

from io import BytesIO

_LONGEST_SIDE_PX = 800


def draw_first_page(pdf: bytes) -> bytes | None:
    """Give the first page as a JPEG; ``None`` if it cannot be drawn here."""
    try:
        import PIL.Image  # noqa: F401 - pypdfium2 needs it to draw
        from pypdfium2 import (  # type: ignore[import-untyped]
            PdfDocument,
            PdfiumError,
        )
    except ImportError:
        return None
    try:
        with PdfDocument(pdf) as document:
            page = document[0]
            scale = _LONGEST_SIDE_PX / max(*page.get_size(), 1)
            picture = page.render(scale=scale).to_pil()
    except (PdfiumError, IndexError):
        return None
    file = BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=88)
    return file.getvalue()
