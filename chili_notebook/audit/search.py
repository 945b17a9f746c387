"""Search for the secrets of a session in everything that was saved.

The audit searches for the values themselves, in every encoding that the guard masks: in
notebooks and their checkpoints, in IPython's history and ``%store``, and in what git
has staged, in HEAD and in its history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chili_notebook.audit.files import audit_file, find_notebooks, find_repositories
from chili_notebook.audit.git_objects import audit_repositories
from chili_notebook.audit.history import audit_history, audit_store
from chili_notebook.guard.registry import SecretRegistry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from chili_notebook.audit.findings import Finding
    from chili_notebook.guard.registry import KnownSecret


def audit(
    known: Sequence[KnownSecret],
    paths: Iterable[Path],
    *,
    profiles: Iterable[Path] = (),
    fix: bool = False,
) -> list[Finding]:
    """Search for secrets, and mask or remove them if asked to.

    Args:
        known: The secrets to search for.
        paths: Files, and folders whose notebooks are searched.
        profiles: IPython's profile folders, for the history and ``%store``.
        fix: Whether to mask files in place and to remove rows of the history.

    Returns:
        Every place that contains a secret or that could not be read.
    """
    registry = SecretRegistry(known)
    findings: list[Finding] = []
    folders: list[Path] = []
    for path in paths:
        folders.append(path if path.is_dir() else path.parent)
        folders += find_repositories(path)
        for file in find_notebooks(path) if path.is_dir() else [path]:
            findings += audit_file(registry, file, fix=fix)
    for profile in profiles:
        findings += audit_history(registry, profile / "history.sqlite", fix=fix)
        findings += audit_store(registry, profile / "db")
    return findings + audit_repositories(registry, folders)
