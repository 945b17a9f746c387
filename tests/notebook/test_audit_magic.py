"""The magic %chili_audit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from audit.examples import git, write_notebook

from chili_notebook.errors import (
    AuditIncompleteError,
    ConfigurationError,
    SecretsFoundError,
)
from conftest import CLIENT_SECRET


def run(shell, line=""):
    """Run the magic; raise its error."""
    shell.run_line_magic("chili_audit", line)


def test_magic_shows_what_was_searched_and_advises_magics(shell, env_file, capsys):
    """The cell fails on a secret, and passes after --fix."""
    env_file()
    write_notebook(Path("a.ipynb"), ("x", CLIENT_SECRET))
    with pytest.raises(SecretsFoundError, match="Secrets found in 1 place"):
        run(shell)
    shown = capsys.readouterr().out
    assert "Run: %chili_audit --fix a.ipynb" in shown
    assert "Searched 1 notebook" in shown
    assert "1 .env file" in shown
    assert CLIENT_SECRET not in shown
    run(shell, "--fix a.ipynb")
    run(shell)
    assert "none found." in capsys.readouterr().out


def test_path_that_does_not_exist_is_an_error_of_its_own(shell, env_file):
    """Nothing was found, and nothing was searched."""
    env_file()
    with pytest.raises(ConfigurationError, match=r"missing\.ipynb does not exist"):
        run(shell, "missing.ipynb")


def test_magic_fails_if_something_could_not_be_read(shell, env_file):
    """The error is not that for a secret."""
    env_file()
    Path(".git").write_text("gitdir: missing")
    with pytest.raises(AuditIncompleteError, match="1 place could not be read"):
        run(shell)


@pytest.mark.parametrize(
    ("in_repository", "loads_dulwich"), [(True, True), (False, False)]
)
def test_dulwich_is_loaded_only_for_a_file_in_a_repository(
    env_file, in_repository, loads_dulwich
):
    """A login without .env in a repository needs no library for git."""
    env_file()
    if in_repository:
        git("init")
    code = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "chili_notebook")
before = "dulwich" in sys.modules
shell.run_line_magic("chili_login", "--no-widget")
print(json.dumps([before, "dulwich" in sys.modules]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [False, loads_dulwich]
