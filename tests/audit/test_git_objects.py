"""The audit of git: staged files, HEAD, and the history."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from audit.examples import KNOWN, TOKEN, places_of

from chili_notebook.audit.findings import FindingState
from chili_notebook.audit.report import require_clean
from chili_notebook.audit.search import audit
from chili_notebook.errors import SecretsFoundError


def git(*arguments):
    """Run git in the working directory, without the settings of this machine."""
    names = ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME")
    mails = ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL")
    environ = os.environ | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        **dict.fromkeys(names, "a"),
        **dict.fromkeys(mails, "a@example.com"),
    }
    subprocess.run(["git", *arguments], check=True, capture_output=True, env=environ)


def test_staged_files_head_and_history_are_searched():
    """Each finding says where git stores the secret, and what to do about it."""
    git("init")
    for name in ("gone", "kept", "staged"):
        Path(f"{name}.txt").write_text(f"{name} {TOKEN}")
    git("add", "gone.txt", "kept.txt")
    git("commit", "-m", "one")
    Path("gone.txt").write_text("clean")
    git("add", ".")
    git("commit", "-m", "two", "gone.txt")
    findings = audit(KNOWN, [Path()])
    assert sorted(places_of(findings)) == [
        ("git: gone.txt", "history"),
        ("git: kept.txt", "HEAD"),
        ("git: staged.txt", "staged"),
    ]
    assert [
        finding.where for finding in findings if "Rotate" not in finding.remedy
    ] == ["staged"]


def test_commit_messages_and_amended_commits_are_searched():
    """A secret is found in a message, and in a commit that only the reflog has."""
    git("init")
    Path("a.txt").write_text(TOKEN)
    git("add", ".")
    git("commit", "-m", f"adds {TOKEN}")
    Path("a.txt").write_text("clean")
    git("commit", "--all", "--amend", "-m", "clean")
    found = places_of(audit(KNOWN, [Path()]))
    assert ("git: a.txt", "history") in found
    assert [place for place, _ in found if place.startswith("git: message of")]


def test_repositories_below_the_folder_are_searched():
    """A repository inside the folder is searched as well as the one around it."""
    Path("inner").mkdir()
    Path("inner/a.txt").write_text(TOKEN)
    git("-C", "inner", "init")
    git("-C", "inner", "add", ".")
    assert places_of(audit(KNOWN, [Path()])) == [("git: a.txt", "staged")]


def test_damaged_repository_fails_the_run():
    """A repository that git cannot read may contain a secret."""
    git("init")
    Path(".git/index").write_bytes(b"no index")
    (finding,) = audit(KNOWN, [Path()])
    assert finding.state is FindingState.UNREADABLE
    with pytest.raises(SecretsFoundError, match="1 place could not be read"):
        require_clean([finding])
