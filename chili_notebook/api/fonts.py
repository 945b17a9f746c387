"""Font families and their styles (release note 2023-08-24)."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.api.file_names import bare_name
from chili_notebook.api.font_uploads import upload_fonts
from chili_notebook.api.ids import describe, path_segment
from chili_notebook.api.items import Item, item_reader
from chili_notebook.api.listing import Listing, named, several_named
from chili_notebook.api.previews import fetch_preview, show_preview
from chili_notebook.api.responses import (
    moment_in,
    text_in,
    text_reader,
    texts_in,
    whole_number_in,
)
from chili_notebook.api.transfers import (
    Transfer,
    TransferState,
    download_file,
    paths_on_disk,
    transfer_rows,
)
from chili_notebook.auth.secret import signed_in
from chili_notebook.display.descriptions import show_fields, show_methods
from chili_notebook.errors import (
    ConfigurationError,
    NotListedError,
)
from chili_notebook.system.atomic_write import checked_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.files import File
    from chili_notebook.api.uploads import FileSource
    from chili_notebook.display.tables import Rows


@dataclass(frozen=True, slots=True)
class FontStyle(Item):
    """One style of a font family; in a notebook it shows a line of text.

    Attributes:
        id: GraFx's ID.
        name: Its name, such as ``Bold``.
        family_id: The ID of its family, if known.
        family_name: The name of its family, if known.
        file_name: The name of its file, if known.
        file_size: The size of its file in bytes, if known.
        extension: ``otf`` or ``ttf``, if known.
        created: When it was added, if known.
        raw: The JSON object that GraFx sent.

    Example:
        style = chili.fonts.list()[0].styles()[0]
        style.preview()
    """

    id: str
    name: str
    family_id: str | None
    family_name: str | None
    file_name: str | None
    file_size: int | None
    extension: str | None
    created: datetime | None
    raw: InitVar[Mapping[str, Any]]
    _client: InitVar[ApiClient]

    def preview(
        self,
        type: Literal["line", "square"] = "line",  # noqa: A002 - GraFx's word
        *,
        timeout_s: float = 60.0,
    ) -> File:
        """Return a picture of it.

        The path of the picture is inferred from the names in GraFx's Studio SDK.

        Args:
            type: ``line`` for a line of text, ``square`` for a few letters.
            timeout_s: How long to wait, in seconds.

        Raises:
            OutputTimeoutError: If GraFx has not made it in time.

        Example:
            style = chili.fonts.list()[0].styles()[0]
            style.preview("square")
        """
        preview_type = path_segment(type, kind_name="type of preview")
        return fetch_preview(
            self._client,
            f"font-styles/{path_segment(self.id)}/preview/{preview_type}",
            name=f"{self.name}.png",
            timeout_s=timeout_s,
        )

    def thumbnail(self) -> File:
        """Return a small picture of it.

        Example:
            chili.fonts.list()[0].styles()[0].thumbnail()
        """
        return self.preview("square")

    def download(self, path: str | Path) -> Path:
        """Write its font file and return the path. Mind the license of the font.

        Args:
            path: The path of the file, or a folder, which gets it under its own name. A
                path without a suffix is a folder.

        Raises:
            ConfigurationError: If it cannot be written there.

        Example:
            chili.fonts.list()[0].styles()[0].download("fonts/")
        """
        address = f"font-styles/{path_segment(self.id)}/download"
        name = self.default_file_name
        return download_file(self._client, address, path, default_name=name)

    @property
    def default_file_name(self) -> str:
        """The name that its file gets in a folder.

        Example:
            chili.fonts.list()[0].styles()[0].default_file_name
        """
        name = bare_name(self.file_name or "")
        if name:
            return name
        name = bare_name(f"{self.family_name} {self.name}") or bare_name(self.id)
        return f"{name or 'font'}.{bare_name(self.extension or '') or 'ttf'}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return show_preview(self, self.preview)


@show_fields
@dataclass(frozen=True, slots=True)
class FontFamily(Item):
    """A font family.

    Attributes:
        id: GraFx's ID.
        name: Its name.
        styles_count: How many styles it has, if known.
        extensions: The types of its files, such as ``ttf``.
        created: When it was added, if known.
        modified: When it last changed, if known.
        raw: The JSON object that GraFx sent.

    Example:
        family = chili.fonts.list()[0]
        family.styles()
    """

    id: str
    name: str
    styles_count: int | None
    extensions: tuple[str, ...]
    created: datetime | None
    modified: datetime | None
    raw: InitVar[Mapping[str, Any]]
    _client: InitVar[ApiClient]

    _readers = {  # noqa: RUF012 - of a base class that is not a dataclass
        "id": text_reader("id", ""),
        "name": text_reader("name", ""),
        "styles_count": lambda raw: whole_number_in(raw, "fontStylesCount"),
        "extensions": lambda raw: texts_in(raw, "extensions"),
        "created": lambda raw: moment_in(raw, "dateCreated"),
        "modified": lambda raw: moment_in(raw, "lastModifiedDate"),
    }

    def styles(self) -> Listing[FontStyle]:
        """List its styles.

        Example:
            [style.name for style in chili.fonts.list()[0].styles()]
        """
        return list_styles(self._client, self.id, self.name)

    def download(self, path: str | Path) -> Rows[Transfer]:
        """Write the files of its styles into a folder. Mind the license of the font.

        Files that are already there are left as they are.

        Raises:
            ConfigurationError: If a file cannot be written there.

        Example:
            chili.fonts.get("Manrope").download("fonts/Manrope/")
        """
        styles = list(self.styles())
        places = paths_on_disk([("", style.default_file_name) for style in styles])
        done = []
        for style, place in zip(styles, places, strict=True):
            state = TransferState.PRESENT
            if not (checked_path(path) / place).exists():
                style.download(checked_path(path) / place)
                state = TransferState.DOWNLOADED
            done.append(Transfer("font", str(place), state, id=style.id))
        return transfer_rows(done)

    def thumbnail(self) -> File:
        """Return a small picture of its first style.

        Raises:
            NotListedError: If it has no style.

        Example:
            chili.fonts.list()[0].thumbnail()
        """
        return self.styles()[0].thumbnail()


@signed_in
@show_methods
class Fonts:
    """The environment's fonts: ``chili.fonts``.

    Example:
        chili.fonts.list()
        chili.fonts.list().gallery()
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._read = item_reader(FontFamily, client)

    def list(
        self,
        search: str | None = None,
        *,
        sort_by: str | None = None,
        sort_order: Literal["asc", "desc"] | None = None,
    ) -> Listing[FontFamily]:
        """List font families.

        Args:
            search: A part of a family's name.
            sort_by: ``name`` or ``id``.
            sort_order: ``asc`` or ``desc``.

        Example:
            chili.fonts.list(sort_by="name")
        """
        return Listing(
            self._client,
            "font-families",
            {"search": search, "sortBy": sort_by, "sortOrder": sort_order},
            read=self._read,
            noun="font families",
            columns=[
                ("Family", attrgetter("name")),
                ("Styles", attrgetter("styles_count")),
                ("Id", attrgetter("id")),
            ],
        )

    def get(self, family: FontFamily | str) -> FontFamily:
        """Fetch one family.

        GraFx has no call for one family: all families are listed if its name is not
        known.

        Args:
            family: Its exact name, its ID, or a family, to read it again.

        Raises:
            NotListedError: If no family has this name or ID, or several have it.

        Example:
            chili.fonts.get("Manrope").styles()
        """
        if isinstance(family, FontFamily):
            family = family.id
        elif not isinstance(family, str):
            raise ConfigurationError(
                f"Expected a font family, its name or its ID, got {describe(family)}.",
                hint="Pass an item of a listing, or a name.",
            )
        found = named(family, self.list(family))
        found = found or [one for one in self.list() if one.id == family]
        if len(found) > 1:
            raise several_named(family, "font families", found)
        if not found:
            raise NotListedError(
                f"There is no font family with the name or the ID {family!r}.",
                hint="Show chili.fonts.list() to see what there is.",
            )
        return found[0]

    def upload(self, *files: FileSource, name: str | None = None) -> Rows[Transfer]:
        """Upload font files, and return what happened to each.

        GraFx reads the names of family and style from the file, and refuses a style
        that exists (page "GraFx Fonts"). A refused file does not stop the others.

        Args:
            files: Paths of files or of folders, or the bytes of one file, which need a
                `name`.
            name: The name of the file.

        Returns:
            A table with what happened to each file, and why it was refused.

        Raises:
            ConfigurationError: If a file does not exist, or is not an OTF or TTF file.

        Example:
            chili.fonts.list()[0].styles()[0].download("fonts/Demo.ttf")
            chili.fonts.upload("fonts/Demo.ttf")
        """
        return upload_fonts(self._client, files, name)


def list_styles(
    client: ApiClient, family_id: str, family_name: str | None = None
) -> Listing[FontStyle]:
    """List the styles of a family, by its ID."""

    def read(raw: Mapping[str, Any]) -> FontStyle:
        return FontStyle(
            id=text_in(raw, "id") or "",
            name=text_in(raw, "name") or "",
            family_id=text_in(raw, "familyId") or family_id,
            family_name=text_in(raw, "familyName") or family_name,
            file_name=text_in(raw, "fileName"),
            file_size=whole_number_in(raw, "fileSize"),
            extension=text_in(raw, "extension"),
            created=moment_in(raw, "dateCreated"),
            raw=raw,
            _client=client,
        )

    return Listing(
        client,
        f"font-families/{path_segment(family_id)}/styles",
        {},
        read=read,
        noun="styles",
        columns=[
            ("Style", attrgetter("name")),
            ("File", attrgetter("file_name")),
            ("Id", attrgetter("id")),
        ],
    )
