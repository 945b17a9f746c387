"""Finds the corner of a page where nothing stands. Pure.

It is told by the frames and not by what they hold, so that it is the same one for all
records of a batch and for all moments of an animation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chili_notebook.simulator.drawing.layouts import Layout, Placement

Edges = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def quiet_corner(
    page: Mapping[str, Any], layout: Layout, width: float, height: float
) -> tuple[float, float]:
    """Find room in a corner of a page, or inside of a frame that runs around it.

    Args:
        page: The page.
        layout: Where its frames stand.
        width: The width of the room, in the document's units.
        height: Its height.

    Returns:
        The left and top edge of the room: of several that are equally free, the one
        nearest to the edge of the page, and rather below and to the right.
    """
    taken = list(_taken(page.get("frames") or [], layout))
    right, lower = layout.width - width, layout.height - height
    corners = [
        (x, y)
        for inset in (0, height, 2 * height)
        for y in (lower - inset, inset)
        for x in (right - inset, inset)
    ]

    def unrest(corner: tuple[float, float]) -> int:
        left, top = corner
        room = (left, top, left + width, top + height)
        return sum(_overlap(room, edges) for edges in taken)

    return min(corners, key=unrest)


def _taken(frames: Iterable[Mapping[str, Any]], layout: Layout) -> Iterator[Edges]:
    for frame in frames:
        place = layout.placements.get(str(frame["id"]))
        if place is not None and place.visible:
            yield from _stands(frame, place)


def _stands(frame: Mapping[str, Any], place: Placement) -> Iterator[Edges]:
    """Give where a frame is to be seen; of a plain area that is its outline."""
    left, top = place.x, place.y
    right, bottom = left + place.width, top + place.height
    outline = (frame.get("src") or {}).get("type", "rectangle")
    if frame.get("type") != "shape" or outline != "rectangle":
        yield (left, top, right, bottom)
        return
    yield (left, top, right, top)
    yield (left, bottom, right, bottom)
    yield (left, top, left, bottom)
    yield (right, top, right, bottom)


def _overlap(one: Edges, other: Edges) -> bool:
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]
