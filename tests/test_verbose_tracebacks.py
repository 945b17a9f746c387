"""A verbose traceback from anywhere inside the package, as the guard lets it pass."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from IPython.core.ultratb import VerboseTB

import chili_notebook
from chili_notebook.guard.install import Guard, process_guard
from chili_notebook.notebook.session import Session
from chili_notebook.signin import find_login
from conftest import CLIENT_ID, CLIENT_SECRET

PACKAGE = str(Path(chili_notebook.__file__).parent)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Accident(BaseException):
    """What no code of the package catches."""


def sign_in_and_use(clock):
    """Sign in, use the token, refresh it, sign out."""
    session = Session("", "chili", guard=Guard(), clock=clock)
    session.sign_in(find_login())
    clock.advance(86_400 - 30)
    bearer = f"Bearer {session.chili.token}"
    session.sign_out("done")
    return bearer


def traced(trace, job, *given):
    """Do a job with a trace function; give the accident it ended in, if any."""
    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        job(*given)
    except Accident as error:
        return error
    finally:
        sys.settrace(previous)
    return None


@pytest.fixture
def signed_out(monkeypatch, token_server):
    """Let the process environment sign in to the fake endpoint."""
    monkeypatch.setenv("CHILI_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("CHILI_CLIENT_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("CHILI_TOKEN_URL", f"{token_server.url}/oauth/token")


@pytest.mark.usefixtures("signed_out")
def test_no_function_shows_a_secret_when_it_fails(clock, endpoint):
    """Whichever function of the package fails as it returns, its locals are masked."""
    ran = {}

    def note(frame, _event, _argument):
        code = frame.f_code
        if code.co_filename.startswith(PACKAGE):
            ran[code] = None

    traced(note, sign_in_and_use, clock)
    assert len(ran) > 80

    shown = []
    for code in ran:

        def fail(frame, _event, _argument, code=code):
            def returning(_frame, event, _argument):
                if event == "return":
                    raise Accident
                return returning

            return returning if frame.f_code is code else None

        error = traced(fail, sign_in_and_use, clock)
        if error is not None:
            lines = VerboseTB().structured_traceback(
                type(error), error, error.__traceback__
            )
            shown.append("\n".join(lines))

    assert len(shown) > 60
    secrets = (CLIENT_SECRET, *endpoint.issued)
    assert any(secret in text for text in shown for secret in secrets)
    for text in map(process_guard().registry.mask, shown):
        for secret in secrets:
            assert secret not in COLOUR.sub("", text)
