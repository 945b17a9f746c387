"""The signed-in client of one GraFx environment, with its nouns."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.api.base import ApiClient
from chili_notebook.api.listing import Listing
from chili_notebook.api.responses import item_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from chili_notebook.api.brand_kits import BrandKits
    from chili_notebook.api.fonts import Fonts
    from chili_notebook.api.media import MediaLibrary
    from chili_notebook.api.outputs import Outputs
    from chili_notebook.api.projects import Projects
    from chili_notebook.api.templates import Templates

_INTERNAL = {"clock", "link", "sleep", "stopwatch"}


# The module of a noun is imported when the noun is first used: a login needs none.
class Chili(ApiClient):
    """Use one GraFx environment, signed in.

    `login()` and ``%chili_login`` make one; do not construct it.

    The nouns ``templates``, ``projects``, ``media``, ``fonts``, ``brand_kits`` and
    ``outputs`` do what people do most, and ``usage()`` counts renders. Everything else
    of the Environment API is reached with ``get``, ``post``, ``put``, ``patch``,
    ``delete``, ``request``, ``stream`` and ``pages``. ``token`` is the token, and
    ``environment`` the environment.

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
        from chili_notebook.api.templates import Templates

        return Templates(self, self.outputs.create)

    @cached_property
    def projects(self) -> Projects:
        """The projects of this integration.

        Example:
            chili.projects.create(template, name="Spring sale")
        """
        from chili_notebook.api.projects import Projects

        return Projects(self, self.outputs.create)

    @cached_property
    def media(self) -> MediaLibrary:
        """The environment's media library.

        Example:
            chili.media.list(search="logo")
        """
        from chili_notebook.api.media import MediaLibrary

        return MediaLibrary(self)

    @cached_property
    def fonts(self) -> Fonts:
        """The environment's fonts.

        Example:
            chili.fonts.list()
        """
        from chili_notebook.api.fonts import Fonts

        return Fonts(self)

    @cached_property
    def brand_kits(self) -> BrandKits:
        """The environment's brand kits.

        Example:
            chili.brand_kits.list()
        """
        from chili_notebook.api.brand_kits import BrandKits

        return BrandKits(self)

    @cached_property
    def outputs(self) -> Outputs:
        """Renders templates, projects and documents.

        Example:
            chili.outputs.create(template, "pdf").save("renders/")
        """
        from chili_notebook.api.outputs import Outputs

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

    def usage(self, *, group_by: Literal["month", "year"] = "month") -> pd.DataFrame:
        """Return the storage and the renders of your subscriptions.

        They are from GraFx's Platform API, which gets the token for it. It accepts the
        tokens of some integrations only. Without access to the renders, these columns
        are empty.

        Args:
            group_by: ``month`` or ``year``.

        Returns:
            A DataFrame with one row for each subscription and period. The storage is in
            bytes.

        Raises:
            ForbiddenError: If the Platform API does not accept the token.
            ConfigurationError: If pandas is not installed, or the environment is not at
                GraFx's own addresses.

        Example:
            chili.usage(group_by="year")
        """
        from chili_notebook.api.usage import fetch_usage

        return fetch_usage(self, group_by=group_by)

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
