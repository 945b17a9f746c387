"""The server: on loopback alone, at once, and itself in every answer."""

from __future__ import annotations

import socket

import httpx
import pytest

from chili_notebook.simulator import Simulator
from chili_notebook.simulator.problems import ProblemError


def test_it_is_on_loopback_alone(simulator):
    """Nothing beyond this machine can reach it."""
    host, _port = simulator._socket.getsockname()
    assert host == "127.0.0.1"
    assert simulator.url.startswith("http://127.0.0.1:")


def test_small_packets_are_sent_at_once(simulator, api):
    """No answer waits for the packet before it to be confirmed."""
    api.get("templates")
    (connection,) = simulator._server.server_state.connections
    stream = connection.transport.get_extra_info("socket")
    assert stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_stopping_twice_is_harmless():
    """What has ended can be ended again, and answers nobody."""
    simulator = Simulator()
    simulator.start()
    simulator.stop()
    simulator.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(simulator.url)


def test_a_stop_lets_an_answer_end(simulator):
    """A request that is being answered when the simulator stops gets its answer."""
    simulator.faults.add("slow", path="/", seconds=0.1)
    with socket.create_connection(simulator._socket.getsockname()) as asking:
        asking.sendall(b"GET / HTTP/1.1\r\nHost: simulator\r\n\r\n")
        while not simulator.requests:
            pass
        simulator.stop()
        answer = asking.recv(1000)
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_failure_of_its_own_is_a_problem_too(simulator, api):
    """What breaks in the simulator is told as such, and marked as simulated."""
    simulator.templates.find = None
    answer = api.get("templates/any")
    assert answer.status_code == 500
    assert answer.json()["detail"].startswith("The simulator failed")
    assert "no GraFx" in answer.headers["x-simulated"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "https://tools.ietf.org/html/rfc7231#section-6.5.1"),
        (401, "https://httpstatuses.io/401"),
        (403, "https://httpstatuses.io/403"),
        (404, "https://tools.ietf.org/html/rfc7231#section-6.5.4"),
        (410, "https://tools.ietf.org/html/rfc7231#section-6.5.9"),
        (500, "https://httpstatuses.io/500"),
    ],
)
def test_a_problem_has_the_type_that_the_reference_prints(status, kind):
    """Each status has its URI (API reference, 2022), and a trace id."""
    body = ProblemError(status, "Why").body()
    assert (body["type"], body["status"], body["detail"]) == (kind, status, "Why")
    assert body["traceId"].count("-") == 3
