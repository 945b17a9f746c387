"""Fixtures and constants that the tests share."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from hypothesis import HealthCheck, settings
from IPython.core.interactiveshell import InteractiveShell

from chili_notebook.api.client import Chili
from chili_notebook.auth.credentials import (
    Credentials,
    Origin,
    Source,
    choose_credentials,
)
from chili_notebook.auth.environment import Environment
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.settings import choose_environment
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.guard.install import Guard
from chili_notebook.notebook.session import Session
from chili_notebook.signin import find_login
from fakes import CardView, Clock, MemoryKeyring, Protector, Server, TokenEndpoint

CLIENT_ID = "clientid0123456789abcdefWXYZ"
CLIENT_SECRET = "s3cret_" + "0123456789-abcdefghijklmnop" * 2
# The message that the card's form sends.
FORM_MESSAGE = {
    "kind": "sign-in",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "environment": "cp-abc-123",
}
# Environment variables that configure the tests.
KEPT_VARIABLES = {"CHILI_CHROMIUM", "CHILI_OTHER_PYTHON", "CHILI_REQUIRE_BROWSER"}
UNMEASURED = r"tests/(leaks/|notebooks/|browser/|test_verbose_tracebacks)"
RINGS = {
    "pure": r"tests/(?!simulator|client|leaks|notebooks|browser)",
    "simulator": r"tests/simulator/",
    "client": r"tests/client/",
    "leaks": r"tests/leaks/",
    "notebooks": r"tests/notebooks/",
    "cells of the notebooks": r"notebooks/",
    "browser": r"tests/browser/",
}

# The modules that take longest, in this order; the others follow. A long module that
# starts last would leave all processes but one idle.
LONGEST_FIRST = (
    "tests/browser/test_(jupyterlab|saved|outputs|card_page|card_looks)",
    "tests/(notebooks|browser|leaks)/",
    "notebooks/",
    "tests/test_|tests/(benchmarks|batch|client)/",
)

# Coverage is measured in pytest's own processes only. In kernels and servers it would
# take minutes, and a notebook would show the progress of a call that is no longer fast.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

# No test reads the keyring of this machine, nor do the kernels that tests start.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

# A busy machine is slow: that is not an error of the code.
settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    """Save the coverage, because a worker may be stopped before it exits."""
    coverage = sys.modules.get("coverage")
    if coverage and (measured := coverage.Coverage.current()):
        measured.save()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Start the longest modules first."""
    items.sort(
        key=lambda item: [not re.match(one, item.nodeid) for one in LONGEST_FIRST]
    )


def pytest_sessionfinish(session):
    """Fail a run that must be complete, if no test of some ring has passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CHILI_REQUIRE_ALL_RINGS") != "1" or reporter is None:
        return
    passed = [report.nodeid for report in reporter.stats.get("passed", [])]
    for ring, pattern in RINGS.items():
        count = sum(re.match(pattern, node) is not None for node in passed)
        reporter.write_line(f"ring {ring!r}: {count} passed")
        if not count:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="module", autouse=True)
def _coverage(request):
    """Measure no coverage in the rings that run the code in other processes.

    Nor in that of the leaks, whose large texts run the same lines of the guard as its
    own tests, nor while IPython formats a hundred tracebacks. A test takes twice as
    long while coverage is measured.
    """
    coverage = sys.modules.get("coverage")
    measured = coverage.Coverage.current() if coverage else None
    if measured is None or not re.match(UNMEASURED, request.node.nodeid):
        yield
        return
    measured.stop()
    yield
    measured.start()


@pytest.fixture(autouse=True)
def _isolated_environment(tmp_path, monkeypatch):
    """Run each test in an empty folder, without CHILI_* environment variables."""
    for key in list(os.environ):
        if key.startswith("CHILI_") and key not in KEPT_VARIABLES:
            monkeypatch.delenv(key)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def clock():
    """Return a clock that only the test advances."""
    return Clock()


@pytest.fixture
def credentials():
    """Return a client ID with its secret, which the fake endpoint accepts."""
    return Credentials(
        ".env", Origin.ENV_FILE, CLIENT_ID, client_secret=Secret(CLIENT_SECRET)
    )


@pytest.fixture
def endpoint(clock):
    """Return the fake token endpoint, to count its requests and to make it fail."""
    return TokenEndpoint(clock)


@pytest.fixture
def token_server(endpoint):
    """Serve the token endpoint on loopback."""
    with Server(endpoint) as server:
        yield server


@pytest.fixture
def environment(token_server):
    """Return an environment whose tokens come from the fake endpoint."""
    return Environment(
        name="cp-abc-123",
        kind="production",
        base_url="https://cp-abc-123.chili-publish.online/grafx",
        token_url=f"{token_server.url}/oauth/token",
    )


@pytest.fixture
def simulator():
    """Serve the simulator on loopback, with a clock that only the test advances."""
    from chili_notebook.simulator import Simulator
    from chili_notebook.simulator.state.clock import Clock as Adjustable

    with Simulator(clock=Adjustable(Clock())) as simulator:
        simulator.state.tasks.wait_s = 4  # so that a busy machine needs no more polls
        yield simulator


@pytest.fixture(scope="session")
def signed_in():
    """Return a function that signs in to a simulator; waiting advances its clock."""

    def sign_in(simulator):
        values = {k: Secret(v) for k, v in simulator.variables().items()}
        source = Source.read("the simulator", Origin.SIMULATOR, values)
        credentials = choose_credentials([source]).require()
        environment = choose_environment([source], None, own=source).environment
        manager = TokenManager(
            Protector(), clock=simulator.clock, stopwatch=simulator.clock
        )
        manager.sign_in(credentials, replace(environment, kind="simulated"))
        return Chili(manager, sleep=simulator.clock.advance)

    return sign_in


@pytest.fixture
def memory_keyring():
    """Replace the system's keyring with one that stores in memory."""
    before = keyring.get_keyring()
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def session(clock, token_server, monkeypatch):
    """Return a session that shows its form, and signs in to the fake endpoint."""
    monkeypatch.setenv("CHILI_TOKEN_URL", f"{token_server.url}/oauth/token")
    monkeypatch.setenv("CHILI_CHECK", "off")  # nothing serves the API
    guard = Guard()
    session = Session("", "chili", guard=guard, clock=clock)
    session.show_form(find_login(registry=guard.registry))
    return session


@pytest.fixture
def view(session):
    """Return a browser's view of the session's card."""
    return CardView(session.live_card())


@pytest.fixture
def shell():
    """Return a shell with the extension loaded; unload the extension afterwards."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "chili_notebook")
    yield shell
    shell.extension_manager.unload_extension("chili_notebook")
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def env_file(token_server):
    """Return a function that writes a .env which signs in to the fake endpoint."""

    def write(path=".env", **keys):
        values = {
            "CHILI_CLIENT_ID": CLIENT_ID,
            "CHILI_CLIENT_SECRET": CLIENT_SECRET,
            "CHILI_ENVIRONMENT": "cp-abc-123",
            "CHILI_TOKEN_URL": f"{token_server.url}/oauth/token",
            "CHILI_CHECK": "off",  # nothing serves the API
        } | keys
        Path(path).write_text(
            "".join(f"{key}={value}\n" for key, value in values.items())
        )

    return write
