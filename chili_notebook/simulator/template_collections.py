"""Collections of templates.

GraFx publishes that they are there, that names are unique and that a template in one
is not deleted without force; their shape is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, require_access
from chili_notebook.simulator.bodies import json_object, text_field
from chili_notebook.simulator.listings import Envelope, page_of
from chili_notebook.simulator.problems import ProblemError
from chili_notebook.simulator.shelf import require_entries

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.documents import Documents
    from chili_notebook.simulator.shelf import Shelf
    from chili_notebook.simulator.world import World

Collection = dict[str, Any]

_ENVELOPE = Envelope(last_links={}, total=False)
_MEMBER = {"id": str, "name": str}
_FIRST_NAME, _FIRST_MEMBER = "Shop window", "Market price tag"


class Collections:
    """All collections; to begin with there is one, with one template in it.

    Args:
        shelf: Where they are kept.
        templates: What there is to collect.

    Raises:
        ValueError: If what was kept cannot be read.
    """

    def __init__(self, shelf: Shelf, templates: Documents) -> None:
        self._shelf = shelf
        members = [
            {"id": template.id, "name": template.name}
            for template in templates.newest_first()
            if template.name == _FIRST_MEMBER
        ]
        first_id = str(uuid5(NAMESPACE_URL, "simulated template collection"))
        first = [{"id": first_id, "name": _FIRST_NAME, "templates": members}]
        kept = shelf.read_entries("collections", {**_MEMBER, "templates": list})
        for collection in kept or []:
            require_entries("collections", collection["templates"], _MEMBER)
        self.all: list[Collection] = first if kept is None else kept
        self.save()

    def holds(self, template_id: str) -> bool:
        """Tell whether a template is in some collection."""
        return any(
            member["id"] == template_id
            for collection in self.all
            for member in collection["templates"]
        )

    def drop(self, template_id: str) -> None:
        """Take a template out of all collections."""
        for collection in self.all:
            members = collection["templates"]
            members[:] = [m for m in members if m["id"] != template_id]
        self.save()

    def save(self) -> None:
        """Keep what was changed."""
        self._shelf.write("collections", self.all)


def collection_routes(world: World) -> list[Route]:
    """Make the routes of the collections."""
    collections = world.collections

    def named(request: Request, scope: str) -> Collection:
        require_access(request, world.issuer, f"template_collection:{scope}")
        wanted = request.path_params["id"]
        for collection in collections.all:
            if collection["id"] == wanted:
                return collection
        raise ProblemError(404, f"Template collection '{wanted}' is not found")

    async def listing(request: Request) -> JSONResponse:
        require_access(request, world.issuer, "template_collection:list")
        path = "template-collections"
        return JSONResponse(
            page_of(request, path, lambda _: collections.all, _ENVELOPE, world.cursors)
        )

    async def create(request: Request) -> JSONResponse:
        require_access(request, world.issuer, "template_collection:write")
        name = text_field(json_object(await request.body(), "request"), "name")
        if any(collection["name"] == name for collection in collections.all):
            raise ProblemError(400, f"There is a collection '{name}' already")
        made: Collection = {"id": str(uuid4()), "name": name, "templates": []}
        collections.all.append(made)
        collections.save()
        return JSONResponse(made, 201)

    async def item(request: Request) -> JSONResponse:
        return JSONResponse(named(request, "read"))

    async def delete(request: Request) -> Response:
        collections.all.remove(named(request, "write"))
        collections.save()
        return Response(status_code=204)

    at = f"{ROOT}/template-collections"
    return [
        Route(at, listing),
        Route(at, create, methods=["POST"]),
        Route(f"{at}/{{id}}", item),
        Route(f"{at}/{{id}}", delete, methods=["DELETE"]),
    ]
