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

REFUSED = Answer(401, {"error": "access_denied"})
OTHER_SECRET = "other-secret-0123456789"


def login(shell, line=""):
    """Run %chili_login."""
    shell.run_line_magic("chili_login", line)


def test_login_binds_client_and_token(shell, env_file, endpoint):
    """With a .env, `chili` and `chili_token` are bound and work."""
    env_file()
    login(shell)
    assert repr(shell.user_ns["chili"]) == "<Chili: cp-abc-123 (production)>"
    assert f"{shell.user_ns['chili_token']}" == endpoint.issued[0]
    assert endpoint.grants == 1


def test_profile_has_its_own_keys_and_names(shell, env_file, token_server):
    """`%chili_login read-only` reads CHILI_READ_ONLY_… and binds chili_read_only."""
    env_file(
        CHILI_READ_ONLY_CLIENT_ID="other-id",
        CHILI_READ_ONLY_CLIENT_SECRET=OTHER_SECRET,
    )
    login(shell)
    login(shell, "read-only")
    assert token_server.requests[1].json()["client_id"] == "other-id"
    assert {"chili", "chili_token", "chili_read_only", "chili_read_only_token"} <= set(
        shell.user_ns
    )


def test_as_sets_the_names(shell, env_file):
    """`--as grafx` binds `grafx` and `grafx_token`, and not `chili`."""
    env_file()
    login(shell, "--as grafx")
    assert {"grafx", "grafx_token"} <= set(shell.user_ns)
    assert "chili" not in shell.user_ns


def test_name_that_python_cannot_bind_is_refused(shell, env_file, endpoint):
    """No request is made; the hint names --as."""
    env_file()
    with pytest.raises(ConfigurationError, match="--as"):
        login(shell, "--as class")
    assert endpoint.grants == 0


def test_form_is_refused_without_a_front_end(shell, env_file, endpoint):
    """In a terminal --form does not sign in with other credentials instead."""
    env_file()
    with pytest.raises(ConfigurationError, match="No front-end can show the form here"):
        login(shell, "--form")
    assert "chili" not in shell.user_ns
    assert endpoint.grants == 0


def test_demo_and_form_cannot_be_combined(shell):
    """The simulator needs no form."""
    with pytest.raises(ConfigurationError, match="--demo and --form cannot be combin"):
        login(shell, "--demo --form")


def test_named_env_file_is_the_only_source(shell, monkeypatch):
    """With --env-file no other source is used instead."""
    monkeypatch.setenv("CHILI_CLIENT_ID", "from-the-process")
    monkeypatch.setenv("CHILI_CLIENT_SECRET", OTHER_SECRET)
    Path("other.env").write_text("CHILI_CLIENT_ID=abc\n")
    with pytest.raises(ConfigurationError, match=r"other\.env contains CHILI_CLIENT_I"):
        login(shell, "--env-file other.env")
    with pytest.raises(ConfigurationError, match=r"missing\.env does not exist"):
        login(shell, "--env-file missing.env")


def test_env_file_is_read_again_at_each_login(shell, env_file, token_server):
    """An edited .env counts at once."""
    env_file(CHILI_CLIENT_ID="first-id")
    login(shell)
    env_file(CHILI_CLIENT_ID="second-id")
    login(shell)
    client_ids = [request.json()["client_id"] for request in token_server.requests]
    assert client_ids == ["first-id", "second-id"]


