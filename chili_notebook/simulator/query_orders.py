"""Reads the older requests for an output, which name it in the query.

``output/image`` and ``output/animation`` are still what GraFx's workshop shows.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.bodies import json_object
from chili_notebook.simulator.orders import Order, find_stored, read_document
from chili_notebook.simulator.output_settings import choices_of
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.simulator.world import World

FORMATS: Mapping[str, tuple[str, ...]] = {
    "image": ("png", "jpg"),
    "animation": ("mp4", "gif"),
}
_FASTEST_GIF_FPS = 50


def read_query_order(
    query: Mapping[str, str], content: bytes, kind: str, world: World, client_id: str
) -> Order:
    """Read the query, and the document if the body has one.

    What the query has no word for is as the format's default setting says.

    Args:
        query: The query.
        content: The body.
        kind: ``image`` or ``animation``.
        world: What the simulator holds.
        client_id: Whose projects it may name.

    Raises:
        ProblemError: 400, 404 or 500, as GraFx answers.
    """
    made = query.get("outputType", "").lower()
    if made not in FORMATS[kind]:
        raise ProblemError(400, f"outputType must be one of {', '.join(FORMATS[kind])}")
    ratio = _number(query, "pixelRatio", None)
    fps = _number(query, "fps", _FASTEST_GIF_FPS if made == "gif" else None)
    stored, source = find_stored(query, world, client_id)
    if stored is not None and content:
        raise ProblemError(400, "Either an id or a document must be provided")
    sent = json_object(content, "JsonObject document") if content else None
    document = read_document(stored.document if stored else sent)
    usual = choices_of(world.settings.default(made), sandbox=world.sandbox)
    return Order(
        name=stored.name if stored else "Document",
        format=made,
        source=source,
        document=document,
        layouts=(_layout(document, query.get("layoutToExport", "0")),),
        choices=replace(usual, scale=usual.scale * (ratio or 1), fps=fps or usual.fps),
    )


def _layout(document: dict[str, Any], wanted: str) -> str:
    """Find a layout by its id or, as in older documents, by its number."""
    ids = [str(layout.get("id")) for layout in document["layouts"]]
    if wanted in ids:
        return wanted
    if wanted not in map(str, range(len(ids))):
        raise ProblemError(400, f"The document has no layout '{wanted}'")
    return ids[int(wanted)]


def _number(query: Mapping[str, str], key: str, most: int | None) -> float | None:
    if key not in query:
        return None
    try:
        number = float(query[key])
    except ValueError:
        number = 0
    if not 0 < number <= (most or sys.float_info.max):
        raise ProblemError(400, f"{key} is out of its range")
    return number
