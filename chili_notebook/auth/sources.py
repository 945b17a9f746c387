"""Read the process environment and ``.env`` files as sources of credentials."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
from typing import TYPE_CHECKING

from chili_notebook.auth.credentials import Origin, Source
from chili_notebook.auth.pasted_value import read_value
from chili_notebook.auth.secret import Secret
from chili_notebook.display.wording import relative_path
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.bounded_file import UnreadableFileError, read_small_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from chili_notebook.auth.pasted_value import PastedValue

    Pair = tuple[str, str | None]

_OUR_LINE = re.compile(r"\s*(?:export\s+)?(CHILI_\w+)(?:\s*=(.*))?")
# How a line begins that was copied from a Windows terminal; `export` is dotenv's own.
_SHELL = re.compile(
    r"(?im)^[ \t]*(?:(?:setx?|%env|env)[ \t]+|\$env:)(?=[\"']?\w+[ \t]*=)"
)
# `setx NAME value`, `%env NAME value` and `${env:NAME} = value`.
_SHELL_PAIR = re.compile(
    r"(?im)^[ \t]*(?:(?:setx|%env)[ \t]+[\"']?(\w+)[\"']?[ \t]+(?=[^=\s])"
    r"|\$\{env:(\w+)\}[ \t]*=)"
)
_JSON_START = re.compile(r"\s*(?:\[\s*)?\{")
_QUOTED_LINE = re.compile(r"(?m)^([\"'])(\w+=.*)\1[ \t]*$")
# python-dotenv's time grows with the square of a line's length. Tokens are shorter.
_MAX_LINE_LENGTH = 8_192
# Names in GraFx's own samples and in other tools, without prefix and punctuation.
_OTHER_NAMES = {
    "CLIENTID": "CHILI_CLIENT_ID",
    "SERVERID": "CHILI_CLIENT_ID",
    "INTEGRATIONID": "CHILI_CLIENT_ID",
    "CLIENTSECRET": "CHILI_CLIENT_SECRET",
    "SERVERSECRET": "CHILI_CLIENT_SECRET",
    "INTEGRATIONSECRET": "CHILI_CLIENT_SECRET",
    "SECRET": "CHILI_CLIENT_SECRET",
    "ACCESSTOKEN": "CHILI_ACCESS_TOKEN",
    "ENVIRONMENT": "CHILI_ENVIRONMENT",
    "ENVIRONMENTNAME": "CHILI_ENVIRONMENT",
    "TECHNICALNAME": "CHILI_ENVIRONMENT",
    "BASEURL": "CHILI_BASE_URL",
}
# Names that are ours only after a prefix.
_SHORT_NAMES = {
    "ID": "CHILI_CLIENT_ID",
    "TOKEN": "CHILI_ACCESS_TOKEN",
    "ENV": "CHILI_ENVIRONMENT",
    "URL": "CHILI_BASE_URL",
    "ENVIRONMENTTYPE": "CHILI_ENVIRONMENT_TYPE",
    "TOKENURL": "CHILI_TOKEN_URL",
}
_OTHER_PREFIX = re.compile(r"(?:CHILI[_.-]?GRAFX|CHILI|GRAFX)[_.-]")
# Other programs use these names for their own purposes in a process's environment.
_COMMON_NAMES = {"ENVIRONMENT", "SECRET", "ACCESSTOKEN", "BASEURL"}
# What a file is called by Windows' Notepad, by other tools or by mistake.
_OTHER_FILES = (".env.txt", ".env.local", ".env.json", ".envrc", "env.txt", "env")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def find_sources(
    folder: Path,
    *,
    env_file: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> list[Source]:
    """Read every source, in the order in which they are used.

    Args:
        folder: The notebook's folder; ``.env`` is searched from there upward.
        env_file: A file that the user named; relative to `folder`.
        environ: The process environment.

    Raises:
        ConfigurationError: If `env_file` is not a path.
    """
    sources = []
    if env_file is not None:
        if not isinstance(env_file, str | os.PathLike):
            raise ConfigurationError(
                f"{env_file!r} is not the path of a file.",
                hint='Use a path, such as "prod.env".',
            )
        path = folder / os.path.expanduser(env_file)  # noqa: PTH111 - pathlib's raises
        sources.append(_read_env_file(path, folder, required=True))
    sources.append(read_process_environment(environ))
    sources.extend(read_nearest_env_files(folder))
    return sources


def read_process_environment(environ: Mapping[str, str] = os.environ) -> Source:
    """Read the ``CHILI_*`` variables of this process."""
    name = "the process environment"
    misnamed = _find_misnamed(environ, is_shared=True)
    return Source.read(
        name,
        Origin.PROCESS_ENVIRONMENT,
        _select(environ.items()),
        misnamed=misnamed,
        unread=_misnamed_secrets(environ.items(), misnamed, name),
    )


def read_nearest_env_files(folder: Path) -> Iterator[Source]:
    """Read ``.env`` files from `folder` upward, up to the first with our keys."""
    for parent in (folder, *folder.parents):
        path = parent / ".env"
        if not _exists(path):
            continue
        source = _read_env_file(path, folder, discovered=True)
        yield source
        if source.values:
            return
    for name in _OTHER_FILES:
        if not _exists(folder / name):
            continue
        other = _read_env_file(folder / name, folder, discovered=True)
        if other.values or other.misnamed:
            remark = f"{name} is not read: it must be called .env"
            unread = (*other.values.values(), *other.superseded, *other.unread)
            yield Source(name, Origin.ENV_FILE, unread=unread, remark=remark)


def _exists(path: Path) -> bool:
    """Return whether the file exists; a folder `.env` is a virtual environment."""
    try:
        return path.exists() and not path.is_dir()
    except OSError:  # the parent folder may not be entered
        return False


def _read_env_file(
    path: Path, folder: Path, *, required: bool = False, discovered: bool = False
) -> Source:
    name = relative_path(path, folder)
    pairs: list[Pair] = []
    problem = ""
    try:
        pairs = list(_parse(decode(read_small_file(path))))
    except UnreadableFileError as error:
        problem = f"{name} {error}"
    except UnicodeDecodeError:
        problem = f"{name} is not UTF-8 text"
    misnamed = _find_misnamed(key for key, _value in pairs)
    return Source.read(
        name,
        Origin.ENV_FILE,
        _select(pairs),
        misnamed=misnamed,
        unread=_misnamed_secrets(pairs, misnamed, name),
        problem=problem,
        required=required,
        path=None if problem else path,
        discovered=discovered,
    )


def decode(data: bytes) -> str:
    """Return the text of a ``.env`` file.

    Raises:
        UnicodeDecodeError: If it is neither UTF-8 nor UTF-16.
    """
    # Windows editors and PowerShell's `>` write UTF-16, some without a mark.
    if data.startswith(_UTF_16):
        return data.decode("utf-16")
    if b"\0" in data:
        return data.decode("utf-16-be" if data.startswith(b"\0") else "utf-16-le")
    return data.decode("utf-8-sig")


def _parse(text: str) -> Iterator[Pair]:
    """Yield every key with its value, also a key that is set again further down."""
    from dotenv.main import DotEnv

    if any(len(line) > _MAX_LINE_LENGTH for line in text.splitlines()):
        raise UnreadableFileError(
            f"contains a line of more than {_MAX_LINE_LENGTH:,} characters"
        )
    if _JSON_START.match(text):
        yield from _parse_json(text)
        return
    text = _SHELL_PAIR.sub(r"\1\2=", _SHELL.sub("", text.replace("\r\n", "\n")))
    text = _QUOTED_LINE.sub(r"\2", text)
    pairs = list(DotEnv(None, io.StringIO(text), interpolate=False).parse())
    yield from pairs
    # dotenv leaves out a line that it cannot parse; then the rest of the line is used,
    # so that the message names the key.
    parsed = {key for key, _value in pairs}
    for match in filter(None, map(_OUR_LINE.match, text.splitlines())):
        if match.group(1) not in parsed:
            yield match.group(1), match.group(2)


def _select(pairs: Iterable[Pair]) -> list[tuple[str, Secret]]:
    return [
        (key, Secret(value or "")) for key, value in pairs if key.startswith("CHILI_")
    ]


def _misnamed_secrets(
    pairs: Iterable[Pair], misnamed: Mapping[str, str], source_name: str
) -> tuple[PastedValue, ...]:
    """Return the secrets of a source that are not read because of their names."""
    return tuple(
        read_value(misnamed[key], Secret(value or ""), source_name, label=key)
        for key, value in pairs
        if misnamed.get(key, "").endswith(("_CLIENT_SECRET", "_ACCESS_TOKEN"))
    )


def _parse_json(text: str) -> Iterator[Pair]:
    """Yield the texts of a JSON object, also of objects inside it.

    Raises:
        UnreadableFileError: If it is not JSON.
    """
    try:
        members = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError):
        raise UnreadableFileError("begins like JSON, and is not JSON") from None
    while members:  # an object is a list of tuples here
        member = members.pop(0)
        if isinstance(member, list):
            members += member
        elif isinstance(member, tuple) and isinstance(member[1], str):
            yield member
        elif isinstance(member, tuple):
            members.append(member[1])


def _find_misnamed(keys: Iterable[str], *, is_shared: bool = False) -> dict[str, str]:
    """Return the keys that look like ours, with the names that they must have.

    Args:
        keys: All keys of a source.
        is_shared: Whether keys of other programs are among them.
    """
    misnamed = {}
    for key in keys:
        upper = key.upper()
        prefix = _OTHER_PREFIX.match(upper)
        plain = re.sub(r"[_.-]", "", upper[prefix.end() :] if prefix else upper)
        name = _OTHER_NAMES.get(plain)
        if prefix:
            name = name or _SHORT_NAMES.get(plain)
        elif is_shared and plain in _COMMON_NAMES:
            name = None
        if name is None and upper.startswith("CHILI_"):
            name = upper
        if name is not None and name != key:
            misnamed[key] = name
    return misnamed
