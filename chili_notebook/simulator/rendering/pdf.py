"""Write PDF files of pictures, page by page.

Pillow's own writer needs all pages uncompressed in memory, which is too much for a
batch of a thousand records.
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
_DATE = "D:20260101000000Z"  # fixed, so that equal requests have equal files


class PdfFile:
    """A PDF in which each page is one JPEG picture."""

    def __init__(self) -> None:
        self._pages: list[list[bytes]] = []

    def __len__(self) -> int:
        return len(self._pages)

    def add(self, picture: Image.Image, dpi: float) -> None:
        """Add a picture as a page; `dpi` determines the size of the page."""
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

    def truncate(self, count: int) -> None:
        """Remove all pages after the first `count`."""
        del self._pages[count:]

    def content(self) -> bytes:
        """Return the content of the file."""
        count = len(self._pages)
        kids = " ".join(
            f"{_FIRST_PAGE + number * _OBJECTS_PER_PAGE} 0 R" for number in range(count)
        )
        info = (
            f"<< /Title (Simulated output) /Creator ({PRODUCER}) "
            f"/Producer ({PRODUCER}) /CreationDate ({_DATE}) "
            f"/ModDate ({_DATE}) >>"
        )
        objects = [
            f"<< /Type /Catalog /Pages {_PAGES} 0 R >>".encode(),
            f"<< /Type /Pages /Count {count} /Kids [ {kids} ] >>".encode(),
            info.encode(),
            *(part for page in self._pages for part in page),
        ]
        return _assemble(objects)


def _stream(data: bytes, entries: str = "") -> bytes:
    head = f"<< {entries}/Length {len(data)} >>\nstream\n".encode()
    return head + data + b"\nendstream"


def _assemble(objects: list[bytes]) -> bytes:
    """Number the objects, and add the cross-reference table."""
    file = io.BytesIO()
    file.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    table = ["0000000000 65535 f \n"]
    for number, content in enumerate(objects, start=1):
        table.append(f"{file.tell():010} 00000 n \n")
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = file.tell()
    trailer = (
        f"xref\n0 {len(table)}\n{''.join(table)}trailer\n"
        f"<< /Size {len(table)} /Root {_CATALOG} 0 R /Info {_INFO} 0 R >>\n"
        f"startxref\n{start}\n%%EOF\n"
    )
    file.write(trailer.encode())
    return file.getvalue()
