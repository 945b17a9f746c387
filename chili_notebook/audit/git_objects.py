"""Search what git stores: its index, HEAD, and the whole history."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from chili_notebook.audit.findings import Finding
from chili_notebook.display.wording import relative_path
from chili_notebook.system.git import GitError, find_repository, run_git

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chili_notebook.guard.registry import SecretRegistry

_MAXIMUM_BYTES = 50_000_000
_TIMEOUT_S = 120.0
_OBJECT_ID_LENGTH = 40  # of SHA-1; that of SHA-256 is longer
_UNSTAGE = "Mask the file, then git add it again."
_ROTATE = (
    "Rotate the secret. If nothing was pushed yet, amend the commit and prune the "
    "reflog. Otherwise git filter-repo --replace-text removes it, but not from other "
    "clones."
)


class _Stage(StrEnum):
    """Where git stores an object, as the table shows it."""

    STAGED = "staged"
    HISTORY = "history"
    HEAD = "HEAD"


@dataclass(frozen=True, slots=True)
class _Location:
    """The name of a git object and where git stores it."""

    name: str
    stage: _Stage

    @property
    def remedy(self) -> str:
        return _UNSTAGE if self.stage is _Stage.STAGED else _ROTATE


def audit_repositories(
    registry: SecretRegistry, folders: Iterable[Path]
) -> list[Finding]:
    """Search the repositories around and below these folders, each once."""
    findings: list[Finding] = []
    tops: dict[str, None] = {}
    for folder in folders:
        try:
            top = find_repository(folder)
        except GitError as error:
            findings.append(_unreadable(folder, error))
            continue
        if top is not None:
            tops[top] = None
    for top in tops:
        try:
            findings += _audit_repository(registry, Path(top))
        except GitError as error:
            findings.append(_unreadable(Path(top), error))
    return findings


def _audit_repository(registry: SecretRegistry, top: Path) -> list[Finding]:
    findings: list[Finding] = []
    locations = _locate_objects(top)
    sizes = _read_sizes(top, locations)
    for object_id in [key for key, size in sizes.items() if size > _MAXIMUM_BYTES]:
        name = locations[object_id].name
        findings.append(Finding.unreadable(f"git: {name}", "too large"))
        del sizes[object_id]
    for object_id, content in _read_contents(top, sizes):
        at = locations[object_id]
        text = content.decode("utf-8", "surrogateescape")
        findings += [
            Finding.found(f"git: {at.name}", at.stage, secret, at.remedy)
            for secret in registry.find(text)
        ]
    return findings


def _locate_objects(top: Path) -> dict[str, _Location]:
    """Return every object that may contain a text, by its id."""
    locations: dict[str, _Location] = {}
    staged = run_git(top, "ls-files", "--stage", "-z", timeout_s=_TIMEOUT_S)
    for object_id, name in _parse_listing(staged):
        locations[object_id] = _Location(name, _Stage.STAGED)
    history = run_git(
        *(top, "rev-list", "--all", "--reflog", "--objects"), timeout_s=_TIMEOUT_S
    )
    for line in os.fsdecode(history).splitlines():
        object_id, _, name = line.partition(" ")
        name = name or f"message of {object_id[:10]}"
        locations[object_id] = _Location(name, _Stage.HISTORY)
    if run_git(top, "rev-parse", "--verify", "--quiet", "HEAD", ok_codes=(0, 1)):
        head = run_git(top, "ls-tree", "-r", "-z", "HEAD", timeout_s=_TIMEOUT_S)
        for object_id, name in _parse_listing(head):
            locations[object_id] = _Location(name, _Stage.HEAD)
    return locations


def _parse_listing(listing: bytes) -> Iterator[tuple[str, str]]:
    """Yield id and name of each object that ``ls-tree`` or ``ls-files`` lists."""
    for entry in os.fsdecode(listing).split("\0"):
        fields, _, name = entry.partition("\t")
        ids = [word for word in fields.split() if len(word) >= _OBJECT_ID_LENGTH]
        if ids:
            yield ids[0], name


def _read_sizes(top: Path, object_ids: Iterable[str]) -> dict[str, int]:
    """Return the sizes of files and messages; leave out folders and submodules."""
    sizes = {}
    with _cat_file(top, object_ids, "--batch-check") as git:
        assert git.stdout is not None  # noqa: S101 - it is a pipe
        for line in git.stdout:
            match line.split():
                case [object_id, b"blob" | b"commit" | b"tag", size]:
                    sizes[object_id.decode()] = int(size)
    if git.returncode:
        raise GitError("git cat-file failed")
    return sizes


def _read_contents(top: Path, sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """Yield the ids and contents of these objects, one at a time."""
    missing = len(sizes)
    with _cat_file(top, sizes, "--batch") as git:
        assert git.stdout is not None  # noqa: S101 - it is a pipe
        while header := git.stdout.readline().split():
            content = git.stdout.read(int(header[2]) + 1)[:-1]
            missing -= 1
            yield header[0].decode(), content
    if missing or git.returncode:
        raise GitError(f"git cat-file left out {missing} objects")


def _cat_file(
    top: Path, object_ids: Iterable[str], mode: str
) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as names:
        names.write("".join(f"{object_id}\n" for object_id in object_ids).encode())
        names.seek(0)
        return subprocess.Popen(  # noqa: S603 - no shell, and our own arguments
            ["git", "-C", str(top), "cat-file", mode],  # noqa: S607 - the user's own git
            stdin=names,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


def _unreadable(folder: Path, error: GitError) -> Finding:
    place = f"git: {relative_path(folder, Path.cwd())}"
    return Finding.unreadable(place, str(error))
