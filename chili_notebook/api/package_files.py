"""Template packages on disk: a folder or a zip with a manifest that describes it.

::

    package.json     the manifest: names, IDs and checksums of everything else
    document.json    the document of the template
    media/           the original files of GraFx Media
    fonts/           the font files

Files of a package are read by the names in its manifest, after a check, and are never
unpacked, so that no name can lead out of the package.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from zipfile import ZIP_DEFLATED, ZipFile

from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import checked_path, save_bytes, save_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MANIFEST, DOCUMENT = "package.json", "document.json"
_FORMAT, _VERSION = "chili_notebook template package", 1
_FILE = re.compile(r"(?:media|fonts)/[^/\\:\0]+")
_MAX_FILE_BYTES = 2_000_000_000
_MAX_JSON_BYTES = 50_000_000
_PIECE = 1 << 20
_T = TypeVar("_T")
_Reader: TypeAlias = "Callable[[str, int], bytes]"
"""Returns a file of a package, by its name and its largest size."""


@dataclass(frozen=True, slots=True)
class PackedMedia:
    """A file of GraFx Media in a package; the folder is the one in the library."""

    id: str
    name: str
    folder: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PackedFont:
    """A font in a package."""

    family_id: str
    family: str
    style_id: str
    style: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PackedConnector:
    """A connector that the document uses; it is not in the package.

    Attributes:
        id: The ID of the connector of the environment.
        name: Its name.
        type: ``media``, ``fonts`` or ``data``; empty if unknown.
    """

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of a package.

    Attributes:
        name: The name of the template.
        folder: The folder of the template.
        engine_version: The engine of the document; may be empty.
        document_sha256: The checksum of the document.
        media: The files of GraFx Media.
        fonts: The fonts.
        connectors: The connectors of the environment that the document uses.
    """

    name: str
    folder: str
    engine_version: str
    document_sha256: str
    media: tuple[PackedMedia, ...] = ()
    fonts: tuple[PackedFont, ...] = ()
    connectors: tuple[PackedConnector, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """A package that has been checked.

    Attributes:
        manifest: The manifest.
        document: The document.
        read: Returns a file of the package, by the name in the manifest.
    """

    manifest: Manifest
    document: dict[str, Any]
    read: Callable[[str], bytes]


def checksum_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def is_zip(path: str | Path) -> bool:
    """Return whether a package with this path is a zip, and not a folder."""
    return checked_path(path).suffix.lower() == ".zip"


def check_target(path: str | Path) -> None:
    """Check that a package can be written to a path.

    Raises:
        ConfigurationError: If a folder with files, or another file, is there.
    """
    target = checked_path(path)
    if is_zip(path):
        return
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ConfigurationError(
            f"{target} is not an empty folder.",
            hint="Use a new folder, or a path that ends with .zip.",
        )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, as the last file of a package."""
    body = {"format": _FORMAT, "version": _VERSION} | asdict(manifest)
    content = json.dumps(body, indent=2, ensure_ascii=False).encode()
    save_bytes(content, folder / MANIFEST, default_name=MANIFEST)


def zip_folder(folder: Path, path: str | Path) -> None:
    """Write the files of a folder into a zip, completely or not at all."""
    archive = folder.with_name(f"{folder.name}.zip")
    with ZipFile(archive, "w", ZIP_DEFLATED) as opened:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                opened.write(file, file.relative_to(folder).as_posix())
    with archive.open("rb") as stream:
        pieces = iter(lambda: stream.read(_PIECE), b"")
        save_stream(pieces, path, default_name=archive.name, suffixes=(".zip",))


@contextmanager
def open_package(path: str | Path) -> Iterator[Package]:
    """Open a package and check it, with the checksum of every file.

    Raises:
        ConfigurationError: If it is not a package, is damaged, or was made by a newer
            version of this program.
    """
    source = checked_path(path)
    if source.is_dir():
        yield _checked(source, _folder_reader(source))
        return
    if not source.exists():
        raise ConfigurationError(
            f"The package {source} cannot be used: it does not exist.",
            hint="Check the path.",
        )
    if not source.is_file():  # a pipe or a device would never end
        raise _damaged(source, "it is not a regular file")
    try:
        archive = ZipFile(source)
    except Exception as error:  # noqa: BLE001 - zipfile and its codecs raise anything
        raise _damaged(source, f"it cannot be read ({_reason(error)})") from None
    with archive:
        yield _checked(source, _zip_reader(source, archive))


def _folder_reader(folder: Path) -> _Reader:
    def read(name: str, max_bytes: int) -> bytes:
        file = folder / name
        try:
            if folder.resolve() not in file.resolve().parents:
                reason = "is a link out of the package"
            elif not file.is_file():  # a named pipe would never end
                reason = "is missing"
            elif file.stat().st_size > max_bytes:
                reason = _too_large(max_bytes)
            else:
                return file.read_bytes()
        # A circle of links is a RuntimeError until Python 3.12.
        except (OSError, ValueError, RuntimeError) as error:
            reason = f"cannot be read ({_reason(error)})"
        raise _damaged(folder, f"{name} {reason}")

    return read


def _zip_reader(source: Path, archive: ZipFile) -> _Reader:
    def read(name: str, max_bytes: int) -> bytes:
        try:
            entry = archive.getinfo(name)
            # The stated size is the most that zipfile unpacks.
            if entry.file_size <= max_bytes:
                return archive.read(entry)
            reason = _too_large(max_bytes)
        except KeyError:
            reason = "is missing"
        except Exception as error:  # noqa: BLE001 - as above
            reason = f"cannot be read ({_reason(error)})"
        raise _damaged(source, f"{name} {reason}")

    return read


def _too_large(max_bytes: int) -> str:
    return f"is larger than {max_bytes // 1_000_000:,} MB"


def _checked(source: Path, read: _Reader) -> Package:
    """Return a package after a check of its manifest and of every file."""
    raw = _json(source, MANIFEST, read(MANIFEST, _MAX_JSON_BYTES))
    if raw.get("format") != _FORMAT:
        raise ConfigurationError(
            f"{source} is not a template package.",
            hint="Make one with chili.templates.package(...).",
        )
    if raw.get("version") != _VERSION:
        raise ConfigurationError(
            f"{source} has the version {raw.get('version')!r} of the format, and only "
            f"version {_VERSION} can be read.",
            hint="Update chili_notebook, or make the package again.",
        )
    manifest = Manifest(
        **{name: _text(source, raw, name) for name in _TEXTS},
        media=_entries(source, raw, "media", PackedMedia),
        fonts=_entries(source, raw, "fonts", PackedFont),
        connectors=_entries(source, raw, "connectors", PackedConnector),
    )
    content = read(DOCUMENT, _MAX_JSON_BYTES)
    files = [(media.file, media.sha256) for media in manifest.media]
    files += [(font.file, font.sha256) for font in manifest.fonts]
    for name, _digest in files:
        if not _FILE.fullmatch(name) or name.endswith(("/.", "/..")):
            raise _damaged(source, f"{name!r} is not the name of a file in a package")
    _check_sum(source, DOCUMENT, content, manifest.document_sha256)
    for name, digest in files:
        _check_sum(source, name, read(name, _MAX_FILE_BYTES), digest)
    return Package(
        manifest,
        _json(source, DOCUMENT, content),
        lambda name: read(name, _MAX_FILE_BYTES),
    )


_TEXTS = ("name", "folder", "engine_version", "document_sha256")


def _check_sum(source: Path, name: str, content: bytes, digest: str) -> None:
    if sha256(content).hexdigest() != digest:
        raise _damaged(source, f"{name} is not the file that was packed")


def _json(source: Path, name: str, content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    raise _damaged(source, f"{name} is not a JSON object")


def _text(source: Path, raw: dict[str, Any], key: str) -> str:
    value = raw.get(key)
    if isinstance(value, str):
        return value
    raise _damaged(source, f"{MANIFEST} has no text {key!r}")


def _entries(
    source: Path, raw: dict[str, Any], key: str, kind: Callable[..., _T]
) -> tuple[_T, ...]:
    listed = raw.get(key)
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise _damaged(source, f"{MANIFEST} has no list {key!r}")
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return tuple(
        kind(**{name: _text(source, one, name) for name in names}) for one in listed
    )


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _damaged(source: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"The package {source} cannot be used: {reason}.",
        hint="Copy or make the package again.",
    )
