"""Verbose tracebacks from every function of the package, as the guard masks them."""

from __future__ import annotations

import re
import sys
from contextvars import copy_context
from pathlib import Path

import pytest
from IPython.core.ultratb import VerboseTB

import chili_notebook
from chili_notebook.guard.install import Guard
from chili_notebook.notebook.session import Session
from chili_notebook.signin import find_login
from conftest import CLIENT_ID, CLIENT_SECRET

PACKAGE = str(Path(chili_notebook.__file__).parent)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class InjectedError(BaseException):
    """An error that no code of the package catches."""


def sign_in_and_use(clock, guard):
    """Sign in, use the token, renew it, sign out."""
    session = Session("", "chili", guard=guard, clock=clock)
    session.sign_in(find_login(registry=guard.registry))
    clock.advance(86_400 - 30)
    bearer = f"Bearer {session.chili.token}"
    session.sign_out("done")
    return bearer


def run_traced(trace, function, *arguments):
    """Call a function with a trace function; return the injected error, if any.

    An error where the start of a time limit returns would leave the limit set, so the
    function has context variables of its own.
    """
    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        copy_context().run(function, *arguments)
    except InjectedError as error:
        return error
    finally:
        sys.settrace(previous)
    return None


@pytest.fixture
def credentials_in_environment(monkeypatch, token_server):
    """Set environment variables that sign in to the fake endpoint."""
    monkeypatch.setenv("CHILI_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("CHILI_CLIENT_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("CHILI_TOKEN_URL", f"{token_server.url}/oauth/token")


# An error where the function returns that opens a connection loses the connection.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.usefixtures("credentials_in_environment")
def test_no_function_shows_a_secret_when_it_fails(clock, endpoint):
    """An error is injected where each function returns; its locals are masked."""
    guard, codes = Guard(), {}

    def record(frame, _event, _argument):
        code = frame.f_code
        if code.co_filename.startswith(PACKAGE):
            codes[code] = None

    run_traced(record, sign_in_and_use, clock, guard)
    assert len(codes) > 80

    tracebacks = []
    for code in codes:

        def fail(frame, _event, _argument, code=code):
            def raise_at_return(_frame, event, _argument):
                if event == "return":
                    raise InjectedError
                return raise_at_return

            return raise_at_return if frame.f_code is code else None

        error = run_traced(fail, sign_in_and_use, clock, guard)
        if error is not None:
            lines = VerboseTB().structured_traceback(
                type(error), error, error.__traceback__
            )
            tracebacks.append("\n".join(lines))

    assert len(tracebacks) > 60
    secrets = (CLIENT_SECRET, *endpoint.issued)
    assert any(secret in text for text in tracebacks for secret in secrets)
    for text in map(guard.registry.mask, tracebacks):
        for secret in secrets:
            assert secret not in COLOUR.sub("", text)
