"""Draw a frame of a page: its shape, its picture or its text, as layers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.rendering.colours import Palette
from chili_notebook.simulator.rendering.fonts import has_character
from chili_notebook.simulator.rendering.layers import (
    Box,
    Layer,
    clip_layer,
    picture_layer,
    shape_layer,
    shape_mask,
    stroke_layer,
    text_layers,
)
from chili_notebook.simulator.rendering.pictures import find_picture
from chili_notebook.simulator.rendering.styles import TextStyles
from chili_notebook.simulator.rendering.typesetting import set_text
from chili_notebook.simulator.rendering.variable_values import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chili_notebook.simulator.rendering.layouts import Placement
    from chili_notebook.simulator.rendering.variable_values import Value, Values


class FramePainter:
    """Draw the frames of one document with the values of one record.

    Attributes:
        palette: The document's colours.
        errors: The errors found so far.
    """

    def __init__(self, document: Mapping[str, Any], values: Values) -> None:
        self._document = document
        self._values = values
        self.palette = Palette(document)
        self._styles = TextStyles(document, self.palette)
        self._drawn: dict[tuple[str, Box, float], list[Layer]] = {}
        self.errors: list[RecordError] = []

    def layers(
        self, frame: Mapping[str, Any], place: Placement, box: Box, px: float
    ) -> Sequence[Layer]:
        """Draw a frame, from back to front; nothing if it is invisible.

        Args:
            frame: The frame.
            place: Its placement in the layout.
            box: The same in pixels.
            px: Pixels per unit of the document.
        """
        if not is_shown(frame.get("visibility"), self._values):
            return []
        # Most frames of an animation are at rest most of the time.
        key = (str(frame.get("id")), box, px)
        if key not in self._drawn:
            self._drawn[key] = list(self._draw(frame, place, box, px))
        return self._drawn[key]

    def _draw(
        self, frame: Mapping[str, Any], place: Placement, box: Box, px: float
    ) -> Iterator[Layer]:
        match frame.get("type"):
            case "shape":
                yield from self._shape(frame, box, px)
            case "image":
                yield from self._picture(frame, place, box, px)
            case "text":
                yield from self._text(frame, place, box, px)
            case _:
                return

    def _shape(self, frame: Mapping[str, Any], box: Box, px: float) -> Iterator[Layer]:
        style, outline = frame.get("shapeProperties") or {}, frame.get("src") or {}
        if style.get("enableFill", True):
            fill = self.palette.fill(style.get("fillColor"))
            yield shape_layer(box, outline, fill, px)
        if style.get("enableStroke"):
            line = self.palette.fill(style.get("strokeColor"))
            weight = float(style.get("strokeWeight", 1000)) * px
            yield stroke_layer(box, outline, line, px, weight)

    def _picture(
        self, frame: Mapping[str, Any], place: Placement, box: Box, px: float
    ) -> Iterator[Layer]:
        source = frame.get("src") or {}
        if source.get("type") == "variable":
            asset = self._values.by_id.get(str(source.get("id")))
        else:
            asset = source.get("assetId") or source.get("url")
        if not asset:
            return
        picture = find_picture(self._values.pictures, str(asset))
        if picture is None:
            details = f"Frame '{frame.get('name')}': the media has no asset '{asset}'."
            self.errors.append(RecordError("ImageLoadFailed", details))
            return
        crop = frame.get("crop") or {}
        part = crop if "width" in crop else None
        layer = picture_layer(box, picture, part, place.fit)
        yield clip_layer(layer, shape_mask(box, frame.get("clip") or {}, px))

    def _text(
        self, frame: Mapping[str, Any], place: Placement, box: Box, px: float
    ) -> Iterator[Layer]:
        inner = _padded(frame, box, px * place.scale)
        paragraphs = self._styles.paragraphs(frame, self._document, self._values)
        unit = px * place.scale
        setting = set_text(
            paragraphs,
            max(inner.width, 1) / unit,
            max(inner.height, 1) / unit,
            vertical_align=str(frame.get("verticalAlign", "top")),
            scales=place.copyfit or (1.0, 1.0),
        )
        if setting.overflows and frame.get("overflow") == "error":
            details = f"Frame '{frame.get('name')}': the text does not fit."
            self.errors.append(RecordError("TextOverflow", details))
        missing = {a.text for a in setting.letters if not has_character(a.font, a.text)}
        if missing:
            listed = ", ".join(
                f"U+{ord(character):04X}" for character in sorted(missing)
            )
            details = f"Frame '{frame.get('name')}': the font has no {listed}."
            self.errors.append(RecordError("MissingCharacterInFont", details))
        yield from text_layers(inner, setting.letters, unit)


def is_shown(rule: Mapping[str, Any] | None, values: Values) -> bool:
    """Return whether a visibility rule shows its frame."""
    kind = (rule or {}).get("type", "visible")
    if rule is None or kind != "conditional":
        return bool(kind != "invisible")
    return all(
        _matches(entry.get("value") or {}, values.by_id.get(str(entry.get("id"))))
        for entry in rule.get("variables") or []
    )


def _matches(condition: Mapping[str, Any], value: Value) -> bool:
    expected, operator = condition.get("value"), str(condition.get("operator", "="))
    if condition.get("type") == "number" and isinstance(value, Decimal):
        compared = value.compare(Decimal(str(expected)))
        return operator in _OPERATORS[int(compared)]
    return ((value or "") == expected or value is expected) == (operator != "!=")


_OPERATORS = {-1: ("<", "<=", "!="), 0: ("=", "<=", ">="), 1: (">", ">=", "!=")}


def _padded(frame: Mapping[str, Any], box: Box, px: float) -> Box:
    left, top, right, bottom = (
        float(frame.get(f"padding{side}", 0)) * px
        for side in ("Left", "Top", "Right", "Bottom")
    )
    return Box(
        box.x + left, box.y + top, box.width - left - right, box.height - top - bottom
    )
