"""Font families and their styles (release note 2023-08-24)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.api.ids import segment
from chili_notebook.api.listing import Listing
from chili_notebook.api.previews import fetch_preview, show_preview
from chili_notebook.api.responses import moment_in, text_in, texts_in, whole_number_in
from chili_notebook.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chili_notebook.api.client import Chili
    from chili_notebook.api.files import File


@dataclass(frozen=True, slots=True)
class FontStyle:
    """One style of a family; in a notebook it shows a line set in it.

    Attributes:
        id: GraFx's id.
        name: Its name, such as ``Bold``.
        family_id: Its family's id, if told.
        family_name: Its family's name, if told.
        file_name: Its file's name, if told.
        file_size: Its file's size in bytes, if told.
        extension: ``otf`` or ``ttf``, if told.
        created: When it was added, if told.
        raw: What GraFx sent.
    """

    id: str
    name: str
    family_id: str | None
    family_name: str | None
    file_name: str | None
    file_size: int | None
    extension: str | None
    created: datetime | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    _client: Chili = field(repr=False, compare=False)

    def preview(self, type: Literal["line", "square"] = "line") -> File:  # noqa: A002 - GraFx's word
        """Give a picture of it; its path is inferred from the SDK's names."""
        kind = segment(type, what="a type of preview")
        path = f"font-styles/{segment(self.id)}/preview/{kind}"
        return fetch_preview(self._client, path, name=f"{self.name}.png")

    def thumbnail(self) -> File:
        """Give a small picture of it."""
        return self.preview("square")

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return show_preview(self.preview, text=repr(self))


@dataclass(frozen=True, slots=True)
class FontFamily:
    """A family of fonts.

    Attributes:
        id: GraFx's id.
        name: Its name.
        styles_count: How many styles it has, if told.
        extensions: The kinds of its files, such as ``ttf``.
        created: When it was added, if told.
        modified: When it last changed, if told.
        raw: What GraFx sent.
    """

    id: str
    name: str
    styles_count: int | None
    extensions: tuple[str, ...]
    created: datetime | None
    modified: datetime | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    _client: Chili = field(repr=False, compare=False)

    def styles(self) -> Listing[FontStyle]:
        """List its styles."""
        return Listing(
            self._client,
            f"font-families/{segment(self.id)}/styles",
            {},
            read=self._read_style,
            noun="styles",
            columns=[
                ("Style", lambda style: style.name),
                ("Id", lambda style: style.id),
            ],
        )

    def thumbnail(self) -> File:
        """Give a small picture of its first style.

        Raises:
            NotFoundError: If it has no style.
        """
        for style in self.styles():
            return style.thumbnail()
        raise NotFoundError(f"The family {self.name} has no styles.", status_code=404)

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


class Fonts:
    """``chili.fonts``."""

    def __init__(self, client: Chili) -> None:
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
            search: Part of a family's name.
            sort_by: ``name`` or ``id``.
            sort_order: ``asc`` or ``desc``.
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
