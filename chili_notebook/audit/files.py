"""Search notebooks and other files for secrets, and mask the secrets in them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chili_notebook.audit.findings import Finding
from chili_notebook.display.wording import relative_path
from chili_notebook.system.atomic_write import replace_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chili_notebook.guard.registry import KnownSecret, SecretRegistry

_CHECKPOINTS = ".ipynb_checkpoints"
_SKIPPED_FOLDERS = {"node_modules", "site-packages", "__pycache__"}
_FIX = "Run the audit with --fix, or remove it by hand."
# Bytes that are not UTF-8 come out of this as they were.
_EXACT = {"encoding": "utf-8", "errors": "surrogateescape"}


def find_notebooks(folder: Path) -> Iterator[Path]:
    """Yield the notebooks in a folder and below it, checkpoints included."""
    for path, _folders, files in _walk(folder):
        yield from (path / file for file in sorted(files) if file.endswith(".ipynb"))


def find_repositories(folder: Path) -> Iterator[Path]:
    """Yield the folders, from this one downward, that are the top of a repository."""
    for path, folders, files in _walk(folder):
        if ".git" in {*folders, *files}:
            yield path


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    for path, folders, files in os.walk(folder):
        yield Path(path), folders[:], files
        folders[:] = sorted(
            name
            for name in folders
            if name == _CHECKPOINTS
            or not (name.startswith(".") or name in _SKIPPED_FOLDERS)
        )


def audit_file(
    registry: SecretRegistry, path: Path, *, fix: bool = False
) -> list[Finding]:
    """Search one file, and mask the secrets in place if asked to."""
    place = relative_path(path, Path.cwd())  # a saved notebook names no home folder
    try:
        text = path.read_bytes().decode(**_EXACT)
    except OSError as error:
        return [Finding.unreadable(place, error.strerror or "it cannot be opened")]
    is_notebook = path.suffix == ".ipynb"
    document = _parse(text)
    # A secret over several lines of a notebook is whole only in the joined lines.
    known = dict.fromkeys((*registry.find(text), *registry.find(_join(document))))
    if not known:
        return []
    located = _locate(registry, list(known), text, document if is_notebook else None)
    remedy: str | None = _FIX
    if fix:
        remedy = _replace_text(path, text, registry.mask(text))
    return [
        Finding.fixed(place, where, secret)
        if remedy is None
        else Finding.found(place, where, secret, remedy)
        for where, secret in located
    ]


def _replace_text(path: Path, before: str, after: str) -> str | None:
    """Write the masked text; return what is left for the user to do, if anything."""
    if path.suffix == ".ipynb" and _parse(before) and not _parse(after):
        return "Masking it would break the file: remove it by hand."
    if before == after:
        return "It continues over several lines: remove it by hand."
    if path.is_symlink():
        return "The file is a symbolic link: run the audit on its target."
    try:
        if path.read_bytes() != before.encode(**_EXACT):
            return "The file was saved during the audit: run the audit again."
        replace_bytes(path, after.encode(**_EXACT))
    except OSError as error:
        return f"The file cannot be written ({error.strerror}): remove it by hand."
    return None


def _locate(
    registry: SecretRegistry, known: list[KnownSecret], text: str, notebook: Any
) -> list[tuple[str, KnownSecret]]:
    """Return where in a file these secrets are: by cell, or else by line."""
    located = [
        (where, secret)
        for where, part in _parts(notebook)
        for secret in registry.find(part)
    ]
    rest = [secret for secret in known if secret not in {each for _, each in located}]
    if rest:
        by_line = [
            (f"line {number}", secret)
            for number, line in enumerate(text.splitlines(), 1)
            for secret in registry.find(line)
            if secret in rest
        ]
        on_one_line = {secret for _, secret in by_line}
        located += by_line
        located += [("across lines", each) for each in rest if each not in on_one_line]
    return located


def _parts(notebook: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a notebook, each with its name."""
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        return
    for number, cell in enumerate(cells, 1):
        rest = dict(cell) if isinstance(cell, dict) else {"text": cell}
        yield f"cell {number}, source", _join(rest.pop("source", ""))
        yield f"cell {number}, output", _join(rest.pop("outputs", None))
        yield f"cell {number}, metadata", rest
    metadata = notebook.get("metadata")
    if isinstance(metadata, dict):
        metadata = dict(metadata)
        yield "widget state", metadata.pop("widgets", None)
    yield "metadata", metadata


def _join(value: Any) -> Any:
    """Join the lists of lines in which a notebook stores its texts."""
    if isinstance(value, dict):
        return {key: _join(item) for key, item in value.items()}
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "".join(value)
    return [_join(item) for item in value] if isinstance(value, list) else value


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
