"""All that the simulator holds: one environment, and who may use it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from chili_notebook.simulator.clock import Clock
from chili_notebook.simulator.documents import (
    Documents,
    first_projects,
    first_templates,
)
from chili_notebook.simulator.faults import Faults
from chili_notebook.simulator.identity import Integration, TokenIssuer
from chili_notebook.simulator.listings import Cursors
from chili_notebook.simulator.media_library import MediaLibrary
from chili_notebook.simulator.output_settings import OutputSettings
from chili_notebook.simulator.shelf import Shelf
from chili_notebook.simulator.tasks import Tasks
from chili_notebook.simulator.template_collections import Collections

if TYPE_CHECKING:
    from pathlib import Path

    from chili_notebook.simulator.front import Request

_REMEMBERED = 10_000
_CREDENTIALS = ("client_id", "client_secret")


class World:
    """An environment's state.

    Attributes:
        clock: Its clock; tokens, tasks and files age by it.
        requests: The latest requests.
        faults: The faults that are set.
        issuer: The token endpoint.
        templates: The templates.
        projects: The projects of all clients.
        collections: The collections of templates.
        media: The media.
        settings: The output settings.
        tasks: The output and preview tasks.
        cursors: Where the listings stand that somebody is in the middle of.
        integration: The client that comes with it.
        sandbox: Whether it is a sandbox, whose outputs always have a watermark.

    Args:
        clock: Its clock.
        data: The folder that keeps the state; without it nothing is kept.
        sandbox: Whether it is a sandbox.

    Raises:
        OSError: If there can be no such folder.
        ValueError: If the folder holds what the simulator did not write.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        data: Path | None = None,
        *,
        sandbox: bool = False,
    ) -> None:
        self.clock = clock or Clock()
        self.sandbox = sandbox
        self.requests: deque[Request] = deque(maxlen=_REMEMBERED)
        self.faults = Faults()
        self.cursors = Cursors(self.clock)
        self.tasks = Tasks(self.clock)
        self.issuer = TokenIssuer(self.clock)
        shelf = Shelf(data)
        self.integration = self._integration(shelf)
        self.templates = Documents("templates", shelf, self.clock, first_templates())
        owned = first_projects(self.templates, self.integration.client_id)
        self.projects = Documents("projects", shelf, self.clock, owned)
        self.collections = Collections(shelf, self.templates)
        self.media = MediaLibrary(shelf)
        self.settings = OutputSettings(shelf)

    def _integration(self, shelf: Shelf) -> Integration:
        """Give the client that was kept, so that its projects stay its own."""
        kept = shelf.read("integration")
        if kept is None:
            integration = self.issuer.register()
            secrets = (integration.client_id, integration.client_secret)
            shelf.write("integration", dict(zip(_CREDENTIALS, secrets, strict=True)))
            return integration
        if not isinstance(kept, dict) or not all(
            isinstance(kept.get(key), str) for key in _CREDENTIALS
        ):
            raise ValueError("integration.json: it holds no client")
        integration = Integration(*(kept[key] for key in _CREDENTIALS))
        self.issuer.add(integration)
        return integration
