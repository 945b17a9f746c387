"""The command ``python -m chili_notebook audit``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from audit.examples import write_notebook

from conftest import CLIENT_ID, CLIENT_SECRET


def run_audit(*arguments):
    """Run the command in the working directory."""
    return subprocess.run(
        [sys.executable, "-m", "chili_notebook", "audit", *arguments],
        capture_output=True,
        text=True,
        check=False,
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


def test_command_passes_without_a_known_secret():
    """A commit hook does not stop a person who has no secret."""
    done = run_audit(".")
    assert done.returncode == 0
    assert done.stderr


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
    assert done.returncode == 1
    assert "typo.env" in done.stderr
