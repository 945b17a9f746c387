"""The command ``python -m chili_notebook audit``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from audit.examples import write_notebook

from conftest import CLIENT_ID, CLIENT_SECRET


def run_audit(*arguments, encoding="utf-8", **environ):
    """Run the command in the working directory."""
    return subprocess.run(
        [sys.executable, "-m", "chili_notebook", "audit", *arguments],
        capture_output=True,
        encoding=encoding,
        check=False,
        env=os.environ | environ,
    )


def test_command_fails_if_a_secret_is_left(monkeypatch):
    """The command uses no network, fails on a finding, and passes after --fix."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    Path(".env").write_text(
        f"CHILI_CLIENT_ID={CLIENT_ID}\nCHILI_ADMIN_CLIENT_SECRET={CLIENT_SECRET}\n"
    )
    path = write_notebook(Path("a.ipynb"), ("x", CLIENT_SECRET))
    failed = run_audit("a.ipynb")
    assert failed.returncode == 1
    assert "cell 1, output" in failed.stdout
    assert "rotated" in failed.stderr
    assert CLIENT_SECRET not in failed.stdout + failed.stderr
    assert run_audit("--fix", ".").returncode == 0
    assert run_audit(".").returncode == 0
    assert CLIENT_SECRET not in path.read_text()


def test_command_without_a_known_secret_passes_unless_one_is_required():
    """A commit hook does not stop a person who has no secret, but says so."""
    done = run_audit(".")
    assert done.returncode == 0
    assert done.stderr.startswith("There is nothing to search for")
    assert done.stderr.count("\n") == 1
    required = run_audit("--require-secrets", ".")
    assert (required.returncode, required.stderr) == (4, done.stderr)


def test_command_says_that_it_could_not_read_something():
    """Its exit code differs from that for a secret."""
    Path(".git").write_text("gitdir: missing")
    done = run_audit(".", CHILI_CLIENT_SECRET=CLIENT_SECRET)
    assert done.returncode == 3
    assert "AuditIncompleteError: 1 place could not be read." in done.stderr
    assert "none found" in done.stdout


def test_path_that_does_not_exist_is_an_error_of_its_own():
    """Its exit code is that of other wrong arguments."""
    done = run_audit("missing", CHILI_CLIENT_SECRET=CLIENT_SECRET)
    assert done.returncode == run_audit().returncode == 2
    assert "missing does not exist." in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252"])
def test_report_is_written_in_every_encoding(encoding):
    """A file name may have characters that the terminal of a hook has not."""
    write_notebook(Path("Žluťoučký → kůň.ipynb"), ("x", CLIENT_SECRET))
    environ = {"PYTHONIOENCODING": encoding, "CHILI_CLIENT_SECRET": CLIENT_SECRET}
    done = run_audit(".", encoding=encoding, **environ)
    assert done.returncode == 1, done.stderr
    assert "\\u0165ou" in done.stdout


def test_report_advises_commands_and_not_magics():
    """The user of the command is in a terminal."""
    write_notebook(Path("my notes.ipynb"), ("x", CLIENT_SECRET))
    done = run_audit(".", CHILI_CLIENT_SECRET=CLIENT_SECRET)
    remedy = "Run: python -m chili_notebook audit --fix 'my notes.ipynb'"
    assert remedy in " ".join(done.stdout.split())
    assert "%" not in done.stdout


def test_file_of_credentials_may_have_any_name():
    """The secrets belong into the file from which they were read."""
    Path("keys.txt").write_text(f"CHILI_CLIENT_SECRET={CLIENT_SECRET}\n")
    done = run_audit(".", "--env-file", "keys.txt")
    assert done.returncode == 0
    assert "Not searched: 1 .env file " in done.stdout


def test_deleted_working_directory_is_no_error(tmp_path, monkeypatch):
    """A path elsewhere can still be searched."""
    path = write_notebook(tmp_path / "a.ipynb", ("x", CLIENT_SECRET))
    Path("gone").mkdir()
    monkeypatch.chdir("gone")
    Path("../gone").rmdir()
    done = run_audit(str(path), CHILI_CLIENT_SECRET=CLIENT_SECRET)
    assert done.returncode == 1, done.stderr


def test_command_reads_the_env_file_of_the_searched_folder(tmp_path):
    """A commit hook may run in another folder than the one it searches."""
    there = tmp_path / "there"
    there.mkdir()
    (there / ".env").write_text(f"CHILI_CLIENT_SECRET={CLIENT_SECRET}\n")
    write_notebook(there / "a.ipynb", ("x", CLIENT_SECRET))
    Path("here").mkdir()
    os.chdir("here")
    assert run_audit(str(there)).returncode == 1


def test_command_fails_if_the_env_file_is_missing():
    """Without it the command does not know which secrets to search for."""
    done = run_audit(".", "--env-file", "typo.env")
    assert done.returncode == 2
    assert "typo.env" in done.stderr
