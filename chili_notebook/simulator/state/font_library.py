"""The fonts: the sample families, uploads that wait for a confirmation, and new fonts.

The three steps of an upload are those of GraFx's page of fonts, as third-party code
calls them; the texts of the verdicts are inferred.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from PIL import ImageFont

from chili_notebook.simulator.rendering.fonts import (
    FAMILIES,
    Family,
    Style,
    register_font,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

EXTENSIONS = ("otf", "ttf")


@dataclass(slots=True)
class PendingFont:
    """An uploaded file that is not confirmed yet.

    Attributes:
        id: The ID of its style.
        family_name: The name of its family; empty if the file is not a font.
        style_name: The name of its style.
        file_name: The name of the file.
        content: The file.
        errors: Why it cannot be confirmed.
    """

    id: str
    family_name: str
    style_name: str
    file_name: str
    content: bytes
    errors: list[str]


class FontLibrary:
    """All families, and the uploads that are not confirmed.

    Attributes:
        families: The families, by ID.
        batches: The uploads, by the ID of their batch.
    """

    def __init__(self) -> None:
        self.families = {family.id: family for family in FAMILIES}
        self.batches: dict[str, list[PendingFont]] = {}

    def styles(self) -> Iterator[tuple[Family, Style]]:
        """Yield every style with its family."""
        for family in self.families.values():
            for style in family.styles:
                yield family, style

    def find_style(self, style_id: str) -> tuple[Family, Style] | None:
        """Return a style with its family."""
        return next((one for one in self.styles() if one[1].id == style_id), None)

    def start(self, file_name: str, content: bytes) -> tuple[str, PendingFont]:
        """Store a file until it is confirmed; return the ID of its batch, and it."""
        try:
            names = ImageFont.truetype(io.BytesIO(content), 12).getname()
        except (OSError, ValueError):
            names = (None, None)
        font = PendingFont(
            id=str(uuid4()),
            family_name=names[0] or "",
            style_name=names[1] or "",
            file_name=file_name,
            content=content,
            errors=[],
        )
        font.errors = self._errors_of(font)
        batch_id = str(uuid4())
        self.batches[batch_id] = [font]
        return batch_id, font

    def rename(self, font: PendingFont, family_name: str, style_name: str) -> None:
        """Change the names of a font that is not confirmed."""
        font.family_name, font.style_name = family_name, style_name
        font.errors = self._errors_of(font)

    def confirm(self, batch_id: str) -> list[PendingFont]:
        """Add the fonts of a batch to their families, and return those added."""
        added = [font for font in self.batches.pop(batch_id) if not font.errors]
        for font in added:
            self._add(font)
        return added

    def _add(self, font: PendingFont) -> None:
        style = Style(font.id, font.style_name, font.file_name, font.content)
        for family in self.families.values():
            if family.name.casefold() == font.family_name.casefold():
                family = replace(family, styles=(*family.styles, style))  # noqa: PLW2901
                break
        else:
            family = Family(str(uuid4()), font.family_name, "", (style,))
        self.families[family.id] = family
        register_font(family, style)

    def _errors_of(self, font: PendingFont) -> list[str]:
        extension = font.file_name.rpartition(".")[2].lower()
        if extension not in EXTENSIONS or not font.family_name:
            return ["The file is not a valid OTF or TTF font"]
        names = (font.family_name.casefold(), font.style_name.casefold())
        known = {
            (family.name.casefold(), style.name.casefold())
            for family, style in self.styles()
        }
        if names in known:
            return ["A font with this family and style already exists"]
        return []
