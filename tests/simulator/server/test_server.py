"""Tests of the server: its address, start, stop, errors and its own endpoints."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
from starlette.routing import Route

from chili_notebook.simulator import Simulator
from chili_notebook.simulator.server.app import make_app


def test_server_listens_on_loopback_only(shared_simulator):
    """The server is not reachable at the machine's other addresses."""
    port = httpx.URL(shared_simulator.url).port
    assert shared_simulator.url == f"http://127.0.0.1:{port}"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", port), timeout=1)


def test_small_packets_are_sent_without_delay(shared_simulator, shared_api):
    """Nagle's algorithm is off, so responses on one connection do not wait 40 ms."""
    shared_api.get("templates")
    (connection,) = shared_simulator._server.server_state.connections
    stream = connection.transport.get_extra_info("socket")
    assert stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_stop_can_be_called_twice():
    """After a stop nothing listens, and a second stop does nothing."""
    simulator = Simulator()
    simulator.start()
    simulator.stop()
    simulator.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(simulator.url)


def test_stop_completes_requests_in_progress():
    """A request that is in progress when the server stops gets its response."""
    simulator = Simulator()
    simulator.start()
    simulator.state.faults.add("slow", path="/", seconds=0.1)
    address = ("127.0.0.1", httpx.URL(simulator.url).port)
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: simulator\r\n\r\n")
        while not simulator.state.requests:
            pass
        simulator.stop()
        response = connection.recv(1000)
    assert response.startswith(b"HTTP/1.1 200")


def test_every_response_says_that_it_is_simulated(shared_simulator, shared_api):
    """Pages, API responses and errors have the header."""
    for response in (
        httpx.get(shared_simulator.url),
        shared_api.get("templates"),
        shared_api.get("nowhere"),
    ):
        assert "not GraFx" in response.headers["x-simulated"]


def test_internal_error_is_a_problem_without_its_text(shared_simulator):
    """The response names the class of an internal error; the text may hold a secret."""

    async def fail(_request):
        raise ValueError("my-secret")

    async def send_request():
        app = make_app(shared_simulator.state)
        app.routes.append(Route("/failing", fail))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.get("http://simulator/failing")

    response = asyncio.run(send_request())
    assert response.status_code == 500
    assert response.json()["detail"] == "The simulator failed: ValueError."
    assert response.headers["connection"] == "close"


def test_requests_and_outputs_are_counted(simulator, api, create_output):
    """Another process reads how many outputs were started, and requests of each kind.

    Refused outputs are requests, but not outputs; requests for the counts do not count.
    """
    create_output("jpg")
    api.post("output/jpg", json={"templateId": "nobody"})
    counts = httpx.get(f"{simulator.url}/simulator/counts").json()
    assert counts["outputs"] == simulator.started_outputs == 1
    assert counts["requests"] == simulator.request_counts
    assert counts["requests"] == {
        "GET templates": 1,
        "POST output/jpg": 2,
        "GET output/tasks/{id}": 2,
    }


def test_clock_can_be_advanced_over_http(simulator):
    """The control endpoint advances the clock by a whole number of seconds."""
    before = simulator.clock()
    url = f"{simulator.url}/simulator/clock"
    assert httpx.post(url, params={"advance_s": 60}).json()["now"] == before + 60
    assert httpx.post(url, params={"advance_s": "soon"}).status_code == 400
