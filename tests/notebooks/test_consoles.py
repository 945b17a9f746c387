"""The plain twin in real terminals: IPython's own, and a console beside a kernel."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel
from pexpect.fdpexpect import fdspawn

from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Server

STEP_S = 60
LOAD = "%load_ext chili_notebook"
TERMINAL = ("IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit")
CONSOLE = ("jupyter_console", "--simple-prompt", "--existing")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Session:
    """A program with numbered prompts in a terminal of its own."""

    def __init__(self, terminal):
        self._terminal = terminal
        self._number = 1
        self._until_prompt()

    def run(self, line):
        """Type a line, and give what is shown until the next prompt."""
        self._terminal.sendline(line)
        self._number += 1
        return self._until_prompt()

    def end(self):
        """Leave the program as a person does."""
        self._terminal.sendline("exit")

    def _until_prompt(self):
        self._terminal.expect_exact(f"In [{self._number}]: ")
        return ESCAPES.sub("", self._terminal.before).replace("\r", "")


@contextmanager
def _open(arguments):
    """Start a module of Python in a terminal; it must end by itself, and well."""
    # Not pexpect.spawn: it forks this process, which may have threads.
    master, slave = pty.openpty()
    surroundings = os.environ | {
        "JUPYTER_DATA_DIR": str(Path.cwd() / ".data"),
        "JUPYTER_CONFIG_DIR": str(Path.cwd() / ".config"),
        "TERM": "dumb",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=surroundings,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    terminal = fdspawn(master, encoding="utf-8", timeout=STEP_S)
    try:
        session = Session(terminal)
        yield session
        session.end()
        assert process.wait(STEP_S) == 0
    finally:
        process.kill()
        process.wait()
        terminal.close()


@pytest.fixture
def running_kernel():
    """Start a kernel, and give the file that tells where it listens.

    A console that starts its own may not listen yet when its first line has been done,
    and then waits for ever (seen with ipykernel 6).
    """
    manager, client = start_new_kernel()
    client.stop_channels()
    yield manager.connection_file
    manager.shutdown_kernel(now=True)


@pytest.fixture
def write_env_file(endpoint):
    """Give what writes a .env that signs in to the endpoint."""
    with Server(endpoint) as server:
        yield lambda: Path(".env").write_text(
            f"CHILI_CLIENT_ID={CLIENT_ID}\n"
            f"CHILI_CLIENT_SECRET={CLIENT_SECRET}\n"
            "CHILI_ENVIRONMENT=cp-abc-123\n"
            f"CHILI_TOKEN_URL={server.url}/oauth/token\n"
        )


def test_ipython_shows_the_plain_card_and_says_that_nothing_is_masked(
    endpoint, write_env_file
):
    """Without a form two lines say what to set; then the card tells all there is."""
    with _open(TERMINAL) as session:
        session.run(LOAD)
        said = session.run("%chili_login")
        assert "No credentials found" in said
        assert "CHILI_CLIENT_SECRET" in said
        assert "Traceback" not in said
        assert "(False, 1)" in session.run("'chili' in globals(), 1")

        write_env_file()
        card = session.run("%chili_login")
        assert "Secrets are not masked here" in card
        assert endpoint.issued[-1] in session.run("print(chili_token)")
        _require_plain_card(session, card)


def test_a_console_shows_the_plain_card_and_masks(
    endpoint, write_env_file, running_kernel
):
    """The form is named, holds nobody up, and whoever uses the client is told."""
    with _open((*CONSOLE, running_kernel)) as session:
        session.run(LOAD)
        assert "CHILI GraFx: not signed in" in session.run("%chili_login")
        said = session.run("chili.templates.list()")
        assert "the form has not been sent yet" in said
        assert "Traceback" not in said

        write_env_file()
        card = session.run("%chili_login")
        assert "Secrets are not masked here" not in card
        printed = session.run("print(chili_token)")
        assert "***" in printed
        assert endpoint.issued[-1] not in printed
        _require_plain_card(session, card)


def _require_plain_card(session, card):
    """Require what any terminal shows of a session, up to its end."""
    assert "CHILI GraFx: signed in" in card
    assert "cp-abc-123 (production)" in card
    assert "<" not in card
    status = session.run("%chili_status")
    assert "CHILI GraFx: signed in\n  Environment: cp-abc-123 (production)" in status
    assert "Names: chili, chili_token" in status
    out = session.run("%chili_logout")
    assert "CHILI GraFx: signed out" in out
    assert "stays valid until then" in out
    assert CLIENT_SECRET not in card + status + out
