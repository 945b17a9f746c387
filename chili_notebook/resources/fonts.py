"""Font families and their styles (release note 2023-08-24)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.answers import text_in
from chili_notebook.listing import Listing
from chili_notebook.resources.paths import segment
from chili_notebook.resources.previews import fetch_preview

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.client import Chili
    from chili_notebook.resources.files import File


@dataclass(frozen=True, slots=True)
class FontStyle:
    """One style of a family; in a notebook it shows a line set in it.

    Attributes:
        id: GraFx's id.
        name: Its name, such as ``Bold``.
        family_name: Its family's name, if told.
        raw: What GraFx sent.
    """

    id: str
    name: str
    family_name: str | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    _client: Chili = field(repr=False, compare=False)

    def preview(self, type: Literal["line", "square"] = "line") -> File:  # noqa: A002 - GraFx's word
        """Give a picture of it; its path is inferred from the SDK's names."""
        path = f"font-styles/{segment(self.id)}/preview/{type}"
        return fetch_preview(self._client, path, name=f"{self.name}.png")

    def _repr_mimebundle_(self, **options: object) -> dict[str, str]:
        return self.preview()._repr_mimebundle_(**options) | {"text/plain": repr(self)}


@dataclass(frozen=True, slots=True)
class FontFamily:
    """A family of fonts.

    Attributes:
        id: GraFx's id.
        name: Its name.
        raw: What GraFx sent.
    """

    id: str
    name: str
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

    def _read_style(self, raw: Mapping[str, Any]) -> FontStyle:
        family_name = text_in(raw, "familyName") or self.name
        font_id, name = text_in(raw, "id") or "", text_in(raw, "name") or ""
        return FontStyle(font_id, name, family_name, raw, self._client)


class Fonts:
    """``chili.fonts``."""

    def __init__(self, client: Chili) -> None:
        self._client = client

    def list(self, *, search: str | None = None) -> Listing[FontFamily]:
        """List font families.

        Args:
            search: Part of a family's name.
        """
        return Listing(
            self._client,
            "font-families",
            {"search": search},
            read=self._read,
            noun="font families",
            columns=[
                ("Family", lambda family: family.name),
                ("Styles", lambda family: text_in(family.raw, "fontStylesCount")),
                ("Id", lambda family: family.id),
            ],
        )

    def _read(self, raw: Mapping[str, Any]) -> FontFamily:
        return FontFamily(
            text_in(raw, "id") or "", text_in(raw, "name") or "", raw, self._client
        )
