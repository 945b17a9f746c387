"""Reads the places where credentials may stand into mappings."""

from __future__ import annotations

import codecs
import io
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from chili_notebook.auth.credentials import Origin, Source
from chili_notebook.auth.secret import Secret
from chili_notebook.display.wording import relative_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PROCESS_ENVIRONMENT = "the process environment"

_LARGEST = 1_000_000
_OUR_LINE = re.compile(r"\s*(?:export\s+)?(CHILI_\w+)(?:\s*=(.*))?")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def find_sources(
    folder: Path,
    *,
    env_file: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> list[Source]:
    """Read every source, in the order in which they count.

    Args:
        folder: The notebook's folder, from which ``.env`` is looked for upward.
        env_file: A file that the person named; relative to `folder`.
        environ: The process environment.
    """
    sources = []
    if env_file is not None:
        path = folder / os.path.expanduser(env_file)  # noqa: PTH111 - pathlib's raises
        sources.append(_read_env_file(path, relative_path(path, folder), required=True))
    sources.append(process_environment(environ))
    sources.extend(nearest_env_files(folder))
    return sources


def process_environment(environ: Mapping[str, str] = os.environ) -> Source:
    """Read the ``CHILI_*`` variables of this process."""
    return Source(PROCESS_ENVIRONMENT, Origin.PROCESS_ENVIRONMENT, _ours(environ))


def nearest_env_files(folder: Path) -> Iterator[Source]:
    """Read ``.env`` files from `folder` upward, up to the first with our keys."""
    for parent in (folder, *folder.parents):
        path = parent / ".env"
        if not _is_there(path):
            continue
        source = _read_env_file(path, relative_path(path, folder), required=False)
        yield replace(source, discovered=True)
        if source.values:
            return


def _is_there(path: Path) -> bool:
    """Whether there is such a file; a folder of this name is a virtual environment."""
    try:
        return path.exists() and not path.is_dir()
    except OSError:  # in a folder that may not be entered
        return False


def _read_env_file(path: Path, name: str, *, required: bool) -> Source:
    from dotenv import dotenv_values

    source = Source(name, Origin.ENV_FILE, required=required)
    try:
        if path.stat().st_size > _LARGEST:
            return replace(source, problem=f"{name} is too large")
        text = _decode(path.read_bytes())
    except FileNotFoundError:
        return replace(source, problem=f"{name} does not exist")
    except UnicodeDecodeError:
        return replace(source, problem=f"{name} is not UTF-8 text")
    except OSError as error:
        why = error.strerror or "it cannot be opened"
        return replace(source, problem=f"{name} cannot be read ({why})")
    values = dotenv_values(stream=io.StringIO(text), interpolate=False)
    # A line that dotenv cannot parse is left out by it; as it stands, it is told.
    for match in filter(None, map(_OUR_LINE.match, text.splitlines())):
        values.setdefault(match.group(1), match.group(2))
    return replace(source, values=_ours(values), path=path)


def _decode(data: bytes) -> str:
    # Windows editors and PowerShell's `>` write these.
    return data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8-sig")


def _ours(values: Mapping[str, str | None]) -> dict[str, Secret]:
    return {
        key: Secret(value or "")
        for key, value in values.items()
        if key.startswith("CHILI_")
    }
