"""Looks into what git holds: its index, HEAD, and everything before."""

from __future__ import annotations

import os
import subprocess
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from chili_notebook.audit.findings import Finding
from chili_notebook.display.wording import relative_path
from chili_notebook.system.git import GitError, find_repository, run_git

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chili_notebook.guard.registry import KnownSecret

    Places = dict[str, tuple[str, "_Where"]]

_LARGEST = 50_000_000
_PATIENCE_S = 120.0
_STAGED = "Mask the file, then git add it again."
_COMMITTED = (
    "Rotate the secret. If nothing was pushed yet, amend the commit and prune the "
    "reflog; else git filter-repo --replace-text takes it out, but not out of other "
    "clones."
)


class _Where(StrEnum):
    """Where git holds an object, as the table shows it."""

    STAGED = "staged"
    HISTORY = "history"
    HEAD = "HEAD"


def audit_repositories(
    wanted: Sequence[KnownSecret], folders: Iterable[Path]
) -> list[Finding]:
    """Look into the repositories around and below these folders, each once."""
    findings: list[Finding] = []
    tops: dict[str, None] = {}
    for folder in folders:
        try:
            top = find_repository(folder)
        except GitError as error:
            findings.append(_not_read(folder, error))
            continue
        if top is not None:
            tops[top] = None
    for top in tops:
        try:
            findings += _audit(wanted, Path(top))
        except GitError as error:
            findings.append(_not_read(Path(top), error))
    return findings


def _audit(wanted: Sequence[KnownSecret], top: Path) -> list[Finding]:
    """Look into every object that git holds; each is named at its latest place.

    Raises:
        GitError: If git cannot tell.
    """
    places = _places(top)
    findings = []
    sizes = _sizes(top, places)
    for blob in [blob for blob, size in sizes.items() if size > _LARGEST]:
        name, _ = places[blob]
        findings.append(Finding.unreadable(f"git: {name}", "too large"))
        del sizes[blob]
    for blob, content in _contents(top, sizes):
        name, where = places[blob]
        text = content.decode("utf-8", "surrogateescape")
        remedy = _STAGED if where is _Where.STAGED else _COMMITTED
        findings += [
            Finding.found(f"git: {name}", where, secret, remedy)
            for secret in wanted
            if secret.is_in(text)
        ]
    return findings


def _places(top: Path) -> Places:
    """Give every object that may hold a text, with its name and where it is."""
    places: Places = {}
    staged = run_git(top, "ls-files", "--stage", "-z", timeout_s=_PATIENCE_S)
    for blob, name in _tree(staged):
        places[blob] = name, _Where.STAGED
    listed = run_git(
        *(top, "rev-list", "--all", "--reflog", "--objects"), timeout_s=_PATIENCE_S
    )
    for line in os.fsdecode(listed).splitlines():
        blob, _, name = line.partition(" ")
        places[blob] = name or f"message of {blob[:10]}", _Where.HISTORY
    if run_git(top, "rev-parse", "--verify", "--quiet", "HEAD", ok_codes=(0, 1)):
        head = run_git(top, "ls-tree", "-r", "-z", "HEAD", timeout_s=_PATIENCE_S)
        for blob, name in _tree(head):
            places[blob] = name, _Where.HEAD
    return places


def _tree(listed: bytes) -> Iterator[tuple[str, str]]:
    """Read ``ls-tree`` and ``ls-files``: the id is the first word that is one."""
    for entry in os.fsdecode(listed).split("\0"):
        facts, _, name = entry.partition("\t")
        words = [word for word in facts.split() if len(word) >= 40]  # noqa: PLR2004 - SHA-1
        if words:
            yield words[0], name


def _sizes(top: Path, blobs: Iterable[str]) -> dict[str, int]:
    """Give the sizes of files and messages; folders and submodules are left out."""
    found = {}
    with _cat_file(top, blobs, "--batch-check") as git:
        assert git.stdout is not None  # noqa: S101 - it is a pipe
        for line in git.stdout:
            match line.split():
                case [blob, b"blob" | b"commit" | b"tag", size]:
                    found[blob.decode()] = int(size)
    if git.returncode:
        raise GitError("git cat-file failed")
    return found


def _contents(top: Path, sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """Give the contents of these objects, one after the other."""
    left = len(sizes)
    with _cat_file(top, sizes, "--batch") as git:
        assert git.stdout is not None  # noqa: S101 - it is a pipe
        while header := git.stdout.readline().split():
            content = git.stdout.read(int(header[2]) + 1)[:-1]
            left -= 1
            yield header[0].decode(), content
    if left or git.returncode:
        raise GitError(f"git cat-file left {left} objects out")


def _cat_file(top: Path, blobs: Iterable[str], how: str) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as names:
        names.write("".join(f"{blob}\n" for blob in blobs).encode())
        names.seek(0)
        return subprocess.Popen(  # noqa: S603 - no shell, and our own arguments
            ["git", "-C", str(top), "cat-file", how],  # noqa: S607 - the user's own git
            stdin=names,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


def _not_read(folder: Path, error: GitError) -> Finding:
    place = f"git: {relative_path(folder, Path.cwd())}"
    return Finding.unreadable(place, str(error))
