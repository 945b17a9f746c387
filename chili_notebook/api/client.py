"""The signed-in client of one GraFx environment, with its nouns."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from chili_notebook.api.base import ApiClient
from chili_notebook.api.fonts import Fonts
from chili_notebook.api.listing import Listing
from chili_notebook.api.media import MediaLibrary
from chili_notebook.api.outputs import Outputs
from chili_notebook.api.projects import Projects
from chili_notebook.api.responses import item_of
from chili_notebook.api.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTERNAL = {"clock", "link", "sleep", "stopwatch"}


class Chili(ApiClient):
    """Use one GraFx environment, signed in.

    `login()` and ``%chili_login`` make one; do not construct it.

    The nouns ``templates``, ``projects``, ``media``, ``fonts`` and ``outputs`` do what
    people do most. Everything else of the Environment API is reached with ``get``,
    ``post``, ``put``, ``patch``, ``delete``, ``request``, ``stream`` and ``pages``.
    ``token`` is the token, and ``environment`` the environment.

    Example:
        template = chili.templates.list()[0]
        chili.outputs.create(template, "png")
    """

    @cached_property
    def templates(self) -> Templates:
        """The environment's Studio templates.

        Example:
            chili.templates.list(search="card")
        """
        return Templates(self, self.outputs.create)

    @cached_property
    def projects(self) -> Projects:
        """The projects of this integration.

        Example:
            chili.projects.create(template, name="Spring sale")
        """
        return Projects(self, self.outputs.create)

    @cached_property
    def media(self) -> MediaLibrary:
        """The environment's media library.

        Example:
            chili.media.list(search="logo")
        """
        return MediaLibrary(self)

    @cached_property
    def fonts(self) -> Fonts:
        """The environment's fonts.

        Example:
            chili.fonts.list()
        """
        return Fonts(self)

    @cached_property
    def outputs(self) -> Outputs:
        """Renders templates, projects and documents.

        Example:
            chili.outputs.create(template, "pdf").save("renders/")
        """
        return Outputs(self)

    def pages(
        self, path: str, params: Mapping[str, Any] | None = None
    ) -> Listing[Mapping[str, Any]]:
        """List anything that has no noun, page by page as its items are needed.

        Args:
            path: The path of the listing.
            params: Its query.

        Example:
            chili.pages("connectors")
            chili.pages("output/tasks").to_frame()
        """
        return Listing(self, path, params or {}, read=dict, noun="items")

    def info(self) -> Mapping[str, Any]:
        """Return the version of the environment (page "API reference").

        Example:
            chili.info()
        """
        return item_of(self.get("/api/v1/info"))

    def settings(self) -> Mapping[str, Any]:
        """Return the environment's settings (page "Versioning").

        Example:
            chili.settings()
        """
        return item_of(self.get("settings"))

    def __dir__(self) -> list[str]:
        # Completion offers what users call, not what only the nouns use.
        return sorted(set(super().__dir__()) - _INTERNAL)

    def __repr__(self) -> str:
        if self._source.peek() is None:
            return "<Chili: not signed in>"
        kind = f" ({self.environment.kind})" if self.environment.kind else ""
        return f"<Chili: {self.environment.name or 'no environment'}{kind}>"
