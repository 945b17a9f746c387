"""The magics in a shell of IPython, against the fake token endpoint."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.magic_arguments import parse_argstring

from chili_notebook.errors import (
    ConfigurationError,
    CredentialsNotFoundError,
    NotSignedInError,
    TokenRefusedError,
)
from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Answer


def test_login_binds_the_client_and_the_token(shell, env_file, endpoint):
    """After %chili_login with a .env, chili and chili_token are there and work."""
    env_file()
    shell.run_line_magic("chili_login", "")
    names = shell.user_ns
    assert repr(names["chili"]) == "<Chili: cp-abc-123 (production)>"
    assert f"{names['chili_token']}" == endpoint.issued[0]
    assert endpoint.grants == 1


def test_the_token_request_is_what_grafx_documents(shell, env_file, token_server):
    """The body has exactly the four documented fields, as JSON."""
    env_file()
    shell.run_line_magic("chili_login", "")
    asked = token_server.asked[0]
    assert asked.headers["content-type"] == "application/json"
    assert asked.json() == {
        "grant_type": "client_credentials",
        "audience": "https://chiligrafx.com",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }


def test_a_profile_has_its_own_keys_and_names(shell, env_file, token_server):
    """%chili_login read-only reads CHILI_READ_ONLY_… and binds chili_read_only."""
    env_file(
        CHILI_READ_ONLY_CLIENT_ID="other-id", CHILI_READ_ONLY_CLIENT_SECRET="b" * 20
    )
    shell.run_line_magic("chili_login", "")
    shell.run_line_magic("chili_login", "read-only")
    assert token_server.asked[1].json()["client_id"] == "other-id"
    assert {"chili", "chili_token", "chili_read_only", "chili_read_only_token"} <= set(
        shell.user_ns
    )


def test_as_chooses_the_names(shell, env_file):
    """--as grafx binds grafx and grafx_token, and not chili."""
    env_file()
    shell.run_line_magic("chili_login", "--as grafx")
    assert {"grafx", "grafx_token"} <= set(shell.user_ns)
    assert "chili" not in shell.user_ns


@pytest.mark.parametrize("name", ["class", "a-b", "1a"])
def test_as_takes_only_names(shell, name):
    """What Python cannot bind is refused with a hint."""
    with pytest.raises(ConfigurationError, match="--as"):
        shell.run_line_magic("chili_login", f"--as {name}")


def test_the_trace_says_what_came_of_it(shell, env_file, endpoint, capsys):
    """What the sources hold is no sign-in: the caption tells whether there is one."""
    env_file()
    endpoint.failing = Answer(401, {"error": "access_denied"})
    with pytest.raises(TokenRefusedError):
        shell.run_line_magic("chili_login", "")
    shell.run_line_magic("chili_status", "")
    assert "Login trace of chili; nobody is signed in" in capsys.readouterr().out
    endpoint.failing = None
    shell.run_line_magic("chili_login", "")
    shell.run_line_magic("chili_status", "")
    said = capsys.readouterr().out
    assert "Login trace of chili; signed in by .env" in said


def test_a_form_that_nobody_can_fill_in_is_refused(shell, env_file):
    """In a terminal --form does not quietly sign in with something else."""
    env_file()
    with pytest.raises(ConfigurationError, match="nobody here to fill in a form"):
        shell.run_line_magic("chili_login", "--form")
    assert "chili" not in shell.user_ns


def test_env_file_closes_the_other_sources(shell, monkeypatch):
    """With --env-file nothing else stands in, even if it could."""
    monkeypatch.setenv("CHILI_CLIENT_ID", "from-the-process")
    monkeypatch.setenv("CHILI_CLIENT_SECRET", "s" * 20)
    Path("other.env").write_text("CHILI_CLIENT_ID=abc\n")
    with pytest.raises(ConfigurationError, match=r"other\.env holds CHILI_CLIENT_ID"):
        shell.run_line_magic("chili_login", "--env-file other.env")
    with pytest.raises(ConfigurationError, match=r"missing\.env does not exist"):
        shell.run_line_magic("chili_login", "--env-file missing.env")


def test_an_edited_env_file_just_works(shell, env_file, token_server):
    """.env is read again at each login, and never into os.environ."""
    env_file(CHILI_CLIENT_ID="first-id")
    shell.run_line_magic("chili_login", "")
    env_file(CHILI_CLIENT_ID="second-id")
    shell.run_line_magic("chili_login", "")
    asked = [request.json()["client_id"] for request in token_server.asked]
    assert asked == ["first-id", "second-id"]


def test_signing_in_again_keeps_objects_alive(shell, env_file):
    """A client held from before a second login goes on working."""
    env_file()
    shell.run_line_magic("chili_login", "")
    before = shell.user_ns["chili"]
    shell.run_line_magic("chili_login", "")
    assert shell.user_ns["chili"] is before
    assert str(before.token)


def test_a_failed_login_leaves_the_session_as_it_was(shell, env_file, endpoint):
    """A second login that is refused does not end the first."""
    env_file()
    shell.run_line_magic("chili_login", "")
    endpoint.failing = Answer(401, {"error": "access_denied"})
    with pytest.raises(TokenRefusedError):
        shell.run_line_magic("chili_login", "")
    assert str(shell.user_ns["chili_token"]) == endpoint.issued[0]


def test_without_credentials_and_front_end_it_raises_at_once(shell):
    """Where nobody can fill in a form, the variables to set are named."""
    with pytest.raises(CredentialsNotFoundError) as caught:
        shell.run_line_magic("chili_login", "")
    assert "CHILI_CLIENT_ID" in caught.value.hint
    assert "the process environment" in caught.value.message


def test_an_error_in_a_cell_is_two_lines(shell, capsys):
    """The cell fails, and shows what happened and what to do in place of frames."""
    result = shell.run_cell("%chili_login nobody")
    assert isinstance(result.error_in_exec, ConfigurationError)
    printed = capsys.readouterr().out.strip().splitlines()
    assert len(printed) == 2
    assert printed[0].startswith("ConfigurationError: There is no profile 'nobody'")


def test_status_shows_the_trace_and_no_value(shell, env_file, capsys, monkeypatch):
    """%chili_status tells every key, what was used and what was shadowed."""
    monkeypatch.setenv("CHILI_CLIENT_ID", "half-a-pair-id")
    env_file(CHILI_CLINT_SECRET="a-typo")
    shell.run_line_magic("chili_login", "")
    capsys.readouterr()
    shell.run_line_magic("chili_status", "")
    shown = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert ".env CHILI_CLIENT_ID used" in lines
    assert ".env CHILI_CLINT_SECRET not a key of this login" in lines
    assert any("holds CHILI_CLIENT_ID without CHILI_CLIENT_SECRET" in x for x in lines)
    for value in (CLIENT_ID, CLIENT_SECRET, "half-a-pair-id", "a-typo"):
        assert value not in shown


def test_status_tells_why_a_login_failed(shell, env_file, capsys):
    """The trace is there after a failed login, when it is needed most."""
    env_file(CHILI_CLIENT_SECRET="<YOUR CLIENT SECRET>")
    with pytest.raises(ConfigurationError):
        shell.run_line_magic("chili_login", "")
    shell.run_line_magic("chili_status", "")
    assert "CHILI_CLIENT_SECRET in .env still holds a pla" in capsys.readouterr().out


def test_logout_unbinds_forgets_and_says_what_remains(shell, env_file, capsys):
    """After %chili_logout the names are gone and held objects no longer sign."""
    env_file()
    shell.run_line_magic("chili_login", "")
    client = shell.user_ns["chili"]
    shell.run_line_magic("chili_logout", "")
    assert "chili" not in shell.user_ns
    assert "chili_token" not in shell.user_ns
    with pytest.raises(NotSignedInError):
        client.get("templates")
    shown = capsys.readouterr().out
    assert "cannot be revoked" in shown
    assert "Nothing has changed in .env" in shown


def test_logout_leaves_what_the_person_bound(shell, env_file):
    """A name that was bound to something else meanwhile is not touched."""
    env_file()
    shell.run_line_magic("chili_login", "")
    shell.user_ns["chili"] = "mine"
    shell.run_line_magic("chili_logout", "")
    assert shell.user_ns["chili"] == "mine"


def test_logout_all_ends_every_session(shell, env_file):
    """--all signs profiles out too."""
    env_file(CHILI_ADMIN_CLIENT_ID="other-id", CHILI_ADMIN_CLIENT_SECRET="b" * 20)
    shell.run_line_magic("chili_login", "")
    shell.run_line_magic("chili_login", "admin")
    shell.run_line_magic("chili_logout", "--all")
    assert not {name for name in shell.user_ns if name.startswith("chili")}


def test_without_a_session_logout_and_status_say_so(shell):
    """There is nothing to show or to end, and the cell says that."""
    for magic in ("chili_logout", "chili_status"):
        with pytest.raises(NotSignedInError, match="no session"):
            shell.run_line_magic(magic, "")


def test_unload_removes_the_magics_and_closes_sessions(shell, env_file):
    """%unload_ext is real, and loading again starts anew."""
    env_file()
    shell.run_line_magic("chili_login", "")
    client = shell.user_ns["chili"]
    shell.run_line_magic("unload_ext", "chili_notebook")
    assert not [m for m in shell.magics_manager.magics["line"] if "chili" in m]
    with pytest.raises(NotSignedInError):
        client.get("templates")
    shell.run_line_magic("load_ext", "chili_notebook")
    assert "chili_login" in shell.magics_manager.magics["line"]


def test_after_a_reload_secrets_are_stored_masked_again(shell, env_file):
    """What was protected stays so: %reload_ext leaves no gap behind."""
    env_file()
    shell.run_line_magic("chili_login", "")
    shell.run_line_magic("reload_ext", "chili_notebook")
    shell.run_cell(f"x = '{CLIENT_SECRET}'", store_history=True)
    assert CLIENT_SECRET not in repr(shell.user_ns["In"])


def test_another_profile_under_a_name_that_fails_leaves_the_first(shell, env_file):
    """A login that is refused does not end the session that had the name."""
    env_file(CHILI_B_CLIENT_ID="other-id", CHILI_B_CLIENT_SECRET="<YOUR SECRET>")
    shell.run_line_magic("chili_login", "")
    with pytest.raises(ConfigurationError):
        shell.run_line_magic("chili_login", "b --as chili")
    assert str(shell.user_ns["chili_token"])


def test_a_profile_of_the_demo_has_its_status(shell):
    """Signed in to the simulator under a profile's name, the session is found by it."""
    shell.run_line_magic("chili_login", "admin --demo")
    shell.run_line_magic("chili_status", "admin")
    with pytest.raises(ConfigurationError, match="do not go together"):
        shell.run_line_magic("chili_login", "--demo --form")


