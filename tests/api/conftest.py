"""What the tests of the client share: clients that are signed in."""

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
    """Return a function that makes a client of an API that is a Python function.

    It gets `httpx.Request`s and returns `httpx.Response`s. Waiting turns the clock.
    """

    def client_of(api, **options):
        clock = Clock()
        source = TokenManager(Protector(), clock=clock, stopwatch=clock)
        environment = Environment("cp-abc-123", "production", f"{HOST}/grafx")
        token = Credentials(".env", Origin.ENV_FILE, access_token=Secret("a.b.c"))
        source.sign_in(token, environment)
        transport = httpx.MockTransport(api)
        return Chili(source, transport=transport, sleep=clock.advance, **options)

    return client_of


@pytest.fixture
def connect(clock, credentials, environment):
    """Return a function that makes a client of a server; waiting turns the clock."""

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
    """Serve an API that answers with what it was asked."""

    def echo(asked):
        return Answer(200, {"path": asked.path, "method": asked.method})

    with Server(echo) as server:
        yield server


@pytest.fixture
def chili(server, connect):
    """Return a client of that server."""
    with connect(server) as client:
        yield client


FILE = {"Content-Type": "image/png", "Content-Disposition": 'a; filename="D:x.png"'}


class OutputAPI:
    """An API that starts one task; its answers can be replaced.

    Attributes:
        polls: The answers to polls, one after the other; the last one again and again.
        start: The answer to an order.
        file: The answer to a download.
        report: The answer to a request for the error report.
        asked: How many orders and polls there were.
    """

    def __init__(self):
        self.polls = [Answer(200, {"data": {"taskId": "t"}, "links": {}})]
        self.start = Answer(200, {"data": {"taskId": "t"}})
        self.file = Answer(200, b"png", FILE)
        errors = [{"type": "TextOverflow", "details": "Headline."}]
        self.report = Answer(200, [{"recordNumber": 4, "errorList": errors}])
        self.template = Answer(200, {"data": {"id": "1", "name": "a"}})
        self.orders = self.polled = 0

    def __call__(self, asked):
        """Answer a request."""
        match asked.path.partition("/environment/cp-abc-123/")[2]:
            case "templates/1/download":
                return Answer(200, {"layouts": [{"id": "0", "name": "one"}]})
            case "output/png":
                self.orders += 1
                return self.start
            case "output/tasks/t":
                self.polled += 1
                return self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
            case "report":
                return self.report
            case path if path.startswith("templates/") and path.count("/") == 1:
                return self.template
        return self.file


@pytest.fixture
def api():
    """Return an API that starts one task."""
    return OutputAPI()


@pytest.fixture
def output_server(api):
    """Serve that API."""
    with Server(api) as server:
        yield server
