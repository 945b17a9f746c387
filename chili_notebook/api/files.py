"""A file that GraFx sent: it shows itself, and can be saved."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import dataclass, field
from email.message import Message
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any, Self

from chili_notebook.api.first_page import draw_first_page
from chili_notebook.system.atomic_write import save_bytes

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

_LONGEST_BYTES, _LONGEST_ENDING = 150, 10
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_PICTURES = {"image/png", "image/jpeg", "application/pdf"}


@dataclass(frozen=True, slots=True)
class File:
    """A file; in a notebook it shows itself.

    Attributes:
        content: The file's bytes.
        content_type: Its media type, without parameters.
        file_name: GraFx's name for it, without folders.
    """

    content: bytes = field(repr=False)
    content_type: str
    file_name: str

    @classmethod
    def read(cls, response: httpx.Response, *, name: str, **more: Any) -> Self:
        """Make one of an answer.

        Args:
            response: The answer, read whole.
            name: How to call the file if GraFx does not.
            more: What a subclass has besides.
        """
        kind = response.headers.get("content-type", "application/octet-stream")
        told = _file_name(response.headers.get("content-disposition", ""))
        media_type = kind.partition(";")[0].strip()
        if not _MEDIA_TYPE.fullmatch(media_type):
            media_type = "application/octet-stream"
        return cls(
            content=response.content,
            content_type=media_type.lower(),
            file_name=told or bare_name(name) or "file",
            **more,
        )

    def save(self, path: str | Path) -> Path:
        """Write the file, whole or not at all; missing folders are made.

        Args:
            path: The file, or a folder to put it into under `file_name`.

        Returns:
            Where it is.
        """
        return save_bytes(self.content, path, default_name=self.file_name)

    def as_data_url(self) -> str:
        """Give it as an address that holds the file itself."""
        data = base64.b64encode(self.content).decode()
        return f"data:{self.content_type};base64,{data}"

    def _first_page(self) -> bytes | None:
        is_pdf = self.content_type == "application/pdf"
        return draw_first_page(self.content) if is_pdf else None

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        size = f"{len(self.content) / 1000:,.0f} kB"
        bundle = {"text/plain": f"<{type(self).__name__} {self.file_name}, {size}>"}
        first_page = self._first_page()
        if first_page is not None:
            bundle["image/jpeg"] = base64.b64encode(first_page).decode()
        elif self.content_type in _PICTURES:
            bundle[self.content_type] = base64.b64encode(self.content).decode()
        elif self.content_type == "image/gif":
            # Many a reader of notebooks knows no other way to show one.
            bundle["text/html"] = f'<img alt="" src="{self.as_data_url()}">'
        elif self.content_type.startswith("video/"):
            shown = (
                f'<video controls loop src="{self.as_data_url()}" '
                'style="max-width:100%;max-height:80vh"></video>'
            )
            bundle["text/html"] = shown
        elif self.content_type == "text/html":
            # Foreign markup: in a frame that may run nothing.
            page = html.escape(self.content.decode("utf-8", "replace"))
            shown = (
                f'<iframe sandbox srcdoc="{page}" style="width:100%;height:480px;'
                'border:1px solid #8884"></iframe>'
            )
            bundle["text/html"] = shown
        return bundle


def _file_name(disposition: str) -> str:
    """Give the name in a Content-Disposition (RFC 6266), empty if there is none."""
    header = Message()
    header["Content-Disposition"] = disposition
    try:
        return bare_name(header.get_filename(""))
    except ValueError:  # it names an encoding that can decode nothing
        return ""


def bare_name(text: str) -> str:
    """Make a file's name of what GraFx calls it; never a path, never hidden."""
    name = PureWindowsPath(text).name.strip().lstrip(".")
    if not name.isprintable():
        return ""
    ending = PureWindowsPath(name).suffix[:_LONGEST_ENDING].encode()
    content = name.encode()
    if len(content) > _LONGEST_BYTES:
        content = content[: _LONGEST_BYTES - len(ending)]
        return content.decode("utf-8", "ignore") + ending.decode()
    return name
