"""The media library (GraFx's own media connector, "GraFx Media")."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.answers import (
    entry_type_in,
    item_of,
    text_in,
    whole_number_in,
)
from chili_notebook.errors import ConfigurationError
from chili_notebook.files import save_stream
from chili_notebook.listing import Listing
from chili_notebook.resources.files import bare_name
from chili_notebook.resources.paths import segment
from chili_notebook.resources.previews import fetch_preview, show_preview

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.client import Chili
    from chili_notebook.resources.files import File

TYPES = ("ai", "eps", "jpeg", "jpg", "pdf", "png", "psd", "tif", "tiff")
"""What GraFx Media takes ("GraFx Media")."""
UPLOADS = "/Upload"
PreviewType = Literal["thumbnail", "medium", "highest", "fullOrVector"]


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
        raw: What GraFx sent.
    """

    id: str
    name: str
    relative_path: str | None
    extension: str | None
    type: str | None
    width: int | None
    height: int | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    _client: Chili = field(repr=False, compare=False)

    def preview(self, type: PreviewType = "medium") -> File:  # noqa: A002 - GraFx's word
        """Give a picture of it."""
        path = f"{_path(self.id)}/preview/{type}"
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
        with self._client.stream("GET", f"{_path(self.id)}/download") as response:
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

    def get(self, media_id: str) -> Media:
        """Give one file."""
        return self._read(item_of(self._client.get(_path(media_id))))

    def upload(
        self,
        file: str | Path | bytes,
        *,
        folder: str = UPLOADS,
        name: str | None = None,
    ) -> Media:
        """Put a file into the library; large ones show their progress.

        Args:
            file: A path, or the bytes themselves, which need a `name`.
            folder: The folder, which cannot be the root.
            name: How to call it, with its ending.

        Raises:
            ConfigurationError: If GraFx does not take such a file, or it is not there.
        """
        from tqdm import tqdm

        if not folder.strip("/ "):
            raise ConfigurationError(
                "The root folder takes no files.", hint=f"Give a folder, as {UPLOADS}."
            )
        called = name or ("" if isinstance(file, bytes) else Path(file).name)
        ending = Path(called).suffix.lstrip(".").lower()
        if ending not in TYPES:
            raise ConfigurationError(
                f"GraFx Media takes no file of the type {ending or 'unknown'!r}.",
                hint=f"Types: {', '.join(TYPES)}.",
            )
        try:
            content = io.BytesIO(file) if isinstance(file, bytes) else open(file, "rb")  # noqa: SIM115, PTH123 - closed below
        except OSError as error:
            raise ConfigurationError(
                f"{called} cannot be read ({error.strerror}).", hint="Check the path."
            ) from None
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
                )
        return self._read(item_of(response))

    def _read(self, raw: Mapping[str, Any]) -> Media:
        return Media(
            id=text_in(raw, "id") or "",
            name=text_in(raw, "name") or "",
            relative_path=text_in(raw, "relativePath"),
            extension=text_in(raw, "extension"),
            type=entry_type_in(raw),
            width=whole_number_in(raw, "width"),
            height=whole_number_in(raw, "height"),
            raw=raw,
            _client=self._client,
        )


def _path(media_id: str) -> str:
    return f"media/{segment(media_id)}"
