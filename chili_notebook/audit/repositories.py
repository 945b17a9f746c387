"""Looks into what git holds: its index, HEAD, and everything before."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from chili_notebook.audit.findings import Finding
from chili_notebook.repository import run_git

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chili_notebook.audit.findings import Wanted

_LARGEST = 50_000_000
_PATIENCE_S = 120.0
_STAGED = "Mask the file, then git add it again."
_COMMITTED = (
    "Rotate the secret. If nothing was pushed yet, amend the commit; "
    "else git filter-repo --replace-text takes it out, but not out of other clones."
)


def repository_of(path: Path) -> Path | None:
    """Give the top folder of the repository that holds a path."""
    folder = path if path.is_dir() else path.parent
    top = run_git(folder, "rev-parse", "--show-toplevel")
    return Path(top.decode().rstrip("\n")) if top else None


def audit_repository(wanted: Sequence[Wanted], top: Path) -> list[Finding]:
    """Look into every file that git holds; each is named at its latest place."""
    places: dict[str, tuple[str, str]] = {}
    listed = run_git(top, "rev-list", "--all", "--objects", timeout_s=_PATIENCE_S)
    if listed is None:
        return [Finding("git", "not read", "its history", "Look at it by hand.")]
    for line in listed.decode("utf-8", "replace").splitlines():
        blob, _, name = line.partition(" ")
        if name:
            places[blob] = name, "history"
    for blob, name in _tree(run_git(top, "ls-tree", "-r", "-z", "HEAD")):
        places[blob] = name, "HEAD"
    for blob, name in _tree(run_git(top, "ls-files", "--stage", "-z")):
        if places.get(blob, ("", ""))[1] != "HEAD":
            places[blob] = name, "staged"
    findings = []
    for blob, content in _contents(top, places):
        name, where = places[blob]
        remedy = _STAGED if where == "staged" else _COMMITTED
        findings += [
            Finding(f"git: {name}", where, secret.label, remedy)
            for secret in wanted
            if secret.is_in(content)
        ]
    return findings


def _tree(listed: bytes | None) -> Iterator[tuple[str, str]]:
    """Read ``ls-tree`` and ``ls-files``: the id is the last word that is one."""
    for entry in (listed or b"").decode("utf-8", "replace").split("\0"):
        facts, _, name = entry.partition("\t")
        words = [word for word in facts.split() if len(word) >= 40]  # noqa: PLR2004 - SHA-1
        if words:
            yield words[0], name


def _contents(top: Path, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Give the contents of these objects, one after the other; folders are left out."""
    with tempfile.TemporaryFile() as names:
        names.write("".join(f"{blob}\n" for blob in blobs).encode())
        names.seek(0)
        command = ["git", "-C", str(top), "cat-file", "--batch"]
        with subprocess.Popen(  # noqa: S603 - no shell, and our own arguments
            command,
            stdin=names,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as git:
            assert git.stdout is not None  # noqa: S101 - it is a pipe
            while header := git.stdout.readline().split():
                if len(header) != 3:  # noqa: PLR2004 - "<id> missing"
                    continue
                content = git.stdout.read(int(header[2]) + 1)[:-1]
                if header[1] == b"blob" and len(content) <= _LARGEST:
                    yield header[0].decode(), content
