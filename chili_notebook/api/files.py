"""A file that GraFx sent, which shows itself in a notebook and can be saved."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import dataclass, field
from email.message import Message
from io import BytesIO
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Self

from chili_notebook.system.atomic_write import save_bytes

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

_MOST_NAME_BYTES, _LONGEST_SUFFIX = 150, 10
_SUFFIXES: dict[str, tuple[str, ...]] = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/tiff": (".tif", ".tiff"),
    "application/pdf": (".pdf",),
    "application/zip": (".zip",),
    "text/html": (".html", ".htm"),
    "video/mp4": (".mp4",),
}
"""The suffixes of the types that GraFx sends; the first is the usual one."""
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_PICTURES = {"image/png", "image/jpeg", "application/pdf"}
_FIRST_PAGE_PX = 800


@dataclass(frozen=True, slots=True)
class File:
    """A file; in a notebook it shows itself.

    Attributes:
        content: The bytes of the file.
        content_type: Its media type, without parameters.
        file_name: GraFx's name for it, without folders.

    Example:
        picture = template.preview()
        picture.save("pictures/")
    """

    content: bytes = field(repr=False)
    content_type: str
    file_name: str

    @classmethod
    def from_response(cls, response: httpx.Response, *, name: str, **more: Any) -> Self:
        """Return the file in a response.

        Args:
            response: The response, whose body has been read.
            name: The name of the file if GraFx does not name it.
            more: The fields of a subclass.

        Example:
            response = chili.get(f"media/{media.id}/download")
            File.from_response(response, name="picture.png")
        """
        content_type = response.headers.get("content-type", "").partition(";")[0]
        content_type = content_type.strip().lower()
        if not _MEDIA_TYPE.fullmatch(content_type):
            content_type = "application/octet-stream"
        grafx_name = _name_in(response.headers.get("content-disposition", ""))
        file_name = grafx_name or bare_name(name) or "file"
        return cls(
            content=response.content,
            content_type=content_type,
            file_name=_with_fitting_suffix(file_name, content_type),
            **more,
        )

    def save(self, path: str | Path) -> Path:
        """Write the file and return its path; missing folders are made.

        The file is written completely or not at all.

        Args:
            path: The path of the file, or a folder, which gets it as `file_name`. A
                path without a suffix is a folder.

        Raises:
            ConfigurationError: If it cannot be written there.

        Example:
            chili.outputs.create(template, "png").save("renders/")
        """
        suffixes = _SUFFIXES.get(self.content_type, ())
        return save_bytes(
            self.content, path, default_name=self.file_name, suffixes=suffixes
        )

    def as_data_url(self) -> str:
        """Return a ``data:`` URL that contains the file.

        Example:
            html = f'<img src="{template.thumbnail().as_data_url()}">'
        """
        data = base64.b64encode(self.content).decode()
        return f"data:{self.content_type};base64,{data}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        size = f"{len(self.content) / 1000:,.0f} kB"
        bundle = {"text/plain": f"<{type(self).__name__} {self.file_name}, {size}>"}
        first_page = None
        if self.content_type == "application/pdf":
            first_page = _draw_first_page(self.content)
        if first_page is not None:
            bundle["image/jpeg"] = base64.b64encode(first_page).decode()
        elif self.content_type in _PICTURES:
            bundle[self.content_type] = base64.b64encode(self.content).decode()
        elif self.content_type == "image/gif":
            # Many viewers of notebooks know no other way to show one.
            bundle["text/html"] = f'<img alt="" src="{self.as_data_url()}">'
        elif self.content_type.startswith("video/"):
            bundle["text/html"] = (
                f'<video controls loop src="{self.as_data_url()}" '
                'style="max-width:100%;max-height:80vh"></video>'
            )
        elif self.content_type == "text/html":
            # Untrusted markup: the frame runs no scripts.
            page = html.escape(self.content.decode("utf-8", "replace"))
            bundle["text/html"] = (
                f'<iframe sandbox srcdoc="{page}" style="width:100%;height:480px;'
                'border:1px solid #8884"></iframe>'
            )
        return bundle


def bare_name(text: str) -> str:
    """Return a short name for a file: never a path, never hidden; may be empty.

    "Flyer 1/2" becomes "Flyer 1-2", so that it differs from "Card 1/2".
    """
    parts = (part.strip() for part in re.split(r"[/\\:]", text))
    name = "-".join(part for part in parts if part.strip(".")).lstrip(".")
    if not name.isprintable():
        return ""
    suffix = PurePath(name).suffix[:_LONGEST_SUFFIX].encode()
    encoded = name.encode()
    if len(encoded) > _MOST_NAME_BYTES:
        encoded = encoded[: _MOST_NAME_BYTES - len(suffix)]
        return encoded.decode("utf-8", "ignore") + suffix.decode()
    return name


def suffixes_like(name: str) -> tuple[str, ...]:
    """Return the suffixes of the file type that a name has; empty without a suffix."""
    suffix = PurePath(name).suffix.lower()
    groups = (group for group in _SUFFIXES.values() if suffix in group)
    return next(groups, (suffix,) if suffix else ())


def _with_fitting_suffix(name: str, content_type: str) -> str:
    """Return a name that ends as files of its type do, if the type is known."""
    fitting = _SUFFIXES.get(content_type, ())
    suffix = PurePath(name).suffix
    if not fitting or suffix.lower() in fitting:
        return name
    if any(suffix.lower() in group for group in _SUFFIXES.values()):
        name = name.removesuffix(suffix)
    return f"{name}{fitting[0]}"


def _name_in(disposition: str) -> str:
    """Return the file name in a Content-Disposition (RFC 6266), empty if none."""
    header = Message()
    header["Content-Disposition"] = disposition
    try:
        return bare_name(header.get_filename(""))
    except ValueError:  # the header names an encoding that cannot decode
        return ""


def _draw_first_page(pdf: bytes) -> bytes | None:
    """Return the first page as a JPEG, ``None`` without the extra ``pdf``."""
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
            scale = _FIRST_PAGE_PX / max(*page.get_size(), 1)
            picture = page.render(scale=scale).to_pil()
    except (PdfiumError, IndexError):
        return None
    jpeg = BytesIO()
    picture.convert("RGB").save(jpeg, "JPEG", quality=88)
    return jpeg.getvalue()
