"""What an audit found, what it searched, and what it left out."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chili_notebook.auth.secret import Secret
from chili_notebook.display.wording import relative_path
from chili_notebook.guard.masking import Masker
from chili_notebook.system.frontend import find_working_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from chili_notebook.guard.registry import KnownSecret

MEGABYTE = 1_000_000
_CHUNK_LENGTH = 200_000
_PARTS_BEFORE_SIGNATURE = 2
_SIGNATURE = 16  # characters; a shorter one may be there by chance
MAX_TEXT_BYTES = 10 * MEGABYTE
MAX_OBJECT_BYTES = 50 * MEGABYTE


class FindingState(Enum):
    """What the audit knows about a place now."""

    FOUND = auto()
    FIXED = auto()
    UNREADABLE = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that contains a secret, or that could not be read.

    Attributes:
        place: The file, relative to the working directory, or what else was searched.
        where: Where in it: a cell, a line, a row, a commit.
        what: The label of the secret, or why the place could not be read.
        remedy: What the user should do; empty if the place is fixed.
        state: Whether the secret is still there.
        secret: The secret; ``None`` if the place could not be read.
    """

    place: str
    where: str
    what: str
    remedy: str
    state: FindingState
    secret: KnownSecret | None = None

    @classmethod
    def found(cls, place: str, where: str, secret: KnownSecret, remedy: str) -> Finding:
        """Return a finding of a secret that is still there."""
        return cls(place, where, secret.label, remedy, FindingState.FOUND, secret)

    @classmethod
    def fixed(cls, place: str, where: str, secret: KnownSecret) -> Finding:
        """Return a finding of a secret that has been masked or removed."""
        return cls(place, where, secret.label, "", FindingState.FIXED, secret)

    @classmethod
    def unreadable(cls, place: str, reason: str, *, where: str = "not read") -> Finding:
        """Return a finding for a place that may contain a secret."""
        remedy = "Check it by hand."
        return cls(place, where, reason, remedy, FindingState.UNREADABLE)


class Searched(Enum):
    """What an audit searches; the values are its names in the singular and plural."""

    NOTEBOOK = ("notebook", "notebooks")
    COPY = ("copy of a notebook or cell", "copies of notebooks and cells")
    TEXT_FILE = ("text file", "text files")
    COLLABORATION_DATABASE = ("collaboration database", "collaboration databases")
    HISTORY_ROW = ("row of IPython's history", "rows of IPython's history")
    STORED_VARIABLE = ("%store variable", "%store variables")
    GIT_FILE = ("file of git", "files of git")
    COMMIT = ("commit", "commits")
    GIT_OBJECT = ("other git object", "other git objects")


class Skipped(Enum):
    """What an audit leaves out; the values are its names in the singular and plural."""

    BINARY = ("binary file", "binary files")
    LARGE = ("file of more than 10 MB", "files of more than 10 MB")
    CREDENTIALS = (".env file", ".env files")
    SPECIAL = ("pipe, socket or device", "pipes, sockets or devices")
    HIDDEN_FOLDER = ("hidden folder", "hidden folders")
    PACKAGE_FOLDER = ("folder of packages", "folders of packages")
    LINKED_FOLDER = ("linked folder", "linked folders")
    LARGE_OBJECT = ("git object of more than 50 MB", "git objects of more than 50 MB")


@dataclass(frozen=True, slots=True)
class AuditResult:
    """The result of an audit, or of a part of one.

    Attributes:
        findings: The places with secrets, and those that could not be read.
        counts: How many things of each kind were searched and skipped.
    """

    findings: tuple[Finding, ...] = ()
    counts: Counter[Searched | Skipped] = field(default_factory=Counter)

    @classmethod
    def merge(cls, parts: Iterable[AuditResult]) -> AuditResult:
        """Return the results of all parts as one, with each finding once."""
        findings: dict[Finding, None] = {}
        counts: Counter[Searched | Skipped] = Counter()
        for part in parts:
            findings.update(dict.fromkeys(part.findings))
            counts.update(part.counts)
        return cls(tuple(findings), counts)

    @classmethod
    def of(
        cls, counted: Searched | Skipped, *findings: Finding, count: int = 1
    ) -> AuditResult:
        """Return the result for a number of things of one kind."""
        return cls(findings, Counter({counted: count}))


