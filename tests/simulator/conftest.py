"""Fixtures for the tests of the simulator: HTTP clients, tokens and outputs."""

from __future__ import annotations

import pytest

from chili_notebook.simulator import Simulator
from chili_notebook.simulator.state.clock import Clock as SimulatorClock
from fakes import Clock
from simulator_api import (
    find_price_tag,
    make_output_function,
    open_client,
    token_fields_of,
)


@pytest.fixture
def api(simulator):
    """Return an httpx client that is signed in to the test's own simulator."""
    with open_client(simulator) as client:
        yield client


@pytest.fixture(scope="module")
def shared_simulator():
    """Serve one simulator for the tests of a module that do not change its state."""
    with Simulator(clock=SimulatorClock(Clock())) as simulator:
        simulator.state.tasks.wait_s = 4  # so that a busy machine needs no more polls
        yield simulator


@pytest.fixture(scope="module")
def shared_api(shared_simulator):
    """Return an httpx client that is signed in to the shared simulator."""
    with open_client(shared_simulator) as client:
        yield client


@pytest.fixture
def token_fields(simulator):
    """Return the fields of a token request for the test's own simulator."""
    return token_fields_of(simulator.integration)


@pytest.fixture
def request_token(simulator, api):
    """Return a function that sends a token request with a JSON body."""
    return lambda body: api.post(f"{simulator.url}/oauth/token", json=body)


@pytest.fixture
def template(api):
    """Return the first template of the listing."""
    return api.get("templates").json()["data"][0]


@pytest.fixture
def price_tag(api):
    """Return the price tag of the test's own simulator."""
    return find_price_tag(api)


@pytest.fixture
def shared_price_tag(shared_api):
    """Return the price tag of the shared simulator."""
    return find_price_tag(shared_api)


@pytest.fixture
def create_output(api, price_tag):
    """Return a function that makes an output in the test's own simulator."""
    return make_output_function(api, price_tag)


@pytest.fixture
def create_shared_output(shared_api, shared_price_tag):
    """Return a function that makes an output in the shared simulator."""
    return make_output_function(shared_api, shared_price_tag)
