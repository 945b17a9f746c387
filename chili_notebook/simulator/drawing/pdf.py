"""Writes PDF files of pictures, a page at a time.

Pillow's own writer wants all pages uncompressed at once, which a batch of a thousand
records has no room for.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

PRODUCER = "CHILI GraFx simulator"

_POINTS_PER_INCH = 72
_JPEG_QUALITY = 90
_CATALOG, _PAGES, _INFO, _FIRST_PAGE = 1, 2, 3, 4
_OBJECTS_PER_PAGE = 3
_SAME_DAY = "D:20260101000000Z"  # the same request gives the same bytes


class PdfFile:
    """A PDF that grows by pages, each one picture in JPEG."""

    def __init__(self) -> None:
        self._pages: list[list[bytes]] = []

    def __len__(self) -> int:
        return len(self._pages)

    def add(self, picture: Image.Image, dpi: float) -> None:
        """Add a page as large as a picture is at a density."""
        coded = io.BytesIO()
        picture.convert("RGB").save(coded, "JPEG", quality=_JPEG_QUALITY)
        width, height = (side * _POINTS_PER_INCH / dpi for side in picture.size)
        drawing = f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /Picture Do Q".encode()
        number = _FIRST_PAGE + len(self._pages) * _OBJECTS_PER_PAGE
        page = (
            f"<< /Type /Page /Parent {_PAGES} 0 R "
            f"/MediaBox [ 0 0 {width:.3f} {height:.3f} ] /Contents {number + 1} 0 R "
            f"/Resources << /XObject << /Picture {number + 2} 0 R >> >> >>"
        )
        image = (
            f"/Type /XObject /Subtype /Image /Width {picture.width} "
            f"/Height {picture.height} /ColorSpace /DeviceRGB /BitsPerComponent 8 "
            "/Filter /DCTDecode "
        )
        self._pages.append(
            [page.encode(), _stream(drawing), _stream(coded.getvalue(), image)]
        )

    def keep(self, count: int) -> None:
        """Drop all pages but the first ones."""
        del self._pages[count:]

    def content(self) -> bytes:
        """Give the file."""
        count = len(self._pages)
        kids = " ".join(
            f"{_FIRST_PAGE + number * _OBJECTS_PER_PAGE} 0 R" for number in range(count)
        )
        info = (
            f"<< /Title (Simulated output) /Creator ({PRODUCER}) "
            f"/Producer ({PRODUCER}) /CreationDate ({_SAME_DAY}) "
            f"/ModDate ({_SAME_DAY}) >>"
        )
        objects = [
            f"<< /Type /Catalog /Pages {_PAGES} 0 R >>".encode(),
            f"<< /Type /Pages /Count {count} /Kids [ {kids} ] >>".encode(),
            info.encode(),
            *(part for page in self._pages for part in page),
        ]
        return _assembled(objects)


def _stream(data: bytes, entries: str = "") -> bytes:
    head = f"<< {entries}/Length {len(data)} >>\nstream\n".encode()
    return head + data + b"\nendstream"


def _assembled(objects: list[bytes]) -> bytes:
    """Number the objects, and tell in a table where each begins."""
    file = io.BytesIO()
    file.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    table = ["0000000000 65535 f \n"]
    for number, written in enumerate(objects, start=1):
        table.append(f"{file.tell():010} 00000 n \n")
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, written))
    start = file.tell()
    trailer = (
        f"xref\n0 {len(table)}\n{''.join(table)}trailer\n"
        f"<< /Size {len(table)} /Root {_CATALOG} 0 R /Info {_INFO} 0 R >>\n"
        f"startxref\n{start}\n%%EOF\n"
    )
    file.write(trailer.encode())
    return file.getvalue()
