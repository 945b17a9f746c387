"""Tests of ``python -m chili_notebook.simulator``, run as a process of its own."""

from __future__ import annotations

import re
import signal
import socket
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from chili_notebook.simulator.state.faults import KINDS

COMMAND = (sys.executable, "-m", "chili_notebook.simulator")
KEYS = [
    "CHILI_CLIENT_ID",
    "CHILI_CLIENT_SECRET",
    "CHILI_ENVIRONMENT",
    "CHILI_BASE_URL",
    "CHILI_TOKEN_URL",
]


@contextmanager
def running_command(*arguments):
    """Run the command until the block ends."""
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)


def read_variables(process):
    """Return the variables that the command prints first."""
    lines = iter(process.stdout.readline, "\n")
    return dict(line.strip().split("=", 1) for line in lines)


def error_of_command(*arguments):
    """Run a command that fails, and return its error."""
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def status_of_token_request(variables):
    """Request a token with printed variables, and return the status."""
    fields = {
        "grant_type": "client_credentials",
        "audience": "https://chiligrafx.com",
        "client_id": variables["CHILI_CLIENT_ID"],
        "client_secret": variables["CHILI_CLIENT_SECRET"],
    }
    return httpx.post(variables["CHILI_TOKEN_URL"], json=fields).status_code


def test_first_lines_are_variables_that_sign_in():
    """The first lines are the .env lines for signing in; Ctrl+C ends with code 0."""
    with running_command() as process:
        variables = read_variables(process)
        assert status_of_token_request(variables) == 200
    assert list(variables) == KEYS
    assert process.returncode == 0


def test_write_env_writes_and_replaces_its_own_file():
    """--write-env writes a file for its owner only, and replaces it the next time."""
    for _ in range(2):
        with running_command("--write-env", "demo.env") as process:
            variables = read_variables(process)
        lines = Path("demo.env").read_text().splitlines()
        assert lines[1:] == [f"{key}={value}" for key, value in variables.items()]
        assert stat.S_IMODE(Path("demo.env").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"CHILI_CLIENT_ID=mine\n", b"\xff\xfe\x00A"])
def test_write_env_does_not_replace_another_file(content):
    """A file that the simulator did not write stays as it is."""
    Path(".env").write_bytes(content)
    assert "did not write it" in error_of_command("--write-env", ".env")
    assert Path(".env").read_bytes() == content


def test_options_for_sandbox_and_faults_are_used():
    """--sandbox prints the type of the environment; --fault affects the requests."""
    options = ("--sandbox", "--fault", "html_error:templates:1")
    with running_command(*options) as process:
        variables = read_variables(process)
        url = f"{variables['CHILI_BASE_URL']}/api/v1/environment/cp-demo-001/templates"
        assert [httpx.get(url).status_code for _ in range(2)] == [503, 401]
    assert variables["CHILI_ENVIRONMENT_TYPE"] == "sandbox"


def test_help_describes_every_fault():
    """A user can choose a fault without reading the code."""
    done = subprocess.run(
        [*COMMAND, "--help"], check=True, capture_output=True, text=True
    )
    for name, kind in KINDS.items():
        assert re.search(
            rf"^ +{name} +{re.escape(kind.description)}$", done.stdout, re.MULTILINE
        )


def test_occupied_port_is_an_error():
    """The error names the port that another program uses."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert f"cannot listen on port {port}" in error_of_command("--port", port)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--port", "65536"), "cannot listen on port 65536"),
        (("--port", "many"), "invalid int value"),
        (("--fault", "unknown"), "Unknown fault 'unknown'"),
        (("--fault", "words:*:abc"), "The count in 'words:*:abc' is not a whole"),
        (("--slots", "0"), "--slots must be 1 or more"),
        (("--render-seconds", "nan"), "--render-seconds 0 or more"),
    ],
)
def test_invalid_option_is_an_error(arguments, message):
    """The command ends with an error before it serves anything."""
    assert message in error_of_command(*arguments)
