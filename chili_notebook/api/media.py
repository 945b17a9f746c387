"""The media library (GraFx's own media connector, "GraFx Media")."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from chili_notebook.api.files import bare_name
from chili_notebook.api.ids import id_of, said_of, segment
from chili_notebook.api.listing import Listing
from chili_notebook.api.previews import fetch_preview, show_preview
from chili_notebook.api.responses import (
    entry_type_in,
    item_of,
    text_in,
    whole_number_in,
)
from chili_notebook.auth.handle import REWINDABLE
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import save_stream

if TYPE_CHECKING:
    from chili_notebook.api.client import Chili
    from chili_notebook.api.files import File

TYPES = ("ai", "eps", "jpeg", "jpg", "pdf", "png", "psd", "tif", "tiff")
"""What GraFx Media takes ("GraFx Media")."""
UPLOADS = "/Upload"
PreviewType = Literal["thumbnail", "medium", "highest", "fullOrVector"]
_BYTES = bytes | bytearray | memoryview
_File = str | os.PathLike[str] | _BYTES


@dataclass(frozen=True, slots=True)
class Media:
    """A file of the media library; in a notebook it shows its preview.

    Attributes:
        id: GraFx's id.
        name: Its name.
        relative_path: Its folder, if told.
        extension: Its ending, such as ``jpg``, if told.
        type: ``item`` or ``directory``, if told.
        width: In pixels, if told.
        height: In pixels, if told.
        metadata: What else GraFx tells of the file, as it sent it; may be empty.
        raw: What GraFx sent.
    """

    id: str
    name: str
    relative_path: str | None
    extension: str | None
    type: str | None
    width: int | None
    height: int | None
    metadata: Mapping[str, Any] = field(hash=False)
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    _client: Chili = field(repr=False, compare=False)

    def preview(self, type: PreviewType = "medium") -> File:  # noqa: A002 - GraFx's word
        """Give a picture of it."""
        path = f"{_path(self)}/preview/{segment(type, what='a type of preview')}"
        return fetch_preview(self._client, path, name=f"{self.name}.png")

    def thumbnail(self) -> File:
        """Give a small picture of it."""
        return self.preview("thumbnail")

    def download(self, path: str | Path) -> Path:
        """Write the original file, piece by piece; give where it is.

        Args:
            path: The file, or a folder to put it into under its own name.
        """
        name = Path(self.name).name or self.id
        if self.extension and not name.lower().endswith(f".{self.extension.lower()}"):
            name = f"{name}.{self.extension}"
        with self._client.stream("GET", f"{_path(self)}/download") as response:
            default_name = bare_name(name) or "file"
            return save_stream(response.iter_bytes(), path, default_name=default_name)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return show_preview(self.preview, text=repr(self))


class MediaLibrary:
    """``chili.media``."""

    def __init__(self, client: Chili) -> None:
        self._client = client

    def list(
        self, *, search: str | None = None, folder: str | None = None
    ) -> Listing[Media]:
        """List files.

        Args:
            search: Part of the name, of the relative path or of the id.
            folder: A folder, such as ``/Upload``.
        """
        return Listing(
            self._client,
            "media",
            {"search": search, "folder": folder},
            read=self._read,
            noun="media",
            columns=[
                ("Name", lambda media: media.name),
                ("Folder", lambda media: media.relative_path),
                ("Type", lambda media: media.extension),
                ("Id", lambda media: media.id),
            ],
        )

    def get(self, media: Media | str) -> Media:
        """Give one file by its id, or one at hand as it is now."""
        return self._read(item_of(self._client.get(_path(media))))

    def upload(
        self,
        file: _File,
        *,
        folder: str | None = UPLOADS,
        name: str | None = None,
    ) -> Media:
        """Put a file into the library; large ones show their progress.

        Args:
            file: A path, or the bytes themselves, which need a `name`.
            folder: The folder, which cannot be the root.
            name: How to call it; one without an ending gets that of the path.

        Raises:
            ConfigurationError: If GraFx does not take such a file, or it is not there.
        """
        from tqdm import tqdm

        folder = UPLOADS if folder is None else folder
        if not folder.strip("/ "):
            raise ConfigurationError(
                "The root folder takes no files.", hint=f"Give a folder, as {UPLOADS}."
            )
        if not isinstance(file, str | os.PathLike | _BYTES):
            raise ConfigurationError(
                f"{said_of(file)} cannot be uploaded.",
                hint="Give a path, or the bytes of a file.",
            )
        called = _name_of(file, name)
        content = _open(file, called)
        with content:
            size = content.seek(0, io.SEEK_END)
            if not size:
                raise ConfigurationError(
                    f"{called} is empty.", hint="Give a file that has something in it."
                )
            content.seek(0)
            with tqdm.wrapattr(
                content, "read", total=size, desc=called, delay=2.0, leave=False
            ) as read:
                response = self._client.post(
                    "media",
                    params={"folderPath": folder, "name": called},
                    files={"file": (called, read)},
                    extensions={REWINDABLE: True},
                )
        return self._read(item_of(response))

    def _read(self, raw: Mapping[str, Any]) -> Media:
        told = raw.get("metaData")
        return Media(
            id=text_in(raw, "id") or "",
            name=text_in(raw, "name") or "",
            relative_path=text_in(raw, "relativePath"),
            extension=text_in(raw, "extension"),
            type=entry_type_in(raw),
            width=whole_number_in(raw, "width"),
            height=whole_number_in(raw, "height"),
            metadata=told if isinstance(told, Mapping) else {},
            raw=raw,
            _client=self._client,
        )


def _path(media: Media | str) -> str:
    return f"media/{segment(id_of(media, Media, what='media file'))}"


def _name_of(file: _File, name: str | None) -> str:
    """Say how a file that is uploaded is called.

    Raises:
        ConfigurationError: If GraFx takes none that is called so.
    """
    own = "" if isinstance(file, _BYTES) else Path(file).name
    called = name or own
    if not Path(called).suffix:
        called += Path(own).suffix
    ending = Path(called).suffix.lstrip(".").lower()
    if ending in TYPES:
        return called
    types = f"Types: {', '.join(TYPES)}."
    if ending:
        told = f"GraFx Media takes no file of the type {ending!r}."
        raise ConfigurationError(told, hint=types)
    told = f"The name {called!r} has no ending." if called else "The file has no name."
    raise ConfigurationError(told, hint=f'Give one, as in name="a.png". {types}')


def _open(file: _File, called: str) -> IO[bytes]:
    if isinstance(file, _BYTES):
        return io.BytesIO(file)
    try:
        return Path(file).expanduser().open("rb")
    except OSError as error:
        why = error.strerror or type(error).__name__
    except RuntimeError:  # a tilde before a name that is nobody's
        why = "no such home folder"
    raise ConfigurationError(
        f"{called} cannot be read ({why}).", hint="Check the path."
    )