def test_a_wrong_option_is_an_error_of_ours(shell):
    """IPython's own error for it would let some runs of a notebook pass."""
    with pytest.raises(ConfigurationError, match="unrecognized arguments"):
        shell.run_line_magic("chili_login", "--no-such-option")


def test_loading_twice_is_harmless(shell, env_file):
    """A second %load_ext and a %reload_ext keep one set of magics."""
    env_file()
    shell.run_line_magic("load_ext", "chili_notebook")
    shell.run_line_magic("reload_ext", "chili_notebook")
    shell.run_line_magic("chili_login", "")
    assert "chili" in shell.user_ns


def test_no_option_of_a_magic_takes_a_secret(shell):
    """A secret in a cell would be saved with it, so none is an option."""
    login = shell.magics_manager.magics["line"]["chili_login"]
    options = vars(parse_argstring(login, ""))
    assert set(options) == {"profile", "env_file", "form", "demo", "name", "no_widget"}


LIGHT = (
    *("notebook", "notebook.arguments", "notebook.audit_magic", "notebook.magics"),
    *("system", "system.frontend"),
)


def test_loading_loads_neither_httpx_nor_anywidget():
    """%load_ext costs next to nothing: the heavy modules wait for %chili_login."""
    code = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
shell.run_line_magic("load_ext", "chili_notebook")
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    ours = {name for name in loaded if name.startswith("chili_notebook")}
    assert ours == {"chili_notebook", *(f"chili_notebook.{name}" for name in LIGHT)}
    assert not {"httpx", "anywidget", "ipywidgets", "dotenv", "tqdm"} & loaded
