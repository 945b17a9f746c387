"""Where do the secrets of a session stand on disk?

It looks for the values themselves, in every encoding that the output guard knows: in
notebooks and their checkpoints, in IPython's history and what ``%store`` keeps, and in
what git has staged, in HEAD and in its history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chili_notebook.audit.files import audit_file, notebooks_in, repositories_in
from chili_notebook.audit.findings import Finding, FindingState
from chili_notebook.audit.git_objects import audit_repositories
from chili_notebook.audit.history import audit_history, audit_store
from chili_notebook.guard.registry import KnownSecret

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["Finding", "FindingState", "KnownSecret", "audit"]


def audit(
    wanted: Sequence[KnownSecret],
    paths: Iterable[Path],
    *,
    profiles: Iterable[Path] = (),
    fix: bool = False,
) -> list[Finding]:
    """Look for secrets, and mask them where that helps.

    Args:
        wanted: What to look for.
        paths: Files, and folders whose notebooks are looked at.
        profiles: IPython's profile folders, for the history and ``%store``.
        fix: Whether to mask files in place and to remove rows of the history.

    Returns:
        Every place, with its state.
    """
    findings: list[Finding] = []
    folders: list[Path] = []
    for path in paths:
        folders.append(path if path.is_dir() else path.parent)
        folders += repositories_in(path)
        for file in notebooks_in(path) if path.is_dir() else [path]:
            findings += audit_file(wanted, file, fix=fix)
    for profile in profiles:
        findings += audit_history(wanted, profile / "history.sqlite", fix=fix)
        findings += audit_store(wanted, profile / "db")
    return findings + audit_repositories(wanted, folders)
