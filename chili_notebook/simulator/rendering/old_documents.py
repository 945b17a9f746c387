"""Convert documents of 2022 to the form that the renderer reads.

Their form is that of GraFx's public samples of 2022: keys such as ``layoutId`` and
``frameName``, lengths in pixels, and texts as a string of JSON or XML. Newer documents
have a ``documentVersion``.
"""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.rendering.variable_values import reading_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NEW_KEYS: dict[str, str] = {
    **{f"{noun}Id": "id" for noun in ("page", "frame", "layout")},
    **{f"{noun}Name": "name" for noun in ("frame", "layout")},
    **{f"{noun}Type": "type" for noun in ("frame", "layout", "color")},
    "included": "isVisible",
    "pageNumber": "number",
    "styleKit": "stylekit",
}
_LENGTHS = {
    *("x", "y", "width", "height", "radius", "fontSize", "strokeWeight"),
    *(f"padding{side}" for side in ("Left", "Top", "Right", "Bottom")),
}
_UNITS_PER_PIXEL = 1000
_UNITS_PER_MM = 72_000 / 25.4
_MAX_SIDE_PX = 10_000  # a larger one is not in pixels
_MM = re.compile(r"(-?[\d.]+) mm")
_TAG = re.compile(r"(<[^>]*>)")
_XML_VARIABLE = re.compile(r"""<var\b[^>]*\bid=["']([^"']*)["']""")


@reading_document()
def convert_document(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document in the form of today.

    Raises:
        RecordFailedError: If it is malformed.
    """
    if document.get("documentVersion") is not None:
        return document
    sides = [
        layout.get(side) or 0
        for layout in document.get("layouts") or []
        for side in ("width", "height")
    ]
    is_in_pixels = 0 < max(sides, default=0) <= _MAX_SIDE_PX
    converted = _convert(document, _UNITS_PER_PIXEL if is_in_pixels else 1)
    assert isinstance(converted, dict)  # noqa: S101 - the document is a mapping
    return converted


def _convert(node: Any, scale: float) -> Any:
    if isinstance(node, list):
        return [_convert(entry, scale) for entry in node]
    if not isinstance(node, dict):
        return node
    converted: dict[str, Any] = {}
    for old_key, value in node.items():
        key = _NEW_KEYS.get(old_key, str(old_key))
        key = old_key if key in node else key
        if key in _LENGTHS and isinstance(value, int | float):
            converted[key] = value * scale
        elif key == "textContent" and isinstance(value, str):
            converted[key] = list(_read_text(value))
        elif isinstance(value, str) and (length := _MM.fullmatch(value)):
            converted[key] = float(length[1]) * _UNITS_PER_MM
        else:
            converted[key] = _convert(value, scale)
    return converted


def _read_text(text: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of a text frame that has its text as JSON or XML."""
    if text.lstrip().startswith("<"):
        yield from _read_xml(text)
        return
    content = json.loads(text)
    for entry in content["textFlow"] if isinstance(content, dict) else content:
        if entry.get("type") in {"paragraph", "span"} and "style" not in entry:
            style = {key: value for key, value in entry.items() if key != "type"}
            yield {"type": entry["type"], "style": style}
        else:
            yield entry


def _read_xml(text: str) -> Iterator[dict[str, Any]]:
    for part in _TAG.split(text):
        variable = _XML_VARIABLE.match(part)
        if variable is not None:
            yield {"type": "variable", "id": variable[1]}
        elif part.startswith("<p"):
            yield {"type": "paragraph"}
        elif part and not part.startswith("<"):
            yield {"type": "text", "text": html.unescape(part)}
