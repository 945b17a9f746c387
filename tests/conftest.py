"""What the tests share."""

from __future__ import annotations

import os

import pytest

from chili_notebook.client import Chili
from chili_notebook.credentials import Credentials, Source, resolve
from chili_notebook.environments import Environment
from chili_notebook.login import Found
from chili_notebook.secret import Secret
from chili_notebook.token_source import TokenSource
from fakes import Clock, Server, TokenEndpoint

CLIENT_ID = "clientid0123456789abcdefWXYZ"
CLIENT_SECRET = "s3cret_" + "0123456789-abcdefghijklmnop" * 2


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path, monkeypatch):
    """Give each test an empty folder and a process environment without our keys."""
    for key in list(os.environ):
        if key.startswith("CHILI_") and key not in {
            "CHILI_CHROMIUM",
            "CHILI_REQUIRE_BROWSER",
        }:
            monkeypatch.delenv(key)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def clock():
    """Give a clock that only the test turns."""
    return Clock()


@pytest.fixture
def credentials():
    """Give a pair that the fake endpoint takes."""
    return Credentials(".env", CLIENT_ID, client_secret=Secret(CLIENT_SECRET))


@pytest.fixture
def endpoint(clock):
    """Give the behaviour of GraFx's token endpoint, to count and to disturb."""
    return TokenEndpoint(clock)


@pytest.fixture
def token_server(endpoint):
    """Serve the token endpoint on loopback."""
    with Server(endpoint) as server:
        yield server


@pytest.fixture
def environment(token_server):
    """Give an environment whose tokens come from the fake endpoint."""
    return Environment(
        name="cp-abc-123",
        kind="production",
        base_url="https://cp-abc-123.chili-publish.online/grafx",
        token_url=f"{token_server.url}/oauth/token",
    )


@pytest.fixture
def simulator():
    """Serve the simulator on loopback, on a clock of its own."""
    from chili_notebook.simulator import Simulator

    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def signed_in():
    """Sign in to a simulator; waiting turns its clock instead of taking time."""

    def sign_in(simulator):
        values = {k: Secret(v) for k, v in simulator.variables().items()}
        sources = (Source("the simulator", values),)
        found = Found(sources, resolve(sources), None, demo=True)
        source = TokenSource(clock=simulator.clock)
        source.sign_in(found.resolution.require(), found.environment())
        return Chili(source, sleep=simulator.clock.advance)

    return sign_in
