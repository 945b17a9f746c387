"""Read the layouts of a document: where each frame is placed.

A child layout contains only its differences from the parent; they are merged here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNITS_PER_POINT = 1000
"""Lengths in a document are in 1/1000 point; in digital layouts, 1/1000 pixel."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a frame is placed, in the document's units.

    Attributes:
        x: Its left edge.
        y: Its top edge.
        width: Its width.
        height: Its height.
        rotation: Degrees, clockwise, about its centre.
        scale: The scale of its content.
        visible: Whether the layout shows it.
        fit: How a picture fills it: ``fill`` or ``fit``.
        copyfit: The smallest and largest scale of its text, if it is copy-fitted.
    """

    x: float
    y: float
    width: float
    height: float
    rotation: float
    scale: float
    visible: bool
    fit: str
    copyfit: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout with its inherited properties.

    Attributes:
        id: Its ID.
        width: Its width in the document's units.
        height: Its height in the document's units.
        intent: ``print``, ``digitalStatic`` or ``digitalAnimated``.
        fill: The colour of the page, if it has one.
        placements: The placement of each frame, by the frame's ID.
        animations: The animation of each frame, by the frame's ID.
        timeline_ms: The duration of the animation.
    """

    id: str
    width: float
    height: float
    intent: str
    fill: Mapping[str, Any] | None
    placements: Mapping[str, Placement]
    animations: Mapping[str, Mapping[str, Any]]
    timeline_ms: int

    @property
    def is_print(self) -> bool:
        """Whether it is a print layout."""
        return self.intent == "print"


def find_layout(document: Mapping[str, Any], layout_id: str) -> Layout:
    """Return a layout of a document with the properties of its parents.

    Raises:
        LookupError: If the document has no such layout.
    """
    layouts = {str(raw["id"]): raw for raw in document.get("layouts") or []}
    chain: list[Mapping[str, Any]] = []
    wanted: str | None = str(layout_id)
    while wanted and len(chain) <= len(layouts):
        if wanted not in layouts:
            raise LookupError(f"The document has no layout '{wanted}'.")
        chain.insert(0, layouts[wanted])
        parent = layouts[wanted].get("parentId")
        wanted = None if parent is None else str(parent)
    merged: dict[str, Any] = {}
    for raw in chain:
        merged.update({key: value for key, value in raw.items() if value is not None})
    intent = merged.get("intent", "digitalStatic")
    width, height = float(merged["width"]), float(merged["height"])
    return Layout(
        id=str(layout_id),
        width=width,
        height=height,
        intent=str(intent.get("value") if isinstance(intent, Mapping) else intent),
        fill=merged.get("fillColor") if merged.get("fillColorEnabled", True) else None,
        placements={
            frame: _placement(raw, width, height)
            for frame, raw in _by_frame(chain, "frameProperties").items()
        },
        animations=_by_frame(chain, "frameAnimations"),
        timeline_ms=int(merged.get("timelineLengthMs") or 0),
    )


def _by_frame(chain: list[Mapping[str, Any]], key: str) -> dict[str, Mapping[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for raw in chain:
        for entry in raw.get(key) or []:
            merged.setdefault(str(entry["id"]), {}).update(entry)
    return dict(merged)


def _placement(
    raw: Mapping[str, Any], page_width: float, page_height: float
) -> Placement:
    scale = float(raw.get("scaleX", 1))
    x, width = _span(raw, "horizontal", ("x", "width"), page_width)
    y, height = _span(raw, "vertical", ("y", "height"), page_height)
    return Placement(
        x=x,
        y=y,
        width=width * scale,
        height=height * float(raw.get("scaleY", scale)),
        rotation=float(raw.get("rotationDegrees", 0)),
        scale=scale,
        visible=bool(raw.get("isVisible", True)),
        fit=str((raw.get("imageFit") or {}).get("mode") or raw.get("fitMode", "fill")),
        copyfit=_copyfit(raw),
    )


def _span(
    raw: Mapping[str, Any], axis: str, keys: tuple[str, str], page: float
) -> tuple[float, float]:
    """Return the start and the length of a frame on one axis.

    Newer documents can have the distances from the edges of the page instead, as parts
    of its size.
    """
    start, length = (float(raw.get(key) or 0) for key in keys)
    anchor = raw.get(axis)
    if not isinstance(anchor, Mapping) or anchor.get("type") != "relative":
        return start, length
    start, end = float(anchor.get("start", 0)), float(anchor.get("end", 0))
    return start * page, (1 - start - end) * page


def _copyfit(raw: Mapping[str, Any]) -> tuple[float, float] | None:
    settings = raw.get("copyfittingSettings")
    if isinstance(settings, Mapping) and settings.get("enabled"):
        return float(settings.get("min", 0.5)), float(settings.get("max", 1))
    if not raw.get("enableCopyfitting"):
        return None
    least, most = raw.get("minCopyfitting", 50), raw.get("maxCopyfitting", 100)
    return float(least) / 100, float(most) / 100
