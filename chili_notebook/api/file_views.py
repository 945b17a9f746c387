"""How files look in a notebook: pictures, animations, pages and zips."""

from __future__ import annotations

import base64
import html
import re
from io import BytesIO
from itertools import islice
from typing import Any
from warnings import catch_warnings

from chili_notebook.api.archives import ArchivedFile, read_files, read_names
from chili_notebook.api.file_names import content_type_of
from chili_notebook.display.gallery import GalleryEntry, html_grid
from chili_notebook.errors import UnexpectedAnswerError

MimeBundle = tuple[dict[str, str], dict[str, Any]]
"""What a notebook shows, by media type, and the metadata of that."""

_HIGHEST_PX, _WIDEST_PX = 480, 720
_LONGEST_SIDE_PX, _SMALL_SIDE_PX = 800, 320
_PAGE_WIDTH_PX = 240
_MOST_PAGES, _MOST_PICTURES = 4, 12
_MOST_GALLERY_BYTES = 3_000_000
_PICTURES = {"image/png", "image/jpeg"}
_LIMITS = f"max-width:100%;max-height:{_HIGHEST_PX}px"
# As an advertisement names it (ad.size), in attributes or in a style.
_NUMBER = r"""["'=:\s]{1,4}(\d{2,5})(?:px)?"""
_SIZE = re.compile(rf"""width{_NUMBER}["',;\s]{{1,4}}height{_NUMBER}""")
_WHERE_THE_SIZE_IS = 20_000


def show_file(content: bytes, content_type: str, *, label: str) -> MimeBundle:
    """Return a file as a front-end shows it.

    Args:
        content: The bytes of the file.
        content_type: Its media type.
        label: What is shown where there are no pictures, such as its name and size.
    """
    if content_type in _PICTURES:
        return _show_picture(content, content_type, label)
    if content_type == "application/pdf":
        return _show_pdf(content, label)
    bundle = {"text/plain": f"<{label}>"}
    if content_type == "image/gif":
        # Many viewers of notebooks know no other way to show one.
        url = data_url(content, content_type)
        bundle["text/html"] = f'<img alt="" src="{url}" style="{_LIMITS}">'
    elif content_type.startswith("video/"):
        bundle["text/html"] = (
            f'<video controls loop src="{data_url(content, content_type)}" '
            'style="max-width:100%;max-height:80vh"></video>'
        )
    elif content_type == "text/html":
        bundle["text/html"] = _framed_page(content.decode("utf-8", "replace"))
    elif content_type == "application/zip":
        return _show_zip(content, label)
    return bundle, {}


def data_url(content: bytes, content_type: str) -> str:
    """Return a ``data:`` URL that contains a file."""
    return f"data:{content_type};base64,{base64.b64encode(content).decode()}"


def _show_picture(content: bytes, content_type: str, label: str) -> MimeBundle:
    """Show a picture, not higher than a part of the screen."""
    metadata = {}
    width, height = _size_of_picture(content)
    if height > _HIGHEST_PX:
        metadata[content_type] = {"width": round(width * _HIGHEST_PX / height)}
    bundle = {
        "text/plain": f"<{label}>",
        content_type: base64.b64encode(content).decode(),
    }
    return bundle, metadata


def _show_pdf(content: bytes, label: str) -> MimeBundle:
    """Show the first pages; without the extra ``pdf``, leave it to the front-end."""
    count, pages = draw_pages(content, at_most=_MOST_PAGES)
    if not pages:
        data = base64.b64encode(content).decode()
        return {"text/plain": f"<{label}>", "application/pdf": data}, {}
    if count == 1:
        return _show_picture(pages[0], "image/jpeg", f"{label}, 1 page")
    label = f"{label}, {count} pages"
    entries = []
    for number, page in enumerate(pages, start=1):
        small = small_picture(page, "image/jpeg", side_px=2 * _PAGE_WIDTH_PX)
        entries.append(GalleryEntry(f"page {number} of {count}", data_url(*small)))
    grid = html_grid(entries, width_px=_PAGE_WIDTH_PX, height="auto")
    return {"text/plain": f"<{label}>", "text/html": grid}, {}


def _show_zip(content: bytes, label: str) -> MimeBundle:
    """Show the first files of a zip as a gallery."""
    try:
        names = read_names(content)
        files = list(islice(read_files(content), _MOST_PICTURES))
    except UnexpectedAnswerError as error:
        return {"text/plain": f"<{label}>\n{error.message}"}, {}
    entries, size = [], 0
    for file in files:
        entry = _gallery_entry(file)
        size += len(entry.picture)
        too_large = size > _MOST_GALLERY_BYTES
        entries.append(GalleryEntry(file.name, problem="…") if too_large else entry)
    more = len(names) - len(entries)
    note = f"{len(names)} files" + (f", of which {more} are not shown" if more else "")
    note += '; .save("renders/") unpacks them.'
    return {
        "text/plain": f"<{label}, {len(names)} files>",
        "text/html": f"{html_grid(entries)}<p>{note}</p>",
    }, {}


