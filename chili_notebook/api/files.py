"""A file that GraFx sent, which shows itself in a notebook and can be saved."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Self

from chili_notebook.api.archives import read_files
from chili_notebook.api.file_names import (
    bare_name,
    content_type_of,
    suffixes_of,
    with_fitting_suffix,
)
from chili_notebook.api.file_views import MimeBundle, data_url, show_file
from chili_notebook.api.responses import is_page
from chili_notebook.errors import UnexpectedAnswerError
from chili_notebook.http.reading import one_line
from chili_notebook.system.atomic_write import checked_path, is_folder, save_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import httpx

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_ZIP = "application/zip"
_OTHER_ZIP = "application/x-zip-compressed"
_UNKNOWN = "application/octet-stream"
_JSON_STARTS = (b"{", b"[", b'"', b"null")
# How files begin; a storage service may not know the type of what it stores.
_SIGNATURES = {
    b"\x89PNG\r\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"%PDF-": "application/pdf",
    b"PK\3\4": _ZIP,
}


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
        if not _MEDIA_TYPE.fullmatch(content_type) or content_type == _UNKNOWN:
            content_type = _type_of(response.content)
        if content_type == _OTHER_ZIP:
            content_type = _ZIP
        grafx_name = _name_in(response.headers.get("content-disposition", ""))
        file_name = grafx_name or bare_name(name) or "file"
        return cls(
            content=response.content,
            content_type=content_type,
            file_name=with_fitting_suffix(file_name, content_type),
            **more,
        )

    def save(self, path: str | Path) -> Path:
        """Write the file and return its path; missing folders are made.

        The file is written completely or not at all.

        Args:
            path: The path of the file, or a folder, which gets it as `file_name`. A
                path without a suffix is a folder. A zip is unpacked into a folder of
                its own in it, and the path of that is returned.

        Raises:
            ConfigurationError: If it cannot be written there.

        Example:
            chili.outputs.create(template, "png").save("renders/")
        """
        if self._is_zip and is_folder(path):
            folder = checked_path(path) / PurePath(self.file_name).stem
            for file in self.files():
                save_bytes(file.content, f"{folder}/", default_name=file.file_name)
            return folder
        suffixes = suffixes_of(self.content_type)
        return save_bytes(
            self.content, path, default_name=self.file_name, suffixes=suffixes
        )

    def files(self) -> list[File]:
        """Return the files in a zip; of any other file a list of itself.

        Raises:
            UnexpectedAnswerError: If it is not a usable zip.

        Example:
            output = chili.outputs.create(template, "png", variables=[{}, {}])
            [file.file_name for file in output.files()]
        """
        if not self._is_zip:
            return [self]
        return [
            File(file.content, content_type_of(file.name), file.name)
            for file in read_files(self.content)
        ]

    @property
    def _is_zip(self) -> bool:
        return self.content_type == _ZIP

    def as_data_url(self) -> str:
        """Return a ``data:`` URL that contains the file.

        Example:
            html = f'<img src="{template.thumbnail().as_data_url()}">'
        """
        return data_url(self.content, self.content_type)

    def _repr_mimebundle_(self, **_: object) -> MimeBundle:
        size = f"{len(self.content) / 1000:,.0f} kB"
        label = f"{type(self).__name__} {self.file_name}, {size}"
        return show_file(self.content, self.content_type, label=label)


def is_file(response: httpx.Response, start: bytes, name: str) -> bool:
    """Return whether a response has a file, and not an error or the page of a proxy.

    Args:
        response: The response.
        start: The start of its body.
        name: The name of the file that was asked for.
    """
    suffix = PurePath(name).suffix.lower()
    if is_page(response, start):
        return suffix in {".html", ".htm"}
    content_type = response.headers.get("content-type", "").lower()
    if "json" in content_type and start[:100].lstrip().startswith(_JSON_STARTS):
        return suffix == ".json"
    return bool(start)


def file_pieces(response: httpx.Response, *, name: str) -> Iterator[bytes]:
    """Yield the body of a response piece by piece.

    Args:
        response: The response.
        name: The name of the file that was asked for.

    Raises:
        UnexpectedAnswerError: If the response is empty, an error or a web page.
    """
    start = b""
    for piece in response.iter_bytes():
        if not start:
            start = piece
            require_file(response, start, name)
        yield piece
    if not start:
        require_file(response, start, name)


def require_file(response: httpx.Response, start: bytes, name: str) -> None:
    """Check that a response has a file, as `is_file`.

    Raises:
        UnexpectedAnswerError: If the response is empty, an error or a web page.
    """
    if not is_file(response, start, name):
        content_type = response.headers.get("content-type", "").partition(";")[0]
        kind = one_line(content_type) if start else "it is empty"
        raise UnexpectedAnswerError(
            f"GraFx's response in place of {one_line(name)} is not a file ({kind}).",
            hint="A gateway or proxy may have responded in its place. Try again later.",
        )


def _type_of(content: bytes) -> str:
    """Return the media type of a file, by how it begins."""
    types = (kind for start, kind in _SIGNATURES.items() if content.startswith(start))
    return next(types, _UNKNOWN)


def _name_in(disposition: str) -> str:
    """Return the file name in a Content-Disposition (RFC 6266), empty if none."""
    header = Message()
    header["Content-Disposition"] = disposition
    try:
        parameters: Iterable[tuple[str, Any]] = (
            header.get_params(header="content-disposition") or []
        )
        # `filename*`, in Unicode, is preferred to `filename`, in ASCII.
        names = [value for key, value in parameters if key.lower() == "filename"]
        extended = [value for value in names if isinstance(value, tuple)]
        name = collapse_rfc2231_value(extended[0]) if extended else ""
        return bare_name(name or header.get_filename(""))
    except ValueError:  # the header names an encoding that cannot decode
        return ""
