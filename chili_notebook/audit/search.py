"""Search for the secrets of a session in everything that was saved.

The audit searches for the values themselves, in every encoding that the guard masks: in
notebooks, their copies and other text files, in IPython's history and ``%store``, and
in everything that git stores.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chili_notebook.audit.databases import (
    COLLABORATION_DATABASE,
    audit_collaboration,
    audit_history,
    audit_store,
)
from chili_notebook.audit.files import (
    FileRole,
    Folder,
    audit_file,
    choose_role,
    walk_folder,
)
from chili_notebook.audit.findings import AuditResult, Finding, Skipped
from chili_notebook.audit.git_objects import audit_repositories, unreadable_repository
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.git import (
    GitError,
    find_repository,
    open_repository,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chili_notebook.audit.findings import AuditSettings
    from chili_notebook.system.git import Repository


def audit(
    settings: AuditSettings,
    paths: Sequence[Path],
    *,
    profiles: Iterable[Path] = (),
    temporary_folder: Path | None = None,
) -> AuditResult:
    """Search for secrets, and mask or remove them if the settings say so.

    Args:
        settings: What to search for.
        paths: Files, and folders to search with what is below them.
        profiles: IPython's profile folders, for the history and ``%store``.
        temporary_folder: Where JupyterLab's debugger stores copies of cells.

    Raises:
        ConfigurationError: If one of the paths does not exist.
    """
    for path in paths:
        if not path.exists():
            raise ConfigurationError(f"{path} does not exist.", hint="Check the path.")
    return AuditResult.merge(
        (
            *_audit_paths(settings, paths),
            *_audit_profiles(settings, profiles),
            *_audit_debugger_files(settings, temporary_folder),
            *_audit_git(settings, paths),
        )
    )


def _audit_paths(
    settings: AuditSettings, paths: Iterable[Path]
) -> Iterator[AuditResult]:
    for path in paths:
        if path.is_dir():
            for part in walk_folder(path):
                yield from _audit_part(settings, part)
        else:
            yield audit_file(settings, path, FileRole.NAMED)


def _audit_profiles(
    settings: AuditSettings, profiles: Iterable[Path]
) -> Iterator[AuditResult]:
    for profile in profiles:
        yield audit_history(settings, profile / "history.sqlite")
        yield from audit_store(settings, profile / "db")


def _audit_git(settings: AuditSettings, paths: Iterable[Path]) -> Iterator[AuditResult]:
    """Search the repositories around these paths and below them."""
    repositories: list[Repository] = []
    for folder, is_root in _list_folders(paths):
        try:
            repository = find_repository(folder) if is_root else open_repository(folder)
        except GitError as error:
            finding = unreadable_repository(settings, folder, error)
            yield AuditResult((finding,))
        else:
            repositories += [] if repository is None else [repository]
    yield from audit_repositories(settings, repositories)


def _list_folders(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield each folder, and whether it is one of the paths and not just below one."""
    for path in paths:
        if path.is_dir():
            for part in walk_folder(path):
                if isinstance(part, Folder):
                    yield part.path, part.path == path
        else:
            yield path.parent, True


def _audit_part(
    settings: AuditSettings, part: Folder | Skipped | OSError
) -> Iterator[AuditResult]:
    """Yield the results for one folder, or for a folder that was not entered."""
    if isinstance(part, Skipped):
        yield AuditResult.of(part)
    elif isinstance(part, OSError):
        place = settings.place(Path(part.filename))
        reason = f"The folder cannot be read ({part.strerror})."
        yield AuditResult((Finding.unreadable(place, reason),))
    else:
        for name in part.files:
            path = part.path / name
            if name.startswith(COLLABORATION_DATABASE):
                # Its companions, such as the -wal file, are searched with it.
                if name == COLLABORATION_DATABASE:
                    yield audit_collaboration(settings, path)
            else:
                yield audit_file(settings, path, choose_role(path))


def _audit_debugger_files(
    settings: AuditSettings, temporary_folder: Path | None
) -> Iterator[AuditResult]:
    """Search the copies of cells that the debuggers of this user's kernels made."""
    if temporary_folder is None:
        return
    for path in sorted(temporary_folder.glob("ipykernel_*/*.py")):
        with suppress(OSError):  # another user's, or deleted meanwhile
            if os.name != "posix" or path.stat().st_uid == os.getuid():
                yield audit_file(settings, path, FileRole.COPY)
