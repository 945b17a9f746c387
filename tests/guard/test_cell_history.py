"""What IPython stores of a cell: its source, In, the history, logs and notebooks."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pytest

from chili_notebook.auth.secret import Secret
from chili_notebook.guard.cell_history import CellHistory, secrets_in_options
from chili_notebook.guard.masking import Masker
from chili_notebook.guard.registry import SecretRegistry
from conftest import CLIENT_SECRET

CELL = f"secret = '{CLIENT_SECRET}'"


@pytest.fixture
def registry():
    """Return a registry that knows one secret."""
    registry = SecretRegistry()
    registry.protect(Secret(CLIENT_SECRET), label="client secret", validity="")
    return registry


@contextmanager
def masked_history(shell, registry, *, can_replace=True, on_replace=None):
    """Mask what a shell stores of its cells inside the block."""
    history = CellHistory(
        shell,
        registry,
        can_replace=lambda: can_replace,
        on_replace=on_replace or (lambda _text: None),
    )
    yield history
    history.remove()


@pytest.fixture
def replacements(shell, registry):
    """Mask what the shell stores; return the replaced sources of cells."""
    replaced = []
    shell.set_next_input = lambda text, replace: replaced.append((text, replace))
    with masked_history(shell, registry):
        yield replaced


def run_cells(shell, *cells):
    """Run cells as a notebook does, and write the history to disk."""
    for cell in cells:
        shell.run_cell(cell, store_history=True).raise_error()
    shell.history_manager.writeout_cache()


def stored_bytes(shell):
    """Return everything that IPython stores of cells, in memory and on disk."""
    names = ("In", "_ih", "_i", "_ii", "_iii", "_i1", "_i2")
    in_memory = {name: shell.user_ns.get(name) for name in names}
    on_disk = b"".join(
        path.read_bytes() for path in Path(shell.ipython_dir).rglob("history.sqlite*")
    )
    return repr(in_memory).encode() + on_disk


@pytest.mark.usefixtures("replacements")
def test_secret_in_a_cell_is_not_stored(shell):
    """The cell runs with its real source, and no store contains the value."""
    run_cells(shell, CELL, "'another cell'")
    assert shell.user_ns["secret"] == CLIENT_SECRET
    assert b"another cell" in stored_bytes(shell)
    assert CLIENT_SECRET.encode() not in stored_bytes(shell)


def test_ipython_alone_stores_the_secret(shell):
    """Without the guard the search of these tests finds the value in each store."""
    shell.run_line_magic("unload_ext", "chili_notebook")
    run_cells(shell, CELL)
    assert stored_bytes(shell).count(CLIENT_SECRET.encode()) > 3


def test_cell_with_a_secret_is_replaced(shell, replacements, capsys):
    """The masked source is shown, and one message says what to do."""
    run_cells(shell, CELL)
    assert replacements == [("secret = '***'", True)]
    message = capsys.readouterr().err
    assert "replaced in the notebook" in message
    assert "rotate the secret" in message


def test_replacement_is_announced(shell, registry):
    """The hook is informed, so that the reply to a failed cell replaces it too."""
    announced = []
    with masked_history(shell, registry, on_replace=announced.append):
        run_cells(shell, CELL)
    assert announced == ["secret = '***'"]


def test_cell_without_a_secret_is_not_replaced(shell, replacements, capsys):
    """There is no message either."""
    run_cells(shell, "1 + 1")
    assert replacements == []
    assert capsys.readouterr().err == ""


def test_message_without_a_front_end_asks_for_removal_by_hand(shell, registry, capsys):
    """A batch run cannot replace a cell."""
    with masked_history(shell, registry, can_replace=False):
        run_cells(shell, CELL)
    assert "by hand" in capsys.readouterr().err


@pytest.mark.usefixtures("replacements")
def test_log_of_the_session_contains_no_secret(shell):
    """%logstart with outputs writes neither the source nor the result."""
    run_cells(shell, "%logstart -o session.log", CELL, "'before ' + secret")
    shell.logger.logstop()
    logged = Path("session.log").read_text()
    assert "secret = '***'" in logged
    assert CLIENT_SECRET not in logged


@pytest.mark.usefixtures("replacements")
@pytest.mark.parametrize(
    "write",
    [
        "%notebook all.ipynb",
        "get_ipython().run_line_magic('note' + 'book', 'all.ipynb')",
    ],
)
def test_notebook_written_by_ipython_contains_no_secret(shell, write):
    """%notebook writes inputs, results, displays and errors; all are masked."""
    show = "from IPython.display import display"
    run_cells(shell, CELL, "secret", show, "display(secret)")
    shell.run_cell("raise ValueError(secret)", store_history=True)
    run_cells(shell, write)
    written = Path("all.ipynb").read_text()
    assert "***" in written
    assert CLIENT_SECRET not in written


@pytest.mark.usefixtures("replacements")
def test_variables_in_the_line_of_a_magic_are_those_of_its_caller(shell):
    """A function's own variable is expanded, as without the guard."""
    call = "get_ipython().run_line_magic('alias_magic', '{name} notebook')"
    run_cells(shell, f"def make(name):\n    {call}", "make('write_it')")
    run_cells(shell, "%write_it aliased.ipynb")
    assert Path("aliased.ipynb").exists()


