"""The guard in a shell without a kernel, as in a terminal."""

from __future__ import annotations

import pytest

from chili_notebook.auth.secret import Secret
from chili_notebook.guard.install import Guard, process_guard
from conftest import CLIENT_SECRET

CELL = f"text = '{CLIENT_SECRET}'"


@pytest.fixture
def shell(shell):
    """Unload the extension: only the guard of the test is in this shell."""
    shell.run_line_magic("unload_ext", "chili_notebook")
    return shell


def guard_with_a_secret():
    """Return a guard that knows one secret."""
    guard = Guard()
    guard.registry.protect(Secret(CLIENT_SECRET), label="client secret", validity="")
    return guard


def test_output_of_a_terminal_is_not_masked(shell):
    """A shell without a kernel has no messages that could be masked."""
    guard = Guard()
    guard.install(shell)
    assert not guard.is_active()
    guard.uninstall(shell)


def test_cells_of_a_terminal_are_masked_until_uninstall(shell):
    """IPython stores no secret while the guard is installed."""
    guard = guard_with_a_secret()
    guard.install(shell)
    shell.run_cell(CELL, store_history=True)
    guard.uninstall(shell)
    assert shell.user_ns["In"][-1] == "text = '***'"
    shell.run_cell(CELL, store_history=True)
    assert shell.user_ns["In"][-1] == CELL


def test_install_twice_wraps_once(shell):
    """After one call of uninstall nothing of two installations is left."""
    before = shell.history_manager.store_inputs
    guard = Guard()
    guard.install(shell)
    guard.install(shell)
    guard.uninstall(shell)
    assert shell.history_manager.store_inputs == before


def test_running_cell_that_started_before_the_guard_is_fixed(shell, capsys):
    """The guard replaces the text of a cell that it did not see before it ran."""
    guard = Guard()
    shell.user_ns["guard"] = guard
    cell = f"guard.fix_running_cell(get_ipython())\n%chili_x --secret {CLIENT_SECRET}"
    shell.run_cell(cell, store_history=True)
    guard.uninstall(shell)
    assert CLIENT_SECRET not in shell.user_ns["In"][-1]
    assert [known.secret for known in guard.registry.known] == [Secret(CLIENT_SECRET)]
    assert "this cell contained a secret" in capsys.readouterr().err


def test_permit_without_a_hook_does_nothing():
    """Where no message is masked, no message needs a permit."""
    guard = Guard()
    with guard.allow_once("id", "copied"):
        assert not guard.is_active()


def test_guards_share_no_secrets():
    """What one guard knows, no other guard knows."""
    first, second = guard_with_a_secret(), Guard()
    assert first.registry.mask(CLIENT_SECRET) == "***"
    assert second.registry.mask(CLIENT_SECRET) == CLIENT_SECRET


def test_process_has_one_guard():
    """Each call returns the same guard."""
    assert process_guard() is process_guard()
