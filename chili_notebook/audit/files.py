"""Looks into notebooks and other files, and masks what they hold."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chili_notebook.audit.findings import Finding
from chili_notebook.display.wording import relative_path
from chili_notebook.system.atomic_write import replace_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chili_notebook.guard.registry import KnownSecret

_CHECKPOINTS = ".ipynb_checkpoints"
_NOT_OURS = {"node_modules", "site-packages", "__pycache__"}
_FIX = "Run %chili_audit --fix, or clear it by hand."
# Any bytes survive a round trip through this, so that all else stays as it was.
_EXACT = {"encoding": "utf-8", "errors": "surrogateescape"}


def notebooks_in(folder: Path) -> Iterator[Path]:
    """Give the notebooks of a folder and of those below it, checkpoints included."""
    for name, _folders, files in _walk(folder):
        yield from (name / file for file in sorted(files) if file.endswith(".ipynb"))


def repositories_in(folder: Path) -> Iterator[Path]:
    """Give the folders below this one that are repositories of their own."""
    for name, folders, files in _walk(folder):
        if ".git" in {*folders, *files}:
            yield name


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    for name, folders, files in os.walk(folder):
        yield Path(name), folders[:], files
        folders[:] = sorted(
            entry
            for entry in folders
            if entry == _CHECKPOINTS
            or not (entry.startswith(".") or entry in _NOT_OURS)
        )


def audit_file(
    wanted: Sequence[KnownSecret], path: Path, *, fix: bool = False
) -> list[Finding]:
    """Look into one file, and mask it in place if asked to."""
    place = relative_path(path, Path.cwd())  # a saved notebook names no home folder
    try:
        before = path.read_bytes().decode(**_EXACT)
    except OSError as error:
        why = error.strerror or "it cannot be opened"
        return [Finding.unreadable(place, why)]
    found = [
        (secret, where)
        for secret in wanted
        if secret.is_in(before) or secret.is_in(_joined(_parsed(before)))
        for where in _places(secret, before, is_notebook=path.suffix == ".ipynb")
    ]
    remedy: str | None = _FIX
    if found and fix:
        after = before
        for secret in wanted:
            after = secret.masked(after)
        remedy = _replaced(path, before, after)
    return [
        Finding.fixed(place, where, secret)
        if remedy is None
        else Finding.found(place, where, secret, remedy)
        for secret, where in found
    ]


def _replaced(path: Path, before: str, after: str) -> str | None:
    """Write the masked text; return what is left to do, ``None`` if nothing is."""
    if path.suffix == ".ipynb" and _parsed(before) and not _parsed(after):
        return "Masking would break the file: clear it by hand."
    if before == after:
        return "It is broken over lines: clear it by hand."
    if path.is_symlink():
        return "It is a link: run it again for the file that it leads to."
    try:
        if path.read_bytes() != before.encode(**_EXACT):
            return "It was saved meanwhile: run it again."
        replace_bytes(path, after.encode(**_EXACT))
    except OSError as error:
        return f"It could not be written ({error.strerror}): clear it by hand."
    return None


def _places(secret: KnownSecret, text: str, *, is_notebook: bool) -> list[str]:
    notebook = _parsed(text) if is_notebook else None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    places = []
    if isinstance(notebook, dict) and isinstance(cells, list):
        places = list(_cell_places(secret, cells))
        metadata = notebook.get("metadata")
        widgets = metadata.pop("widgets", None) if isinstance(metadata, dict) else None
        if secret.is_in(widgets):
            places.append("widget state")
        if secret.is_in(metadata):
            places.append("metadata")
    return (
        places
        or [
            f"line {number}"
            for number, line in enumerate(text.splitlines(), 1)
            if secret.is_in(line)
        ]
        or ["across lines"]
    )


def _cell_places(secret: KnownSecret, cells: list[Any]) -> Iterator[str]:
    for number, cell in enumerate(cells, 1):
        parts = dict(cell) if isinstance(cell, dict) else {"text": cell}
        source = parts.pop("source", "")
        joined = "".join(source) if _is_lines(source) else source
        if secret.is_in(joined):
            yield f"cell {number}, source"
        outputs = [_joined(output) for output in parts.pop("outputs", None) or []]
        if secret.is_in(outputs):
            yield f"cell {number}, output"
        if secret.is_in(parts):
            yield f"cell {number}, metadata"


def _joined(value: Any) -> Any:
    """Put texts that a notebook keeps as lists of lines together again."""
    if isinstance(value, dict):
        return {key: _joined(item) for key, item in value.items()}
    if _is_lines(value):
        return "".join(value)
    return [_joined(item) for item in value] if isinstance(value, list) else value


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