def _gallery_entry(file: ArchivedFile) -> GalleryEntry:
    content_type = content_type_of(file.name)
    if content_type == "image/gif":  # it may move
        return GalleryEntry(file.name, data_url(file.content, content_type))
    if content_type in _PICTURES:
        picture = small_picture(file.content, content_type)
        return GalleryEntry(file.name, data_url(*picture))
    if content_type == "application/pdf":
        count, pages = draw_pages(file.content, at_most=1)
        if pages:
            picture = small_picture(pages[0], "image/jpeg")
            caption = f"{file.name}, page 1 of {count}"
            return GalleryEntry(caption, data_url(*picture))
    return GalleryEntry(file.name, problem=f"{len(file.content) / 1000:,.0f} kB")


def small_picture(
    content: bytes,
    content_type: str,
    *,
    side_px: int = _SMALL_SIDE_PX,
    still: bool = False,
) -> tuple[bytes, str]:
    """Return a smaller picture with its media type, or the same one.

    It is the same without Pillow, and if it cannot be made smaller.

    Args:
        content: The bytes of the picture.
        content_type: Its media type.
        side_px: The longest side that it may have, in pixels.
        still: Whether the first frame is enough; otherwise a picture that moves is
            returned as it is.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError:
        return content, content_type
    try:
        with catch_warnings(action="ignore"), Image.open(BytesIO(content)) as picture:
            if getattr(picture, "is_animated", False) and not still:
                return content, content_type
            ImageOps.exif_transpose(picture, in_place=True)
            picture.thumbnail((side_px, side_px))
            kind = "JPEG" if picture.mode in {"RGB", "L"} else "PNG"
            stream = BytesIO()
            picture.save(stream, kind)
    except (OSError, ValueError, Image.DecompressionBombError):
        return content, content_type
    if len(stream.getvalue()) >= len(content):
        return content, content_type
    return stream.getvalue(), f"image/{kind.lower()}"


def _framed_page(page: str) -> str:
    """Return a frame with a page: untrusted markup, which runs no scripts.

    A page that names its size is shown as a whole, without scroll bars.
    """
    start = f'<iframe sandbox srcdoc="{html.escape(page)}" style="box-sizing:border-box'
    size = _SIZE.search(page, 0, _WHERE_THE_SIZE_IS)
    if size is None:
        return (
            f"{start};width:100%;height:{_HIGHEST_PX}px;"
            'border:1px solid #8884"></iframe>'
        )
    width, height = map(int, size.groups())
    scale = min(1, _HIGHEST_PX / height, _WIDEST_PX / width)
    return (
        f'<div style="width:{width * scale:.0f}px;height:{height * scale:.0f}px;'
        'overflow:hidden;border:1px solid #8884">'
        f"{start};width:{width}px;height:{height}px;border:0;"
        f'transform:scale({scale:.4f});transform-origin:0 0"></iframe></div>'
    )


def _size_of_picture(content: bytes) -> tuple[int, int]:
    """Return width and height of a PNG or JPEG in pixels; 0 if not known."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:  # noqa: PLR2004 - the end of both
        return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    place = 2
    while content.startswith(b"\xff\xd8") and place + 9 <= len(content):
        marker, length = content[place + 1], content[place + 2 : place + 4]
        # The frame header; three markers of this range have other purposes.
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # noqa: PLR2004
            size = content[place + 5 : place + 9]
            return int.from_bytes(size[2:]), int.from_bytes(size[:2])
        place += 2 + int.from_bytes(length)
    return 0, 0


def draw_pages(pdf: bytes, *, at_most: int) -> tuple[int, list[bytes]]:
    """Return the number of pages, and the first ones as JPEGs.

    There are none without the extra ``pdf``, and of a broken PDF.
    """
    try:
        import PIL.Image  # noqa: F401 - pypdfium2 needs it to draw
        from pypdfium2 import (  # type: ignore[import-untyped]
            PdfDocument,
            PdfiumError,
        )
    except ImportError:
        return 0, []
    pages = []
    try:
        with PdfDocument(pdf) as document:
            count = len(document)
            for index in range(min(count, at_most)):
                page = document[index]
                scale = _LONGEST_SIDE_PX / max(*page.get_size(), 1)
                jpeg = BytesIO()
                picture = page.render(scale=scale).to_pil().convert("RGB")
                picture.save(jpeg, "JPEG", quality=88)
                pages.append(jpeg.getvalue())
    except PdfiumError:
        return 0, []
    return count, pages
