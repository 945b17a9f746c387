"""Names of files: what may be one, and which suffixes fit which content."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

_MOST_NAME_BYTES, _LONGEST_SUFFIX = 150, 10
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_SUFFIXES: dict[str, tuple[str, ...]] = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/tiff": (".tif", ".tiff"),
    "application/pdf": (".pdf",),
    "application/zip": (".zip",),
    "text/html": (".html", ".htm"),
    "video/mp4": (".mp4",),
}
"""The suffixes of the types that GraFx sends; the first is the usual one."""


def bare_name(text: str) -> str:
    """Return a short name for a file: never a path, never hidden; may be empty.

    "Flyer 1/2" becomes "Flyer 1-2", so that it differs from "Card 1/2". The name can be
    used on every system: Windows reserves some characters and the names of devices.
    """
    parts = (part.strip() for part in re.split(r"[/\\:]", text))
    name = "-".join(part for part in parts if part.strip(".")).lstrip(".")
    name = re.sub(r'[<>"|?*]', "-", name).rstrip(". ")
    if not name.isprintable():
        return ""
    if _DEVICE.fullmatch(name):
        name = f"_{name}"
    suffix = PurePath(name).suffix[:_LONGEST_SUFFIX].encode()
    encoded = name.encode()
    if len(encoded) > _MOST_NAME_BYTES:
        encoded = encoded[: _MOST_NAME_BYTES - len(suffix)]
        return encoded.decode("utf-8", "ignore") + suffix.decode()
    return name


def same_file_key(path: str) -> str:
    """Return a text that is equal for paths that some disks take for the same file."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def suffixes_of(content_type: str) -> tuple[str, ...]:
    """Return the suffixes that fit a content type; empty if it is not known."""
    return _SUFFIXES.get(content_type, ())


def suffixes_like(name: str) -> tuple[str, ...]:
    """Return the suffixes of the file type that a name has; empty without a suffix."""
    suffix = PurePath(name).suffix.lower()
    return suffixes_of(content_type_of(name)) or ((suffix,) if suffix else ())


def content_type_of(name: str) -> str:
    """Return the content type of a name, by its suffix."""
    suffix = PurePath(name).suffix.lower()
    types = (kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes)
    return next(types, "application/octet-stream")


def with_fitting_suffix(name: str, content_type: str) -> str:
    """Return a name that ends as files of its type do, if the type is known."""
    fitting = suffixes_of(content_type)
    suffix = PurePath(name).suffix
    if not fitting or suffix.lower() in fitting:
        return name
    if suffixes_of(content_type_of(name)):
        name = name.removesuffix(suffix)
    return f"{name}{fitting[0]}"
