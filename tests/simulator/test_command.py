"""``python -m chili_notebook.simulator``, as a process of its own."""

from __future__ import annotations

import signal
import socket
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from chili_notebook import login

COMMAND = (sys.executable, "-m", "chili_notebook.simulator")
KEYS = [
    "CHILI_CLIENT_ID",
    "CHILI_CLIENT_SECRET",
    "CHILI_ENVIRONMENT",
    "CHILI_BASE_URL",
    "CHILI_TOKEN_URL",
]


@contextmanager
def running(*arguments):
    """Run the simulator until the test is done; give its process."""
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)


def refused(*arguments):
    """Run a command that does not start, and give what it says."""
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    return done.stderr


def test_its_first_lines_sign_in():
    """What is printed first is a .env that signs in to it."""
    with running() as process:
        lines = [process.stdout.readline() for _ in KEYS]
        Path(".env").write_text("".join(lines))
        with login() as chili:
            assert len(list(chili.templates.list())) >= 6
    assert [line.partition("=")[0] for line in lines] == KEYS
    assert process.returncode == 0


def test_it_writes_the_file_that_signs_in():
    """--write-env leaves such a file, for its owner only, and renews its own."""
    for _ in range(2):
        with running("--write-env", "demo.env") as process:
            process.stdout.readline()
            with login(env_file="demo.env") as chili:
                assert chili.templates.list()
        assert stat.S_IMODE(Path("demo.env").stat().st_mode) == 0o600


def test_a_sandbox_says_that_it_is_one():
    """--sandbox prints the environment's type too, and it signs in."""
    with running("--sandbox") as process:
        lines = [process.stdout.readline() for _ in range(len(KEYS) + 1)]
        assert "CHILI_ENVIRONMENT_TYPE=sandbox\n" in lines
        Path(".env").write_text("".join(lines))
        with login() as chili:
            assert len(list(chili.templates.list())) >= 6


@pytest.mark.parametrize("content", [b"CHILI_CLIENT_ID=mine\n", b"\xff\xfe\x00A"])
def test_a_file_of_somebody_elses_is_kept(content):
    """A .env with real credentials in it, or no text at all, is not written over."""
    Path(".env").write_bytes(content)
    told = refused("--write-env", ".env")
    assert "did not write it" in told
    assert "Traceback" not in told
    assert Path(".env").read_bytes() == content


@pytest.mark.parametrize("port", ["65536", "-1", "many"])
def test_a_port_that_is_none_is_refused(port):
    """An impossible port is an error of the command and not a traceback."""
    assert "Traceback" not in refused("--port", port)


def test_a_port_that_is_taken_is_refused():
    """Another program's port is named in the error."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert f"cannot listen on port {port}" in refused("--port", port)


def test_it_keeps_state_and_sets_faults():
    """--data signs in with the same credentials again; --fault is met at once."""
    options = ("--data", "kept", "--fault", "html_error:templates:1")
    signed_in = []
    for _ in range(2):
        with running(*options) as process:
            lines = [process.stdout.readline() for _ in KEYS]
            values = dict(line.strip().split("=", 1) for line in lines)
            signed_in.append((values["CHILI_CLIENT_ID"], values["CHILI_CLIENT_SECRET"]))
            url = f"{values['CHILI_BASE_URL']}/api/v1/environment/cp-demo-001/templates"
            statuses = [httpx.get(url).status_code for _ in range(2)]
        assert statuses == [503, 401]
    assert signed_in[0] == signed_in[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--fault", "unknown"), "There is no fault 'unknown'"),
        (("--fault", "words:*:abc"), "'words:*:abc' has a count that is no whole"),
        (("--fault", "words:*:0"), "count must be 1 or more"),
        (("--slots", "0"), "--slots must be 1 or more"),
        (("--render-seconds", "-1"), "--render-seconds 0 or more"),
        (("--render-seconds", "nan"), "--render-seconds 0 or more"),
        (("--data", "/dev/null"), "cannot use /dev/null"),
    ],
)
def test_an_option_that_is_none_is_refused(arguments, said):
    """What cannot be is said before anything is served."""
    message = refused(*arguments)
    assert said in message
    assert "Traceback" not in message
