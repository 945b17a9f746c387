"""The text card in IPython's terminal, and in a console that is joined to a kernel."""

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

from conftest import CLIENT_SECRET

TIMEOUT_S = 60
LOAD = "%load_ext chili_notebook"
IPYTHON = ("IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit")
CONSOLE = ("jupyter_console", "--simple-prompt", "--existing")
ESCAPE_SEQUENCES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class ConsoleSession:
    """A program with numbered prompts that runs in a terminal."""

    def __init__(self, terminal):
        self._terminal = terminal
        self._number = 1
        self._read_until_prompt()

    def run(self, line):
        """Type a line, and return what is shown until the next prompt."""
        self._terminal.sendline(line)
        self._number += 1
        return self._read_until_prompt()

    def exit(self):
        """Type the line that ends the program."""
        self._terminal.sendline("exit")

    def _read_until_prompt(self):
        self._terminal.expect_exact(f"In [{self._number}]: ")
        return ESCAPE_SEQUENCES.sub("", self._terminal.before).replace("\r", "")


@contextmanager
def open_console(arguments):
    """Run a Python module in a terminal; it must exit with 0 after its last line."""
    # Not pexpect.spawn: it forks this process, which may have threads.
    master, slave = pty.openpty()
    environ = os.environ | {
        "JUPYTER_DATA_DIR": str(Path.cwd() / ".data"),
        "JUPYTER_CONFIG_DIR": str(Path.cwd() / ".config"),
        "TERM": "dumb",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=environ,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    terminal = fdspawn(master, encoding="utf-8", timeout=TIMEOUT_S)
    try:
        session = ConsoleSession(terminal)
        yield session
        session.exit()
        assert process.wait(TIMEOUT_S) == 0
    finally:
        process.kill()
        process.wait()
        terminal.close()


@pytest.fixture
def connection_file():
    """Start a kernel, and return the path of its connection file.

    A console that starts its own kernel may not listen yet when its first line has run,
    and then waits forever (seen with ipykernel 6).
    """
    manager, client = start_new_kernel()
    client.stop_channels()
    yield manager.connection_file
    manager.shutdown_kernel(now=True)


@pytest.fixture
def write_env_file(login_variables):
    """Return a function that writes a .env which signs in to the token endpoint."""

    def write():
        lines = [f"{key}={value}\n" for key, value in login_variables.items()]
        Path(".env").write_text("".join(lines))

    return write


def test_ipython_shows_the_text_card_and_warns_that_nothing_is_masked(
    endpoint, write_env_file
):
    """Without credentials the error names the keys; the card then has the warning."""
    with open_console(IPYTHON) as session:
        session.run(LOAD)
        error = session.run("%chili_login")
        assert "No credentials found" in error
        assert "CHILI_CLIENT_SECRET" in error
        assert "Traceback" not in error
        assert "(False, 1)" in session.run("'chili' in globals(), 1")

        write_env_file()
        card = session.run("%chili_login")
        assert "Secrets are not masked here" in card
        assert endpoint.issued[-1] in session.run("print(chili_token)")
        check_text_cards(session, card)


def test_console_shows_the_text_card_and_masks(
    endpoint, write_env_file, connection_file
):
    """Until the form is sent, `chili` raises an error; then output is masked."""
    with open_console((*CONSOLE, connection_file)) as session:
        session.run(LOAD)
        assert "CHILI GraFx: not signed in" in session.run("%chili_login")
        error = session.run("chili.templates.list()")
        assert "the form has not been sent yet" in error
        assert "Traceback" not in error

        write_env_file()
        card = session.run("%chili_login")
        assert "Secrets are not masked here" not in card
        printed = session.run("print(chili_token)")
        assert "***" in printed
        assert endpoint.issued[-1] not in printed
        check_text_cards(session, card)


def check_text_cards(session, login_card):
    """Check the texts of the login, the status and the logout."""
    assert "CHILI GraFx: signed in" in login_card
    assert "cp-abc-123" in login_card
    assert "<" not in login_card
    status_card = session.run("%chili_status")
    assert "CHILI GraFx: signed in\n  Environment: cp-abc-123" in status_card
    assert "Names: chili, chili_token" in status_card
    logout_card = session.run("%chili_logout")
    assert "CHILI GraFx: signed out" in logout_card
    assert "stays valid until then" in logout_card
    assert CLIENT_SECRET not in login_card + status_card + logout_card
