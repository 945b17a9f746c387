"""The media library (GraFx's own media connector; page "GraFx Media")."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Any, Literal

from chili_notebook.api.file_names import bare_name, suffixes_like
from chili_notebook.api.ids import describe, id_of, path_segment
from chili_notebook.api.items import Item
from chili_notebook.api.listing import Listing, find_item
from chili_notebook.api.previews import fetch_preview, show_preview
from chili_notebook.api.responses import (
    entry_type_in,
    item_of,
    text_in,
    whole_number_in,
)
from chili_notebook.auth.handle import REWINDABLE
from chili_notebook.auth.secret import signed_in
from chili_notebook.display.progress import Progress
from chili_notebook.errors import ConfigurationError
from chili_notebook.http.reading import one_line
from chili_notebook.system.atomic_write import save_stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.file_views import MimeBundle
    from chili_notebook.api.files import File

TYPES = ("ai", "eps", "jpeg", "jpg", "pdf", "png", "psd", "tif", "tiff")
"""The types of files that GraFx Media takes (page "GraFx Media")."""
UPLOADS = "/Upload"
PreviewType = Literal["thumbnail", "medium", "highest", "fullOrVector"]
_BYTES = bytes | bytearray | memoryview
_File = str | os.PathLike[str] | _BYTES


@dataclass(frozen=True, slots=True)
class Media(Item):
    """A file of the media library; in a notebook it shows its preview.

    Attributes:
        id: GraFx's ID.
        name: Its name.
        relative_path: Its folder, if GraFx names it.
        extension: Its file type, such as ``jpg``, if GraFx names it.
        type: ``item`` or ``directory``, if GraFx names it.
        width: Its width in pixels, if known.
        height: Its height in pixels, if known.
        metadata: What else GraFx knows of the file, as it sent it; may be empty.
        raw: The JSON object that GraFx sent.

    Example:
        media = chili.media.list()[0]
        media.download("pictures/")
    """

    id: str
    name: str
    relative_path: str | None
    extension: str | None
    type: str | None
    width: int | None
    height: int | None
    metadata: Mapping[str, Any] = field(hash=False)
    raw: InitVar[Mapping[str, Any]]
    _client: InitVar[ApiClient]

    def preview(
        self,
        type: PreviewType = "medium",  # noqa: A002 - GraFx's word
        *,
        timeout_s: float = 60.0,
    ) -> File:
        """Return a picture of it.

        Args:
            type: ``thumbnail``, ``medium``, ``highest`` or ``fullOrVector``.
            timeout_s: How long to wait, in seconds.

        Raises:
            OutputTimeoutError: If GraFx has not made it in time.

        Example:
            media.preview("highest")
        """
        preview_type = path_segment(type, kind_name="type of preview")
        return fetch_preview(
            self._client,
            f"{_path_of(self)}/preview/{preview_type}",
            name=f"{self.name}.png",
            timeout_s=timeout_s,
        )

    def thumbnail(self) -> File:
        """Return a small picture of it.

        Example:
            media.thumbnail()
        """
        return self.preview("thumbnail")

    def download(self, path: str | Path) -> Path:
        """Write the original file, piece by piece, and return its path.

        Args:
            path: The path of the file, or a folder, which gets it under its own name. A
                path without a suffix is a folder.

        Raises:
            ConfigurationError: If it cannot be written there.

        Example:
            chili.media.list()[0].download("pictures/")
        """
        name = bare_name(self.name) or bare_name(self.id)
        if self.extension and not name.lower().endswith(f".{self.extension.lower()}"):
            name = f"{name}.{self.extension}"
        with self._client.stream("GET", f"{_path_of(self)}/download") as response:
            default_name = bare_name(name) or "file"
            return save_stream(
                response.iter_bytes(),
                path,
                default_name=default_name,
                suffixes=suffixes_like(default_name),
            )

    def _repr_mimebundle_(self, **_: object) -> MimeBundle:
        return show_preview(self.preview, text=repr(self))


@signed_in
class MediaLibrary:
    """The environment's media library: ``chili.media``.

    Example:
        chili.media.list(search="logo")
        chili.media.list().gallery()
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def list(
        self, search: str | None = None, *, folder: str | None = None
    ) -> Listing[Media]:
        """List files.

        Args:
            search: A part of the name, of the relative path or of the ID.
            folder: A folder, such as ``/Upload``.

        Example:
            chili.media.list(search="logo").to_frame()
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
        """Fetch one file's entry.

        Args:
            media: Its ID, its exact name with or without the extension, or a file of
                the library, to read it again.

        Raises:
            NotListedError: If several files have this name.
            NotFoundError: If there is no such file.

        Example:
            media = chili.media.get("olive-branch.png")
        """
        path = _path_of(media)
        return find_item(
            media,
            lambda: self._read(item_of(self._client.get(path))),
            lambda name: self.list(PurePath(name).stem),
        )

    def upload(
        self,
        file: _File,
        *,
        folder: str | None = UPLOADS,
        name: str | None = None,
    ) -> Media:
        """Upload a file; a large one shows its progress.

        Args:
            file: A path, or the bytes of a file, which need a `name`.
            folder: The folder; GraFx takes no files in the root folder.
            name: The name in the library. Without a suffix it gets the one of the path.

        Raises:
            ConfigurationError: If the file does not exist, or GraFx does not take it.

        Example:
            picture = template.preview()
            chili.media.upload(picture.content, name="preview.png")
        """
        folder = UPLOADS if folder is None else folder
        if not folder.strip("/ "):
            raise ConfigurationError(
                "GraFx takes no files in the root folder.",
                hint=f"Pass a folder, such as {UPLOADS}.",
            )
        if not isinstance(file, str | os.PathLike | _BYTES):
            raise ConfigurationError(
                f"Expected a path or the bytes of a file, got {describe(file)}.",
                hint='Pass a path, such as "pictures/a.png".',
            )
        full_name = _name_of(file, name)
        content = _open(file, full_name)
        with content:
            size = content.seek(0, io.SEEK_END)
            if not size:
                raise ConfigurationError(
                    f"{full_name} is empty.", hint="Check the path and the file."
                )
            content.seek(0)
            with Progress(
                f"Uploading {full_name}", clock=self._client.stopwatch
            ) as progress:
                reader = _ObservedFile(
                    content, lambda read: progress.update(done=read / size)
                )
                response = self._client.post(
                    "media",
                    params={"folderPath": folder, "name": full_name},
                    files={"file": (full_name, reader)},
                    extensions={REWINDABLE: True},
                )
        return self._read(item_of(response))

    def _read(self, raw: Mapping[str, Any]) -> Media:
        metadata = raw.get("metaData")
        return Media(
            id=text_in(raw, "id") or "",
            name=text_in(raw, "name") or "",
            relative_path=text_in(raw, "relativePath"),
            extension=text_in(raw, "extension"),
            type=entry_type_in(raw),
            width=whole_number_in(raw, "width"),
            height=whole_number_in(raw, "height"),
            metadata=metadata if isinstance(metadata, Mapping) else {},
            raw=raw,
            _client=self._client,
        )


class _ObservedFile(io.BufferedIOBase):
    """A file that reports how far it has been read."""

    def __init__(self, file: IO[bytes], on_read: Callable[[int], None]) -> None:
        self._file = file
        self._on_read = on_read

    def read(self, size: int | None = -1, /) -> bytes:
        piece = self._file.read(-1 if size is None else size)
        self._on_read(self._file.tell())
        return piece

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _path_of(media: Media | str) -> str:
    return f"media/{path_segment(id_of(media, Media, kind_name='media file'))}"


def _name_of(file: _File, name: str | None) -> str:
    """Return the name of an uploaded file.

    Raises:
        ConfigurationError: If GraFx does not take a file with this name.
    """
    own_name = "" if isinstance(file, _BYTES) else Path(file).name
    full_name = name or own_name
    if not Path(full_name).suffix:
        full_name += Path(own_name).suffix
    file_type = Path(full_name).suffix.lstrip(".").lower()
    if file_type in TYPES:
        return full_name
    types = f"Types: {', '.join(TYPES)}."
    if file_type:
        message = f"GraFx Media takes no file of the type {file_type!r}."
        raise ConfigurationError(message, hint=types)
    message = "The file has no name."
    if full_name:
        message = f"The name {full_name!r} does not end with a file type."
    raise ConfigurationError(message, hint=f'Pass one, as in name="a.png". {types}')


def _open(file: _File, full_name: str) -> IO[bytes]:
    if isinstance(file, _BYTES):
        return io.BytesIO(file)
    try:
        return Path(file).expanduser().open("rb")
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except RuntimeError:  # a tilde before a name that no user has
        reason = "no such home folder"
    except ValueError:  # a NUL or a lone surrogate
        reason = "no path can contain such a character"
    raise ConfigurationError(
        f"{one_line(full_name)} cannot be read ({reason}).", hint="Check the path."
    )