@pytest.mark.usefixtures("replacements")
def test_stored_outputs_contain_no_secret(shell):
    """With db_log_output on, results are masked in the history database."""
    shell.history_manager.db_log_output = True
    run_cells(shell, CELL, "secret + ' and more'")
    assert b"and more" in stored_bytes(shell)
    assert CLIENT_SECRET.encode() not in stored_bytes(shell)


def test_remove_restores_the_shell(shell, registry):
    """Afterwards nothing is wrapped, and IPython stores the source as it is."""
    shell.run_line_magic("unload_ext", "chili_notebook")
    before = vars(shell.history_manager).get("store_inputs")
    run_before = vars(shell).get("run_line_magic")
    with masked_history(shell, registry):
        pass
    assert vars(shell.history_manager).get("store_inputs") is before
    assert vars(shell).get("run_line_magic") is run_before
    run_cells(shell, CELL)
    assert shell.user_ns["In"][-1] == CELL


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
def test_secret_in_an_option_is_recognized(line):
    """The value is recognized in each spelling, before the magic runs."""
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
def test_correct_lines_contain_no_secret_option(line):
    """Words of correct commands are not taken for secrets."""
    assert list(secrets_in_options(line)) == []


def never_seen(monkeypatch):
    """Return a secret of the environment that no other test has made known."""
    secret = f"never-seen-{token_hex(16)}"
    monkeypatch.setenv("CHILI_CLIENT_ID", "an-id")
    monkeypatch.setenv("CHILI_CLIENT_SECRET", secret)
    return secret


def test_earlier_cells_are_named_by_the_login(shell, monkeypatch, capsys):
    """A front-end cannot replace them, so one line says which they are, once."""
    secret = never_seen(monkeypatch)
    cells = (f"x = '{secret}'", "1 + 1", f"y = '{secret}'", "2 + 2")
    run_cells(shell, *cells)
    shell.run_cell("%chili_login", store_history=True)
    lines = [text for text in capsys.readouterr().err.splitlines() if "cells" in text]
    assert len(lines) == 1
    assert "cells [1], [3] contain a secret" in lines[0]
    assert "%chili_audit --fix" in lines[0]
    shell.run_cell("%chili_login", store_history=True)
    assert "contain" not in capsys.readouterr().err


@pytest.mark.parametrize("login", ["%chili_login", "chili_notebook.login()"])
def test_secret_in_the_cell_of_the_login_is_announced(
    shell, monkeypatch, capsys, login
):
    """The secret is known only while the cell runs; the cell is fixed all the same."""
    secret = never_seen(monkeypatch)
    cell = f"import chili_notebook\nx = '{secret}'\n{login}"
    shell.run_cell("1 + 1", store_history=True)
    shell.run_cell(cell, store_history=True)
    assert secret not in shell.user_ns["In"][-1]
    assert capsys.readouterr().err.count("this cell contained a secret") == 1


@pytest.mark.parametrize(
    "first_cell",
    [
        "%chili_login --client-secret {}",
        "%env CHILI_CLIENT_SECRET={}",
        "x = '{}'",
    ],
)
def test_cells_from_before_the_login_are_masked(shell, first_cell, monkeypatch):
    """A secret that was typed before the first login is masked by it."""
    secret = f"never-seen-{token_hex(8)}"  # no other test has made it known
    monkeypatch.setenv("CHILI_CLIENT_ID", "an-id")
    monkeypatch.setenv("CHILI_CLIENT_SECRET", secret)
    shell.run_cell(first_cell.format(secret), store_history=True)
    shell.history_manager.writeout_cache()
    shell.run_cell("%chili_login --as 1", store_history=True)
    shell.run_cell("%chili_login", store_history=True)
    shell.history_manager.writeout_cache()
    assert b"--as 1" in stored_bytes(shell)
    assert b"never-seen" not in stored_bytes(shell)


def test_login_refuses_a_secret_as_an_option(shell, replacements, capsys):
    """The magic fails with a hint, and no store contains the value."""
    secret = f"never-seen-{token_hex(8)}"
    shell.run_cell("%chili_login --demo", store_history=True)
    result = shell.run_cell(
        f"%chili_login --client-secret {secret}", store_history=True
    )
    shell.history_manager.writeout_cache()
    assert "cannot be an option" in str(result.error_in_exec)
    assert "%chili_login --client-secret ***" in [text for text, _ in replacements]
    assert secret.encode() not in stored_bytes(shell)
    assert secret not in capsys.readouterr().out


class CountingMasker(Masker):
    """Count the searches."""

    searches = 0

    def mask_json(self, value, *, pieces=True):
        """Count this search."""
        self.searches += 1
        return super().mask_json(value, pieces=pieces)


def test_stored_cells_are_searched_again_only_for_another_secret(shell):
    """A later login takes no longer because many cells were run before."""
    registry = SecretRegistry(masker=CountingMasker())
    registry.protect(Secret(CLIENT_SECRET), label="client secret", validity="")
    run_cells(shell, "earlier = 'another-secret-0123456789'", "1")
    with masked_history(shell, registry) as history:
        history.mask_stored()
        before = registry.masker.searches
        history.mask_stored()
        registry.protect(Secret(CLIENT_SECRET), label="client secret", validity="")
        history.mask_stored()
        assert registry.masker.searches == before
        registry.protect(
            Secret("another-secret-0123456789"), label="another", validity=""
        )
        history.mask_stored()
        assert registry.masker.searches > before
        assert b"another-secret" not in stored_bytes(shell)
