"""Output settings: a default one for each format, and those that people make.

Shapes are those of Studio UI's calls: the listing is wrapped, a setting is bare. The
spelling of ``continueBatchOutputAfterFailure`` is inferred from its words on the page
"Output settings"; the statuses of what changes a setting are not published.
"""

from __future__ import annotations

from dataclasses import dataclass
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

    from chili_notebook.simulator.shelf import Shelf
    from chili_notebook.simulator.world import World

Setting = dict[str, Any]

FORMATS = ("pdf", "jpg", "png", "html", "gif", "mp4")
CONTINUE = "continueBatchOutputAfterFailure"

_ENVELOPE = Envelope(last_links={}, total=False)
_FIELDS = {"id": str, "name": str, "type": str, "default": bool}
_TYPES_OF_FIELDS: dict[str, type] = {
    "description": str,
    "default": bool,
    "watermark": bool,
    "watermarkText": str,
    "dataSourceEnabled": bool,
    CONTINUE: bool,
}
_NUMBERS = ("fps", "maxFileSizeInKiloBytes", "quality", "scaling")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a setting decides of an output.

    Attributes:
        watermark: A text to lay over the pictures.
        skips_failures: Whether the records that can be made are, if others cannot.
        scale: How large the pictures are; what ``scaling`` is in is not published, and
            is a percentage here.
        fps: How many frames a second an animation has.
    """

    watermark: str | None = None
    skips_failures: bool = False
    scale: float = 1.0
    fps: float | None = None


class OutputSettings:
    """All output settings; there is always one default for each format.

    Args:
        shelf: Where they are kept.

    Raises:
        ValueError: If what was kept cannot be read.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        kept = shelf.read("settings")
        if kept is None:
            kept = {
                setting["id"]: setting for setting in map(_default_setting, FORMATS)
            }
        if not isinstance(kept, dict):
            raise ValueError("settings.json: it is no object")  # noqa: TRY004 - what a file holds
        require_entries("settings", list(kept.values()), _FIELDS)
        defaults = (s["type"] for s in kept.values() if s["default"])
        if sorted(defaults) != sorted(map(str.upper, FORMATS)):
            raise ValueError("settings.json: not one default for each format")
        self.all: dict[str, Setting] = kept
        self.save()

    def default(self, kind: str) -> Setting:
        """Give the default setting of a format."""
        return next(
            setting
            for setting in list(self.all.values())
            if setting["type"] == kind.upper() and setting["default"]
        )

    def put(self, setting: Setting) -> None:
        """Keep a setting; a new default takes the place of the one before."""
        if setting["default"]:
            self.default(setting["type"])["default"] = False
        self.all[setting["id"]] = setting
        self.save()

    def remove(self, setting: Setting) -> None:
        """Forget a setting."""
        del self.all[setting["id"]]
        self.save()

    def save(self) -> None:
        """Keep what was changed."""
        self._shelf.write("settings", self.all)


def choices_of(setting: Setting, *, sandbox: bool) -> Choices:
    """Give what a setting decides; in a sandbox every output has a watermark."""
    watermark = None
    if setting.get("watermark") is True or sandbox:
        watermark = setting.get("watermarkText") or "Watermark"
    skips, scaling = setting.get(CONTINUE) is True, setting.get("scaling")
    return Choices(watermark, skips, (scaling or 100) / 100, setting.get("fps"))


def checked_setting(given: Setting) -> Setting:
    """Give a setting whose fields are of their types.

    Raises:
        ProblemError: 400 if one is not.
    """
    for key, kind in _TYPES_OF_FIELDS.items():
        if key in given and not isinstance(given[key], kind):
            raise ProblemError(400, f"{key} must be {kind.__name__}")
    for key in _NUMBERS:
        number = given.get(key)
        real = isinstance(number, int | float) and not isinstance(number, bool)
        if number is not None and not (real and number > 0):
            raise ProblemError(400, f"{key} must be a number above 0")
    return given


def setting_routes(world: World) -> list[Route]:
    """Make the routes of the settings; no scope is known for them."""
    calls = _Calls(world)
    at = f"{ROOT}/output/settings"
    return [
        Route(at, calls.listing),
        Route(f"{at}/{{id}}", calls.item),
        Route(f"{at}/{{id}}", calls.create, methods=["POST"]),
        Route(f"{at}/{{id}}", calls.change, methods=["PUT"]),
        Route(f"{at}/{{id}}", calls.delete, methods=["DELETE"]),
    ]


@dataclass(frozen=True, slots=True)
class _Calls:
    """What can be asked of the settings."""

    world: World

    def named(self, request: Request) -> Setting:
        require_access(request, self.world.issuer)
        setting_id = request.path_params["id"]
        if setting_id not in self.world.settings.all:
            raise ProblemError(404, f"Output setting '{setting_id}' is not found")
        return self.world.settings.all[setting_id]

    async def listing(self, request: Request) -> JSONResponse:
        require_access(request, self.world.issuer)
        path = "output/settings"
        return JSONResponse(
            page_of(
                request,
                path,
                lambda _: list(self.world.settings.all.values()),
                _ENVELOPE,
                self.world.cursors,
            )
        )

    async def item(self, request: Request) -> JSONResponse:
        return JSONResponse(self.named(request))

    async def create(self, request: Request) -> JSONResponse:
        require_access(request, self.world.issuer)
        kind = request.path_params["id"]
        if kind not in FORMATS:
            raise ProblemError(404, f"There is no output format '{kind}'")
        given = checked_setting(json_object(await request.body(), "request"))
        text_field(given, "name")
        fixed = {"id": str(uuid4()), "type": kind.upper()}
        made = _plain_setting(kind) | given | fixed
        self.world.settings.put(made)
        return JSONResponse(made, 201)

    async def change(self, request: Request) -> JSONResponse:
        setting = self.named(request)
        given = checked_setting(json_object(await request.body(), "request"))
        if setting["default"] and not given.get("default", True):
            raise ProblemError(400, "Make another setting the default instead")
        fixed = {"id": setting["id"], "type": setting["type"]}
        changed = setting | given | fixed
        text_field(changed, "name")
        self.world.settings.put(changed)
        return JSONResponse(changed)

    async def delete(self, request: Request) -> Response:
        setting = self.named(request)
        if setting["default"]:
            raise ProblemError(400, "The default setting of a format stays")
        self.world.settings.remove(setting)
        return Response(status_code=204)


def _default_setting(kind: str) -> Setting:
    return _plain_setting(kind) | {
        "id": str(uuid5(NAMESPACE_URL, f"simulated output setting {kind}")),
        "name": f"Default {kind.upper()}",
        "default": True,
    }


def _plain_setting(kind: str) -> Setting:
    return {
        "id": "",
        "name": "",
        "type": kind.upper(),
        "description": "Simulated",
        "default": False,
        "watermark": False,
        "watermarkText": "",
        "dataSourceEnabled": False,
        CONTINUE: False,
    }
