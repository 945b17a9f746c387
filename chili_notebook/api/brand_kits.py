"""Brand kits: the colours of a brand (page "Brand kits", and GraFx's Studio SDK).

GraFx documents none of these calls. Third-party code reads one kit as a bare object,
and sends the whole of it back. The listing is inferred, and read tolerantly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass
from html import escape
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from chili_notebook.api.document_item import checked_name
from chili_notebook.api.ids import describe, id_of, path_segment
from chili_notebook.api.items import Item
from chili_notebook.api.listing import Listing, find_item
from chili_notebook.api.responses import item_of, moment_in, text_in
from chili_notebook.auth.secret import signed_in
from chili_notebook.display.descriptions import fields_bundle, show_methods
from chili_notebook.display.tables import Rows
from chili_notebook.errors import ChiliError, ConfigurationError

if TYPE_CHECKING:
    from datetime import datetime

    from chili_notebook.api.base import ApiClient

_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_HIGHEST = 255


@dataclass(frozen=True, slots=True)
class BrandColor:
    """A colour of a brand kit.

    Attributes:
        id: GraFx's GUID of it.
        name: Its name.
        type: ``hex``, or another of GraFx's types.
        value: Its value, such as ``#c8102e``.

    Example:
        [color.value for color in chili.brand_kits.list()[0].colors()]
    """

    id: str
    name: str
    type: str
    value: str


class Swatches(Rows[BrandColor]):
    """Colours that show themselves as a table with swatches.

    Example:
        chili.brand_kits.list()[0].colors()
    """

    def bundle(self, *, caption: str = "") -> dict[str, str]:
        """Return the table as HTML and as text, by media type.

        Example:
            print(chili.brand_kits.list()[0].colors().bundle()["text/plain"])
        """
        rows = "".join(
            f"<tr><td>{_swatch(color)}</td>"
            f'<td style="text-align:left">{escape(color.name)}</td>'
            f'<td style="text-align:left">{escape(color.value)}</td></tr>'
            for color in self
        )
        title = f"<caption>{escape(caption)}</caption>" if caption else ""
        html = f"<table>{title}<tbody>{rows}</tbody></table>"
        return super().bundle(caption=caption) | {"text/html": html}


@dataclass(frozen=True, slots=True)
class BrandKit(Item):
    """A brand kit; in a notebook it shows its fields and its colours.

    Attributes:
        id: GraFx's ID.
        name: Its name.
        created: When it was made, if known.
        modified: When it last changed, if known.
        raw: The JSON object that GraFx sent.

    Example:
        kit = chili.brand_kits.list()[0]
        kit.colors()
    """

    id: str
    name: str
    created: datetime | None
    modified: datetime | None
    raw: InitVar[Mapping[str, Any]]
    _client: InitVar[ApiClient]

    def colors(self) -> Swatches:
        """Return its colours. A kit of a listing is fetched for it.

        Example:
            kit = chili.brand_kits.list()[0]
            {color.name: color.value for color in kit.colors()}
        """
        raw = self.raw
        if not isinstance(raw.get("colors"), list):
            raw = item_of(self._client.get(_path_of(self)))
        listed = raw.get("colors")
        colors = [
            _read_color(color)
            for color in (listed if isinstance(listed, list) else [])
            if isinstance(color, Mapping)
        ]
        return Swatches(colors, _COLUMNS)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        try:
            colors = self.colors().bundle(caption="Colours")
        except ChiliError as error:
            return fields_bundle(self, caption=f"No colours: {error.message}")
        own = fields_bundle(self)
        return {kind: f"{own[kind]}\n{colors[kind]}" for kind in own}


@signed_in
@show_methods
class BrandKits:
    """The environment's brand kits: ``chili.brand_kits``.

    Example:
        chili.brand_kits.list()
        chili.brand_kits.get("Quillmere").colors()
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def list(self) -> Listing[BrandKit]:
        """List brand kits. GraFx does not document this call.

        Example:
            chili.brand_kits.list()
        """
        return Listing(
            self._client,
            "brand-kits",
            {},
            read=self._read,
            noun="brand kits",
            columns=[("Name", attrgetter("name")), ("Id", attrgetter("id"))],
        )

    def get(self, kit: BrandKit | str) -> BrandKit:
        """Fetch one brand kit.

        Args:
            kit: Its ID, its exact name, or a kit, to read it again.

        Raises:
            NotListedError: If several kits have this name.
            NotFoundError: If GraFx does not know the kit.

        Example:
            chili.brand_kits.get("Quillmere")
        """
        path = _path_of(kit)
        return find_item(
            kit,
            lambda: self._read_one(kit, item_of(self._client.get(path))),
            lambda _name: self.list(),
        )

    def update(
        self,
        kit: BrandKit | str,
        *,
        name: str | None = None,
        colors: Mapping[str, str] | None = None,
        replace: bool = False,
    ) -> BrandKit:
        """Change the name or the colours of a brand kit.

        GraFx takes a whole kit: it is fetched first, and what is not changed here is
        sent back as it is.

        Args:
            kit: The kit, its ID or its exact name.
            name: Its new name.
            colors: Hexadecimal values by name. A colour with the same name gets the
                value, and stays the same for the documents that use it; other names are
                added.
            replace: Remove the colours that are not in `colors`.

        Raises:
            ConfigurationError: If a name or a value is not valid.

        Example:
            kit = chili.brand_kits.list()[0]
            chili.brand_kits.update(kit, colors={"Berry": "#8a1c4a"})
        """
        values = _checked_colors(colors)
        changes: dict[str, Any] = {} if name is None else {"name": checked_name(name)}
        found = self.get(kit)
        body = dict(item_of(self._client.get(_path_of(found)))) | changes
        if colors is not None:
            body["colors"] = _merged(body.get("colors"), values, replace=replace)
        self._client.put(_path_of(found), json=body)
        return self.get(found)

    def _read(self, raw: Mapping[str, Any]) -> BrandKit:
        return BrandKit(
            id=text_in(raw, "id") or "",
            name=text_in(raw, "name") or "",
            created=moment_in(raw, "dateCreated"),
            modified=moment_in(raw, "lastModifiedDate"),
            raw=raw,
            _client=self._client,
        )

    def _read_one(self, kit: BrandKit | str, raw: Mapping[str, Any]) -> BrandKit:
        """Return a kit; the object of one kit may not contain its ID."""
        return self._read({"id": kit.id if isinstance(kit, BrandKit) else kit, **raw})