class SecretFinder:
    """Find known secrets in texts, bytes and documents; also in pieces of them.

    An example::

        secrets = SecretFinder(registry.known)
        secrets.find("a text")

    Args:
        known: The secrets.
    """

    def __init__(self, known: Sequence[KnownSecret]) -> None:
        self._known = known
        self._whole = _masker_of(each.secret for each in known)
        self._all = _masker_of(_own_part(each.secret) for each in known)

    @cached_property
    def _each(self) -> dict[KnownSecret, Masker]:
        return {each: _masker_of([_own_part(each.secret)]) for each in self._known}

    def find(self, value: Any) -> tuple[KnownSecret, ...]:
        """Return the known secrets in a text, in bytes or anywhere in a JSON value."""
        # Most values contain none: one search for all secrets comes first.
        if not self._all.mask_json(value)[1]:
            return ()
        return tuple(
            each for each, masker in self._each.items() if masker.mask_json(value)[1]
        )

    def find_in_texts(self, texts: Iterable[str]) -> tuple[KnownSecret, ...]:
        """Return the known secrets in any of these texts.

        Short texts are searched together: each search takes a time of its own.
        """
        found: dict[KnownSecret, None] = {}
        chunk: list[str] = []
        length = 0
        for text in texts:
            chunk.append(text)
            length += len(text)
            if length > _CHUNK_LENGTH:
                found.update(dict.fromkeys(self.find("\0".join(chunk))))
                chunk, length = [], 0
        found.update(dict.fromkeys(self.find("\0".join(chunk))))
        return tuple(found)

    def mask(self, text: str) -> str:
        """Return the text with each secret masked, except those in pieces."""
        return self._whole.mask_text(text, pieces=False)[0]


def _masker_of(secrets: Iterable[Secret]) -> Masker:
    masker = Masker()
    for secret in secrets:
        masker.protect(secret)
    return masker


def _own_part(secret: Secret) -> Secret:
    """Return the part of a secret that no other has: of a JWT the signature.

    The header and some claims of a JWT are those of many tokens.
    """
    *claims, signature = secret.reveal().split(".")
    is_jwt = len(claims) == _PARTS_BEFORE_SIGNATURE and claims[0].startswith("eyJ")
    return Secret(signature) if is_jwt and len(signature) >= _SIGNATURE else secret


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """What to search for, and how to report it.

    Attributes:
        secrets: The secrets to search for.
        folder: The folder that places are relative to.
        command: How the user runs the audit: as a magic or in a terminal.
        fix: Whether to mask or remove what is found.
        credential_files: Files from which the secrets were read, which are left out.
    """

    secrets: SecretFinder
    folder: Path = field(default_factory=find_working_folder)
    command: str = "%chili_audit"
    fix: bool = False
    credential_files: frozenset[Path] = frozenset()

    def place(self, path: Path) -> str:
        """Return the name of a file in the report: without home folder and secrets."""
        return self.show(relative_path(path, self.folder))

    def show(self, name: str) -> str:
        """Return a name as the report shows it: no secret, and valid as a text."""
        # The bytes of a name on Linux may not be text: they are lone surrogates here.
        valid = name.encode("utf-8", "backslashreplace").decode()
        return self.secrets.mask(valid)

    def fix_command(self, path: Path | None = None) -> str:
        """Return the instruction that fixes a file, or what belongs to no file."""
        # The name alone does not lead to a file that is far from the folder.
        near = path is not None and (self.folder / self.place(path)).exists()
        name = shlex.quote(self.place(path)) if path is not None and near else "."
        return f"Run: {self.command} --fix {name}"
