"""The signed-in client of one GraFx environment: its nouns."""

from __future__ import annotations

from functools import cached_property
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from chili_notebook.api.base import Calls
from chili_notebook.api.fonts import Fonts
from chili_notebook.api.listing import Listing
from chili_notebook.api.media import MediaLibrary
from chili_notebook.api.outputs import Outputs
from chili_notebook.api.projects import Projects
from chili_notebook.api.responses import item_of
from chili_notebook.api.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Chili(Calls):
    """A signed-in client of one environment.

    Its nouns are what people do most; anything else of the API is one `get` or `pages`
    away. Calls are as `chili_notebook.api.base.Calls` says.
    """

    @cached_property
    def templates(self) -> Templates:
        """The environment's Studio templates."""
        return Templates(self)

    @cached_property
    def projects(self) -> Projects:
        """The projects of this integration."""
        return Projects(self)

    @cached_property
    def media(self) -> MediaLibrary:
        """The environment's media library."""
        return MediaLibrary(self)

    @cached_property
    def fonts(self) -> Fonts:
        """The environment's fonts."""
        return Fonts(self)

    @cached_property
    def outputs(self) -> Outputs:
        """Renders templates and projects."""
        return Outputs(self)

    def pages(
        self, path: str, params: Mapping[str, Any] | None = None
    ) -> Listing[Mapping[str, Any]]:
        """Give the items of any listing, page by page as they are needed."""
        return Listing(self, path, params or {}, read=dict, noun="items")

    def info(self) -> Mapping[str, Any]:
        """Give what the environment says of its version ("API reference")."""
        return item_of(self.get("/api/v1/info"))

    def settings(self) -> Mapping[str, Any]:
        """Give the environment's settings ("Versioning")."""
        return item_of(self.get("settings"))

    def connectors(self) -> Listing[Mapping[str, Any]]:
        """List the connectors (Studio UI's own calls)."""
        return Listing(
            self,
            "connectors",
            {},
            read=dict,
            noun="connectors",
            columns=_columns("name", "type", "enabled", "id"),
        )

    def user_interfaces(self) -> Listing[Mapping[str, Any]]:
        """List the Studio UI configurations (Studio UI's own calls)."""
        return Listing(
            self,
            "user-interfaces",
            {},
            read=dict,
            noun="user interfaces",
            columns=_columns("name", "default", "id"),
        )

    def __repr__(self) -> str:
        if self._source.peek() is None:
            return "<Chili: not signed in>"
        kind = f" ({self.environment.kind})" if self.environment.kind else ""
        return f"<Chili: {self.environment.name or 'no environment'}{kind}>"


def _columns(
    *keys: str,
) -> list[tuple[str, Callable[[Mapping[str, Any]], object]]]:
    """Give a table's columns of what GraFx sent under these keys."""
    return [(key.capitalize(), methodcaller("get", key)) for key in keys]