_COLUMNS = (
    ("Name", attrgetter("name")),
    ("Value", attrgetter("value")),
    ("Type", attrgetter("type")),
)


def _path_of(kit: BrandKit | str) -> str:
    return f"brand-kits/{path_segment(id_of(kit, BrandKit, kind_name='brand kit'))}"


def _read_color(raw: Mapping[str, Any]) -> BrandColor:
    """Return a colour of the API, or of a document, which has an object as value."""
    value = text_in(raw, "value")
    objects = [raw.get(key) for key in ("value", "color")]
    color: Mapping[str, Any] = next(
        (one for one in objects if isinstance(one, Mapping)), {}
    )
    kind = text_in(raw, "type") or text_in(color, "type") or ""
    if value is None:
        parts = {key: color[key] for key in color if key != "type"}
        value = _rgb(parts) or ", ".join(f"{key} {part}" for key, part in parts.items())
    return BrandColor(
        id=text_in(raw, "guid") or text_in(raw, "id") or "",
        name=text_in(raw, "name") or "",
        type=kind,
        value=value,
    )


def _rgb(parts: Mapping[str, Any]) -> str:
    levels = [parts.get(key) for key in "rgb"]
    if all(type(level) is int and 0 <= level <= _HIGHEST for level in levels):
        return "#" + "".join(f"{level:02x}" for level in levels)
    return ""


def _swatch(color: BrandColor) -> str:
    if not _HEX.fullmatch(color.value):  # nothing else may become a part of the style
        return ""
    return (
        '<span style="display:inline-block;width:3em;height:1.4em;'
        f'border:1px solid #8888;background:{color.value}"></span>'
    )


def _checked_colors(colors: object) -> dict[str, str]:
    """Return colours as they are sent: with a hash sign and six digits.

    Raises:
        ConfigurationError: If they are not hexadecimal values by name.
    """
    if colors is None:
        return {}
    if not isinstance(colors, Mapping):
        raise ConfigurationError(
            f"Expected colours by name, got {describe(colors)}.",
            hint='Pass a mapping, such as {"Red": "#c8102e"}.',
        )
    checked = {}
    for name, value in colors.items():
        text = f"#{value.strip().removeprefix('#')}" if isinstance(value, str) else ""
        if not _HEX.fullmatch(text):
            raise ConfigurationError(
                f"The value {value!r} of {name!r} is not a colour.",
                hint="Use a hexadecimal value, such as #c8102e.",
            )
        digits = text[1:].lower()
        is_short = len(digits) == len("rgb")
        checked[checked_name(name)] = "#" + (
            "".join(digit * 2 for digit in digits) if is_short else digits
        )
    return checked


def _merged(
    listed: object, values: Mapping[str, str], *, replace: bool
) -> list[dict[str, Any]]:
    """Return the colours of a kit with new values."""
    old: Iterable[Any] = listed if isinstance(listed, list) else []
    left = dict(values)
    merged = []
    for raw in old:
        name = text_in(raw, "name") if isinstance(raw, Mapping) else None
        if name in left:
            new = {"value": left.pop(name), "displayValue": None, "type": "hex"}
            merged.append(dict(raw) | new)
        elif not replace:
            merged.append(raw)
    for name, value in left.items():
        guid = str(uuid4())
        merged.append(
            {"value": value, "displayValue": None, "name": name, "type": "hex"}
            | {"guid": guid}
        )
    return merged
