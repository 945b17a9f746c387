"""Fixtures for the tests of the client: signed-in clients, and fake APIs."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from chili_notebook.api.client import Chili
from chili_notebook.auth.credentials import Credentials, Origin
from chili_notebook.auth.environment import Environment
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.token_manager import TokenManager
from fakes import Answer, Clock, Protector, Server

HOST = "https://cp-abc-123.chili-publish.online"


@pytest.fixture(scope="session")
def client_of():
    """Return a function that makes a client of an API, which is a Python function.

    The API gets each `httpx.Request` and returns an `httpx.Response`. Waiting advances
    the clock.
    """

    def client_of(api, *, base_url=f"{HOST}/grafx", **options):
        clock = Clock()
        source = TokenManager(Protector(), clock=clock, stopwatch=clock)
        environment = Environment("cp-abc-123", "production", base_url)
        token = Credentials(".env", Origin.ENV_FILE, access_token=Secret("a.b.c"))
        source.sign_in(token, environment)
        transport = httpx.MockTransport(api)
        return Chili(source, transport=transport, sleep=clock.advance, **options)

    return client_of


@pytest.fixture
def connect(clock, credentials, environment):
    """Return a function that makes a client of a server; waiting advances the clock."""

    def connect(server, **options):
        stopwatch = options.pop("stopwatch", clock)
        source = TokenManager(Protector(), clock=clock, stopwatch=stopwatch)
        source.sign_in(
            credentials, replace(environment, base_url=f"{server.url}/grafx")
        )
        return Chili(source, **({"sleep": clock.advance} | options))

    return connect


@pytest.fixture
def server():
    """Serve an API that responds with the path and the method of the request."""

    def echo(request):
        return Answer(200, {"path": request.path, "method": request.method})

    with Server(echo) as server:
        yield server


@pytest.fixture
def chili(server, connect):
    """Return a client of that server."""
    with connect(server) as client:
        yield client


FILE = {"Content-Type": "image/png", "Content-Disposition": 'a; filename="D:x.png"'}


class OutputAPI:
    """An API that starts one task; its responses can be replaced.

    Attributes:
        polls: The responses to polls, in order; the last one is repeated.
        start: The response to an output request.
        file: The response to a download.
        report: The response to a request for the error report.
        template: The response to a request for a template.
        output_requests: The number of output requests.
        poll_count: The number of polls.
    """

    def __init__(self):
        self.polls = [Answer(200, {"data": {"taskId": "t"}, "links": {}})]
        self.start = Answer(200, {"data": {"taskId": "t"}})
        self.file = Answer(200, b"png", FILE)
        errors = [{"type": "TextOverflow", "details": "Headline."}]
        self.report = Answer(200, [{"recordNumber": 4, "errorList": errors}])
        self.template = Answer(200, {"data": {"id": "1", "name": "a"}})
        self.output_requests = self.poll_count = 0

    def __call__(self, request):
        """Return the response to a request."""
        match request.path.partition("/environment/cp-abc-123/")[2]:
            case "templates/1/download":
                return Answer(200, {"layouts": [{"id": "0", "name": "one"}]})
            case "output/png":
                self.output_requests += 1
                return self.start
            case "output/tasks/t":
                self.poll_count += 1
                return self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
            case "report":
                return self.report
            case path if path.startswith("templates/") and path.count("/") == 1:
                return self.template
        is_listing = "/templates?" in request.path
        return Answer(200, {"data": []}) if is_listing else self.file


@pytest.fixture
def api():
    """Return an API that starts one task."""
    return OutputAPI()


@pytest.fixture
def output_server(api):
    """Serve that API."""
    with Server(api) as server:
        yield server
