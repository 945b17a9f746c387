"""The state of the simulated environment."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools import TTLCache

from chili_notebook.simulator.state.documents import DocumentStore
from chili_notebook.simulator.state.faults import Faults
from chili_notebook.simulator.state.font_library import FontLibrary
from chili_notebook.simulator.state.media_library import MediaLibrary
from chili_notebook.simulator.state.output_settings import SettingStore
from chili_notebook.simulator.state.sample_templates import (
    load_sample_templates,
    make_sample_projects,
)
from chili_notebook.simulator.state.tasks import TaskStore
from chili_notebook.simulator.state.token_issuer import TokenIssuer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.simulator.state.clock import Clock

_MAX_REQUESTS = 10_000
_MAX_KINDS = 1000
_MAX_CURSORS = 1000
_CURSOR_LIFETIME_S = 3600  # GraFx does not publish the lifetime
_ROOT = re.compile(r"/grafx/api/v1/environment/[^/]+/")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request that the simulator has received."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position of a client in a listing.

    Attributes:
        path: The path of the listing.
        position: The index of the next item.
        query: The parameters of the listing.
    """

    path: str
    position: int
    query: Mapping[str, str]


class EnvironmentState:
    """The state of the environment; nothing is stored when the process ends.

    Args:
        clock: The clock that determines the age of tokens, tasks and files.
        draws: Whether outputs show their content.
        sandbox: Whether it is a sandbox, where all outputs have a watermark.

    Attributes:
        requests: The latest requests.
        request_counts: How many requests of each kind were received, without those to
            the simulator's own endpoints. A kind is the method and the path in the
            environment, such as ``GET output/tasks/{id}``.
        faults: The active faults.
        issuer: The issuer of access tokens.
        integration: The first client.
        templates: The templates.
        projects: The projects of all clients.
        media: The media.
        fonts: The fonts.
        settings: The output settings.
        tasks: The tasks of outputs and previews.
        cursors: The positions of clients in listings, by token.
    """

    def __init__(
        self, clock: Clock, *, draws: bool = True, sandbox: bool = False
    ) -> None:
        self.clock = clock
        self.draws = draws
        self.sandbox = sandbox
        self.requests: deque[ReceivedRequest] = deque(maxlen=_MAX_REQUESTS)
        self.request_counts: Counter[str] = Counter()
        self.faults = Faults()
        self.issuer = TokenIssuer(clock)
        self.integration = self.issuer.register()
        templates = load_sample_templates()
        projects = make_sample_projects(templates, self.integration.client_id)
        self.templates = DocumentStore(clock, templates)
        self.projects = DocumentStore(clock, projects)
        self.media = MediaLibrary()
        self.fonts = FontLibrary()
        self.settings = SettingStore()
        self.tasks = TaskStore(clock)
        self.cursors: TTLCache[str, Cursor] = TTLCache(
            _MAX_CURSORS, _CURSOR_LIFETIME_S, timer=clock
        )

    def record(self, method: str, path: str) -> None:
        """Record and count a request."""
        self.requests.append(ReceivedRequest(method, path))
        kind = f"{method} {_GUID.sub('{id}', _ROOT.sub('', path, count=1))}"
        if kind not in self.request_counts and len(self.request_counts) >= _MAX_KINDS:
            kind = "other"
        self.request_counts[kind] += 1
