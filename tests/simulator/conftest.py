"""What the tests of the simulator share: plain clients, signed in or not."""

from __future__ import annotations

import ssl
from contextlib import contextmanager

import httpx
import pytest

from chili_notebook.simulator import Simulator
from chili_notebook.simulator.clock import Clock as Adjustable
from fakes import Clock

AUDIENCE = "https://chiligrafx.com"
ENVIRONMENT = "cp-demo-001"
_NO_TLS = ssl.create_default_context()  # a client that has none makes one, slowly


def root_of(simulator):
    """Give the root of the environment's paths."""
    return f"{simulator.url}/grafx/api/v1/environment/{ENVIRONMENT}/"


@contextmanager
def client_of(simulator, integration=None):
    """Sign in and give a plain client at the root of the environment."""
    integration = integration or simulator.integration
    fields = {
        "grant_type": "client_credentials",
        "audience": AUDIENCE,
        "client_id": integration.client_id,
        "client_secret": integration.client_secret,
    }
    token = simulator.issuer.answer(fields)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=root_of(simulator), headers=headers, verify=_NO_TLS
    ) as client:
        yield client


@pytest.fixture
def connect():
    """Give what signs in to any simulator, as its own client or as another."""
    return client_of


@pytest.fixture
def fields(simulator):
    """Give the four documented fields of a token request."""
    variables = simulator.variables()
    return {
        "grant_type": "client_credentials",
        "audience": AUDIENCE,
        "client_id": variables["CHILI_CLIENT_ID"],
        "client_secret": variables["CHILI_CLIENT_SECRET"],
    }


@pytest.fixture
def ask(simulator, api):
    """Give what asks for a token with a JSON body."""
    return lambda body: api.post(f"{simulator.url}/oauth/token", json=body)


@pytest.fixture
def api(simulator):
    """Give a plain client with a bearer, at the root of the environment."""
    with client_of(simulator) as client:
        yield client


@pytest.fixture
def template(api):
    """Give the first template of the listing."""
    return api.get("templates").json()["data"][0]


@pytest.fixture
def tag(api):
    """Give the small template that the collection holds."""
    return api.get("templates", params={"search": "price tag"}).json()["data"][0]


@pytest.fixture
def finish(api):
    """Give what polls a task to its end."""

    def finish(info):
        while (answer := api.get(info)).status_code == 202:
            assert answer.content == b""
        return answer

    return finish


@pytest.fixture
def render(api, template, finish):
    """Give what starts an output and polls it to its end."""

    def render(kind="png", **body):
        named = {"templateId": template["id"]} if "projectId" not in body else {}
        start = api.post(f"output/{kind}", json=named | body)
        assert start.status_code == 200, start.text
        return finish(start.json()["links"]["taskInfo"])

    return render


@pytest.fixture(scope="module")
def standing():
    """Serve a simulator that the cases of a table share."""
    with Simulator(clock=Adjustable(Clock())) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def reader(standing):
    """Give a plain client of the simulator that is shared."""
    with client_of(standing) as client:
        yield client
