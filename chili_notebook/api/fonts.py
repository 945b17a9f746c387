"""Font families and their styles (release note 2023-08-24)."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.api.ids import path_segment
from chili_notebook.api.items import Item
from chili_notebook.api.listing import Listing
from chili_notebook.api.previews import fetch_preview, show_preview
from chili_notebook.api.responses import moment_in, text_in, texts_in, whole_number_in
from chili_notebook.auth.secret import signed_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.file_views import MimeBundle
    from chili_notebook.api.files import File


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

    def _repr_mimebundle_(self, **_: object) -> MimeBundle:
        return show_preview(self.preview, text=repr(self))


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

    def styles(self) -> Listing[FontStyle]:
        """List its styles.

        Example:
            [style.name for style in chili.fonts.list()[0].styles()]
        """
        return Listing(
            self._client,
            f"font-families/{path_segment(self.id)}/styles",
            {},
            read=self._read_style,
            noun="styles",
            columns=[
                ("Style", lambda style: style.name),
                ("Id", lambda style: style.id),
            ],
        )

    def thumbnail(self) -> File:
        """Return a small picture of its first style.

        Raises:
            NotListedError: If it has no style.

        Example:
            chili.fonts.list()[0].thumbnail()
        """
        return self.styles()[0].thumbnail()

    def _read_style(self, raw: Mapping[str, Any]) -> FontStyle:
        return FontStyle(
            id=text_in(raw, "id") or "",
            name=text_in(raw, "name") or "",
            family_id=text_in(raw, "familyId") or self.id,
            family_name=text_in(raw, "familyName") or self.name,
            file_name=text_in(raw, "fileName"),
            file_size=whole_number_in(raw, "fileSize"),
            extension=text_in(raw, "extension"),
            created=moment_in(raw, "dateCreated"),
            raw=raw,
            _client=self._client,
        )


@signed_in
class Fonts:
    """The environment's fonts: ``chili.fonts``.

    Example:
        chili.fonts.list()
        chili.fonts.list().gallery()
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def list(
        self,
        *,
        search: str | None = None,
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
                ("Family", lambda family: family.name),
                ("Styles", lambda family: family.styles_count),
                ("Id", lambda family: family.id),
            ],
        )

    def _read(self, raw: Mapping[str, Any]) -> FontFamily:
        return FontFamily(
            id=text_in(raw, "id") or "",
            name=text_in(raw, "name") or "",
            styles_count=whole_number_in(raw, "fontStylesCount"),
            extensions=texts_in(raw, "extensions"),
            created=moment_in(raw, "dateCreated"),
            modified=moment_in(raw, "lastModifiedDate"),
            raw=raw,
            _client=self._client,
        )
