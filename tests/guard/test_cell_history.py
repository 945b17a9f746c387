"""What IPython stores of a cell: its text, In, the history, logs and notebooks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chili_notebook.auth.secret import Secret
from chili_notebook.guard.cell_history import CellHistory, secrets_in_options
from chili_notebook.guard.registry import SecretRegistry
from conftest import CLIENT_SECRET

HELD = f"secret = '{CLIENT_SECRET}'"


@pytest.fixture
def registry():
    """Return a registry that knows one secret."""
    registry = SecretRegistry()
    registry.protect(Secret(CLIENT_SECRET), label="client secret", validity="")
    return registry


@pytest.fixture
def replaced(shell, registry):
    """Protect a secret in a shell, and collect what it asks the notebook to show."""
    asked = []
    shell.set_next_input = lambda text, replace: asked.append((text, replace))
    history = CellHistory(shell, registry, can_replace=lambda: True)
    yield asked
    history.remove()


def run(shell, *cells):
    """Run cells as a notebook does, and wait until the history is on disk."""
    for cell in cells:
        shell.run_cell(cell, store_history=True).raise_error()
    shell.history_manager.writeout_cache()


def stored(shell):
    """Give all that IPython keeps of cells, in memory and on disk."""
    names = ("In", "_ih", "_i", "_ii", "_iii", "_i1", "_i2")
    kept = {name: shell.user_ns.get(name) for name in names}
    disk = b"".join(
        path.read_bytes() for path in Path(shell.ipython_dir).rglob("history.sqlite*")
    )
    return repr(kept).encode() + disk


@pytest.mark.usefixtures("replaced")
def test_a_secret_in_a_cell_stays_out_of_in_and_of_the_history(shell):
    """The cell runs with its real text, and no store has the value."""
    run(shell, HELD, "'another cell'")
    assert shell.user_ns["secret"] == CLIENT_SECRET
    assert b"another cell" in stored(shell)
    assert CLIENT_SECRET.encode() not in stored(shell)


def test_without_it_ipython_stores_the_value(shell):
    """The search above would find it: IPython by itself keeps it in each place."""
    shell.run_line_magic("unload_ext", "chili_notebook")
    run(shell, HELD)
    assert stored(shell).count(CLIENT_SECRET.encode()) > 3


def test_the_cell_is_replaced_in_the_notebook(shell, replaced, capsys):
    """The text comes back masked, and one message says what to do."""
    run(shell, HELD)
    assert replaced == [("secret = '***'", True)]
    told = capsys.readouterr().err
    assert "replaced in the notebook" in told
    assert "rotate the secret" in told


def test_a_clean_cell_is_left_alone(shell, replaced, capsys):
    """No text is replaced and nothing is said where there is no secret."""
    run(shell, "1 + 1")
    assert replaced == []
    assert capsys.readouterr().err == ""


def test_where_nobody_can_replace_it_that_is_told(shell, registry, capsys):
    """A batch run says that the text must be taken out by hand."""
    sources = CellHistory(shell, registry, can_replace=lambda: False)
    run(shell, HELD)
    sources.remove()
    assert "by hand" in capsys.readouterr().err


@pytest.mark.usefixtures("replaced")
def test_a_log_of_the_session_holds_no_secret(shell):
    """%logstart with outputs writes neither the cell's text nor its result."""
    run(shell, "%logstart -o session.log", HELD, "'before ' + secret")
    shell.logger.logstop()
    logged = Path("session.log").read_text()
    assert "secret = '***'" in logged
    assert CLIENT_SECRET not in logged


@pytest.mark.usefixtures("replaced")
def test_a_notebook_written_by_ipython_holds_no_secret(shell):
    """%notebook writes inputs, results, displays and errors; all are masked."""
    run(shell, HELD, "secret", "from IPython.display import display", "display(secret)")
    shell.run_cell("raise ValueError(secret)", store_history=True)
    run(shell, "%notebook all.ipynb")
    written = Path("all.ipynb").read_text()
    assert "***" in written
    assert CLIENT_SECRET not in written


@pytest.mark.usefixtures("replaced")
def test_stored_outputs_hold_no_secret(shell):
    """With db_log_output on, results go to the history database masked."""
    shell.history_manager.db_log_output = True
    run(shell, HELD, "secret + ' and more'")
    assert b"and more" in stored(shell)
    assert CLIENT_SECRET.encode() not in stored(shell)


def test_what_is_taken_off_is_off(shell, registry, replaced):
    """Afterwards the shell is as it was."""
    before = vars(shell.history_manager).get("store_inputs")
    sources = CellHistory(shell, registry, can_replace=lambda: True)
    sources.remove()
    assert vars(shell.history_manager).get("store_inputs") is before
    assert replaced == []


@pytest.mark.parametrize(
    "line",
    [
        "%chili_login --client-secret {}",
        "%chili_login --client_secret={}",
        "%chili_login prod --secret '{}'",
        "  %chili_login --token {} --as x",
        '%chili_login client_secret = "{}"',
        "%chili_login --password {}",
        "%chili_login --access-token={}",
        "x = 1\n%chili_login CHILI_CLIENT_SECRET={}",
        "%chili_login CHILI_ADMIN_CLIENT_SECRET={} # a remark",
    ],
)
def test_a_secret_as_an_option_is_known_at_once(line):
    """However it is spelled, the value is known before the magic runs."""
    found = secrets_in_options(line.format("an-unknown-secret"))
    assert [secret.reveal() for secret in found] == ["an-unknown-secret"]


@pytest.mark.parametrize(
    "line",
    [
        "%chili_login",
        "%chili_login --as chili_token --demo",
        "%chili_login --as token --no-widget",
        "%chili_login --env-file my.secret --no-widget",
        "%chili_audit token notebooks/archive",
        "%chili_status # token lifetime --token lifetime",
        "secret = 'x'",
    ],
)
def test_other_lines_hold_no_such_option(line):
    """Words of good commands are not taken for secrets."""
    assert list(secrets_in_options(line)) == []


@pytest.mark.parametrize(
    "first",
    [
        "%chili_login --client-secret never-seen-in-first-cell",
        "%env CHILI_CLIENT_SECRET=never-seen-in-first-cell",
        "x = 'never-seen-in-first-cell'",
    ],
)
def test_what_was_stored_before_anybody_watched_is_masked(shell, first):
    """The first cell is healed too, and what was typed before the first login."""
    shell.run_cell(first, store_history=True)
    shell.history_manager.writeout_cache()
    os.environ["CHILI_CLIENT_ID"] = "an-id"
    os.environ["CHILI_CLIENT_SECRET"] = "never-seen-in-first-cell"
    shell.run_cell("%chili_login --as 1", store_history=True)
    shell.run_cell("%chili_login", store_history=True)
    shell.history_manager.writeout_cache()
    for key in ("CHILI_CLIENT_ID", "CHILI_CLIENT_SECRET"):
        del os.environ[key]
    assert b"never-seen" not in stored(shell)


def test_a_secret_as_an_option_is_refused_and_healed(shell, replaced, capsys):
    """The magic fails, tells where secrets go, and no store has the value."""
    secret = "never-seen-before-0123"
    shell.run_cell("%chili_login --demo", store_history=True)
    result = shell.run_cell(
        f"%chili_login --client-secret {secret}", store_history=True
    )
    shell.history_manager.writeout_cache()
    assert "never an option" in str(result.error_in_exec)
    assert "%chili_login --client-secret ***" in [text for text, _ in replaced]
    assert secret.encode() not in stored(shell)
    assert secret not in capsys.readouterr().out