def test_setting_that_may_not_redirect_fails_the_login(
    shell, env_file, monkeypatch, endpoint
):
    """Credentials of the process environment are not sent where a .env says."""
    env_file()
    monkeypatch.setenv("CHILI_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("CHILI_CLIENT_SECRET", CLIENT_SECRET)
    with pytest.raises(ConfigurationError, match=r"CHILI_TOKEN_URL is set in \.env"):
        login(shell)
    assert "chili" not in shell.user_ns
    assert endpoint.grants == 0


def test_second_login_keeps_the_client_object(shell, env_file):
    """A client from before the second login still works."""
    env_file()
    login(shell)
    before = shell.user_ns["chili"]
    login(shell)
    assert shell.user_ns["chili"] is before
    assert str(before.token)


def test_failed_second_login_keeps_the_session(shell, env_file, endpoint):
    """After a refused login the first one still works."""
    env_file()
    login(shell)
    endpoint.failing = REFUSED
    with pytest.raises(TokenRefusedError):
        login(shell)
    assert str(shell.user_ns["chili_token"]) == endpoint.issued[0]


def test_failed_login_of_another_profile_keeps_the_session_of_the_name(shell, env_file):
    """The session that has the name is replaced only by one that signs in."""
    env_file(CHILI_B_CLIENT_ID="other-id", CHILI_B_CLIENT_SECRET="<YOUR SECRET>")
    login(shell)
    with pytest.raises(ConfigurationError):
        login(shell, "b --as chili")
    assert str(shell.user_ns["chili_token"])


def test_login_of_another_profile_replaces_the_session_of_the_name(shell, env_file):
    """Objects of the replaced session raise an error that says why."""
    env_file(CHILI_B_CLIENT_ID="other-id", CHILI_B_CLIENT_SECRET=OTHER_SECRET)
    login(shell)
    before = shell.user_ns["chili"]
    login(shell, "b --as chili")
    assert shell.user_ns["chili"] is not before
    with pytest.raises(NotSignedInError, match="chili now belongs to another profile"):
        before.get("templates")


def test_login_without_credentials_and_front_end_raises(shell):
    """The error lists the searched places and the variables to set."""
    with pytest.raises(CredentialsNotFoundError) as caught:
        login(shell)
    assert "CHILI_CLIENT_ID" in caught.value.hint
    assert "the process environment" in caught.value.message


def test_error_in_a_cell_has_two_lines(shell, capsys):
    """The cell shows what happened and what to do, and no frames."""
    result = shell.run_cell("%chili_login nobody")
    assert isinstance(result.error_in_exec, ConfigurationError)
    printed = capsys.readouterr().out.strip().splitlines()
    assert len(printed) == 2
    assert printed[0].startswith("ConfigurationError: There is no profile 'nobody'")


def test_caption_of_the_trace_says_how_the_login_ended(
    shell, env_file, endpoint, capsys
):
    """The trace lists the sources; the caption says whether somebody is signed in."""
    env_file()
    endpoint.failing = REFUSED
    with pytest.raises(TokenRefusedError):
        login(shell)
    shell.run_line_magic("chili_status", "")
    assert "Login trace of chili: the last attempt failed" in capsys.readouterr().out
    endpoint.failing = None
    login(shell)
    shell.run_line_magic("chili_status", "")
    shown = capsys.readouterr().out
    assert "Login trace of chili: signed in with credentials from .env" in shown


def test_status_shows_every_key_and_no_value(shell, env_file, capsys, monkeypatch):
    """The trace shows which keys were used, passed over or not read."""
    monkeypatch.setenv("CHILI_CLIENT_ID", "half-a-pair-id")
    env_file(CHILI_CLINT_SECRET="a-typo")
    login(shell)
    capsys.readouterr()
    shell.run_line_magic("chili_status", "")
    shown = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert ".env CHILI_CLIENT_ID used" in lines
    assert ".env CHILI_CLINT_SECRET not used by this login" in lines
    assert any("contains CHILI_CLIENT_ID without CHILI_CLI" in line for line in lines)
    for value in (CLIENT_ID, CLIENT_SECRET, "half-a-pair-id", "a-typo"):
        assert value not in shown


def test_status_shows_why_a_login_failed(shell, env_file, capsys):
    """The trace is shown after a failed login as well."""
    env_file(CHILI_CLIENT_SECRET="<YOUR CLIENT SECRET>")
    with pytest.raises(ConfigurationError):
        login(shell)
    shell.run_line_magic("chili_status", "")
    shown = capsys.readouterr().out
    assert "CHILI_CLIENT_SECRET in .env still contains a placeholder" in shown


def test_status_of_a_demo_is_found_by_its_profile(shell, capsys):
    """A session of the simulator keeps the profile under which it was started."""
    login(shell, "admin --demo")
    capsys.readouterr()
    shell.run_line_magic("chili_status", "admin")
    assert "Login trace of chili_admin" in capsys.readouterr().out


def test_logout_unbinds_the_names_and_shows_the_expiry(shell, env_file, capsys):
    """Objects of the session raise, and the card says what remains true."""
    env_file()
    login(shell)
    client = shell.user_ns["chili"]
    shell.run_line_magic("chili_logout", "")
    assert "chili" not in shell.user_ns
    assert "chili_token" not in shell.user_ns
    with pytest.raises(NotSignedInError, match=r"You signed out with %chili_logout\."):
        client.get("templates")
    shown = capsys.readouterr().out
    assert "cannot revoke" in shown
    assert "Your credentials are still in .env" in shown


def test_logout_keeps_names_that_the_user_has_rebound(shell, env_file):
    """Only the session's own objects are unbound."""
    env_file()
    login(shell)
    shell.user_ns["chili"] = "mine"
    shell.run_line_magic("chili_logout", "")
    assert shell.user_ns["chili"] == "mine"
    assert "chili_token" not in shell.user_ns


def test_sessions_are_found_by_their_bound_name(shell, env_file, capsys):
    """A session of --as can be shown and signed out alone; the others stay."""
    env_file()
    login(shell)
    login(shell, "--as other")
    capsys.readouterr()
    shell.run_line_magic("chili_status", "other")
    shown = capsys.readouterr().out
    assert "Names: other, other_token" in shown
    assert "Names: chili, chili_token" not in shown
    shell.run_line_magic("chili_logout", "other")
    assert "other" not in shell.user_ns
    assert str(shell.user_ns["chili_token"])


def test_logout_without_a_name_signs_out_chili_only(shell, env_file):
    """A session that the user did not name continues; --all ends every session."""
    env_file()
    login(shell)
    login(shell, "--as other")
    shell.run_line_magic("chili_logout", "")
    assert "chili" not in shell.user_ns
    assert str(shell.user_ns["other_token"])
    with pytest.raises(NotSignedInError, match="no session 'chili'"):
        shell.run_line_magic("chili_logout", "")
    shell.run_line_magic("chili_logout", "--all")
    assert "other" not in shell.user_ns


def test_logout_takes_a_name_or_all(shell, env_file):
    """A name with --all is an error, and every session continues."""
    env_file()
    login(shell)
    with pytest.raises(ConfigurationError, match="name and --all cannot be combined"):
        shell.run_line_magic("chili_logout", "chili --all")
    assert str(shell.user_ns["chili_token"])


def test_failed_attempt_is_kept_apart_from_the_session_before(shell, env_file, capsys):
    """The trace of a failed login does not look like that of the signed-in session."""
    env_file()
    login(shell)
    with pytest.raises(ConfigurationError):
        login(shell, "--env-file missing.env")
    capsys.readouterr()
    shell.run_line_magic("chili_status", "")
    shown = capsys.readouterr().out
    assert "CHILI GraFx: signed in" in shown
    assert "Login trace of chili: the last attempt failed" in shown


def test_card_repeats_the_command_as_it_was_typed(shell, env_file):
    """To sign in again, the same options are needed."""
    env_file("own keys.env")
    shell.run_line_magic("chili_login", "--no-widget --env-file 'own keys.env'  # mine")
    magics = shell.magics_manager.registry["ChiliMagics"]
    (session,) = magics.sessions.values()
    assert session.state.login_command == (
        "%chili_login --no-widget --env-file 'own keys.env'  # mine"
    )


def test_logout_of_a_profile_keeps_the_others(shell, env_file):
    """`--all` signs out the rest."""
    env_file(CHILI_ADMIN_CLIENT_ID="other-id", CHILI_ADMIN_CLIENT_SECRET=OTHER_SECRET)
    login(shell)
    login(shell, "admin")
    shell.run_line_magic("chili_logout", "admin")
    names = {name for name in shell.user_ns if name.startswith("chili")}
    assert names == {"chili", "chili_token"}
    login(shell, "admin")
    shell.run_line_magic("chili_logout", "--all")
    assert not {name for name in shell.user_ns if name.startswith("chili")}


@pytest.mark.parametrize("magic", ["chili_logout", "chili_status"])
def test_logout_and_status_without_a_session_raise(shell, magic):
    """The error lists the sessions, of which there are none."""
    with pytest.raises(NotSignedInError, match="You are not signed in"):
        shell.run_line_magic(magic, "")


def test_unload_removes_the_magics_and_closes_the_sessions(shell, env_file):
    """Objects of the sessions raise; loading again works."""
    env_file()
    login(shell)
    client = shell.user_ns["chili"]
    shell.run_line_magic("unload_ext", "chili_notebook")
    assert not [m for m in shell.magics_manager.magics["line"] if "chili" in m]
    with pytest.raises(NotSignedInError, match=r"unloaded(.|\n)*%load_ext"):
        client.get("templates")
    shell.run_line_magic("load_ext", "chili_notebook")
    assert "chili_login" in shell.magics_manager.magics["line"]


def test_secrets_are_masked_in_stored_cells_after_a_reload(shell, env_file):
    """The known secrets stay known: cells that run afterwards are masked at once."""
    env_file()
    login(shell)
    shell.run_line_magic("reload_ext", "chili_notebook")
    shell.run_cell(f"x = '{CLIENT_SECRET}'", store_history=True)
    assert CLIENT_SECRET not in repr(shell.user_ns["In"])


def test_loading_twice_keeps_one_set_of_magics(shell, env_file):
    """A second %load_ext and a %reload_ext are harmless."""
    env_file()
    shell.run_line_magic("load_ext", "chili_notebook")
    shell.run_line_magic("reload_ext", "chili_notebook")
    magics = [c for c in shell.configurables if type(c).__name__ == "ChiliMagics"]
    assert len(magics) == 1
    login(shell)
    assert "chili" in shell.user_ns


def test_secret_in_the_line_of_a_magic_is_refused_and_masked(shell, endpoint):
    """The login fails, and the secret is removed from the stored cell."""
    secret = "a-secret-in-a-cell-0123456789"
    cell = f"%chili_login --client-secret {secret}"
    result = shell.run_cell(cell, store_history=True)
    assert isinstance(result.error_in_exec, ConfigurationError)
    assert "cannot be an option of a magic" in str(result.error_in_exec)
    assert secret not in repr(shell.user_ns["In"])
    assert endpoint.grants == 0


def test_no_option_of_a_magic_takes_a_secret(shell):
    """A secret in a cell would be saved with it, so there is no option for one."""
    magic = shell.magics_manager.magics["line"]["chili_login"]
    options = vars(parse_argstring(magic, ""))
    flags = {"form", "demo", "no_widget", "no_check"}
    assert set(options) == {"profile", "env_file", "name"} | flags


LIGHT_MODULES = (
    *("notebook", "notebook.arguments", "notebook.audit_magic", "notebook.magics"),
    *("system", "system.frontend"),
)


def test_loading_the_extension_loads_neither_httpx_nor_anywidget():
    """%load_ext is fast: the heavy modules are loaded by %chili_login."""
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
    assert ours == {
        "chili_notebook",
        *(f"chili_notebook.{name}" for name in LIGHT_MODULES),
    }
    assert not {"httpx", "anywidget", "ipywidgets", "dotenv"} & loaded
