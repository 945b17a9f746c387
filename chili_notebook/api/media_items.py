"""Files and folders of the media library (page "GraFx Media")."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.api.file_names import bare_name
from chili_notebook.api.ids import id_of, path_segment
from chili_notebook.api.items import Item
from chili_notebook.api.previews import fetch_preview, show_preview
from chili_notebook.api.responses import (
    entry_type_in,
    text_in,
    text_reader,
    whole_number_in,
)
from chili_notebook.api.transfers import download_file
from chili_notebook.display.descriptions import show_fields

if TYPE_CHECKING:
    from pathlib import Path

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.files import File

PreviewType = Literal["thumbnail", "medium", "highest", "fullOrVector"]
_SAME_EXTENSIONS = {"jpeg": "jpg", "tiff": "tif"}


def _metadata_in(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = raw.get("metaData")
    return metadata if isinstance(metadata, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Media(Item):
    """A file of the media library; in a notebook it shows its preview and its fields.

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

    _readers = {  # noqa: RUF012 - of a base class that is not a dataclass
        "id": text_reader("id", ""),
        "name": text_reader("name", ""),
        "relative_path": text_reader("relativePath"),
        "extension": text_reader("extension"),
        "type": entry_type_in,
        "width": lambda raw: whole_number_in(raw, "width"),
        "height": lambda raw: whole_number_in(raw, "height"),
        "metadata": _metadata_in,
    }

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
            f"{media_path(self)}/preview/{preview_type}",
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
        default_name = bare_name(full_name_of(self)) or "file"
        address = f"{media_path(self)}/download"
        return download_file(self._client, address, path, default_name=default_name)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return show_preview(self, self.preview)


@show_fields
@dataclass(frozen=True, slots=True)
class MediaFolder(Item):
    """A folder of the media library.

    Attributes:
        id: GraFx's ID.
        path: Its path, such as ``/Brand/Marks``.
        raw: The JSON object that GraFx sent.

    Example:
        [folder.path for folder in chili.media.folders()]
    """

    id: str
    path: str
    raw: InitVar[Mapping[str, Any]]


def media_path(media: Media | str) -> str:
    """Return the path of a file in the API."""
    return f"media/{path_segment(id_of(media, Media, kind_name='media file'))}"


def read_folder(raw: Mapping[str, Any]) -> MediaFolder:
    """Return a folder of the library."""
    parent, name = text_in(raw, "relativePath") or "", text_in(raw, "name") or ""
    return MediaFolder(
        id=text_in(raw, "id") or "",
        path=f"/{parent.strip('/')}/{name}".replace("//", "/"),
        raw=raw,
    )


def folder_of(media: Media) -> str:
    """Return the folder of a file, with a slash at its start."""
    return "/" + (media.relative_path or "").strip("/")


def full_name_of(media: Media) -> str:
    """Return the name with its extension, which GraFx may or may not have added."""
    return _with_extension(media.name if bare_name(media.name) else media.id, media)


def split_name(full_name: str) -> tuple[str, str]:
    """Return the name and the type of a file, as two equal files have them."""
    name = unicodedata.normalize("NFC", full_name)  # as macOS does not write it
    stem, _, extension = name.rpartition(".")
    extension = extension.lower()
    return stem, _SAME_EXTENSIONS.get(extension, extension)


def key_of(media: Media) -> tuple[str, str, str]:
    """Return the folder, the name and the type, which tell files apart."""
    return (folder_of(media), *split_name(_with_extension(media.name, media)))


def _with_extension(name: str, media: Media) -> str:
    extension = media.extension
    if extension and not name.lower().endswith(f".{extension.lower()}"):
        return f"{name}.{extension}"
    return name
