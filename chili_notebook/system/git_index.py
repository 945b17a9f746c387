"""Parse the index of a git repository, which lists the files that git tracks."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chili_notebook.system.bounded_file import UnreadableFileError, read_regular_file

if TYPE_CHECKING:
    from pathlib import Path

_MAX_INDEX_BYTES = 500_000_000
_INDEX_VERSIONS = (2, 3, 4)
_STATUS_LENGTH = 40  # of an entry's times, owner, mode and size
_HAS_MORE_FLAGS = 0x4000


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A file in the index: its name below the top folder, and the ID of its content."""

    name: str
    object_id: str


def parse_index(path: Path, id_length: int) -> tuple[list[IndexEntry], bytes]:
    """Return the entries of one index file, and its link to a shared index.

    Args:
        path: The file.
        id_length: The length of the IDs of objects, in bytes.

    Raises:
        UnreadableFileError: If it is not such a file.
    """
    content = read_regular_file(path, max_bytes=_MAX_INDEX_BYTES)
    signature, version, count = struct.unpack_from(">4sLL", content)
    if signature != b"DIRC" or version not in _INDEX_VERSIONS:
        raise UnreadableFileError("has an unknown format")
    entries: list[IndexEntry] = []
    at, name = 12, b""
    for _ in range(count):
        start = at
        id_end = start + _STATUS_LENGTH + id_length
        (flags,) = struct.unpack_from(">H", content, id_end)
        at = id_end + (4 if flags & _HAS_MORE_FLAGS else 2)
        prefix = b""
        if version == _INDEX_VERSIONS[-1]:  # the name continues the one before
            left_out, at = _read_number(content, at)
            prefix = name[: len(name) - left_out]
        end = content.index(b"\0", at)
        name = prefix + content[at:end]
        object_id = content[id_end - id_length : id_end].hex()
        entries.append(IndexEntry(os.fsdecode(name), object_id))
        # Until version 3 an entry ends with one to eight zeros.
        padded = start + (end - start + 8) // 8 * 8
        at = end + 1 if version == _INDEX_VERSIONS[-1] else padded
    checksum_at = len(content) - id_length
    while at + 8 <= checksum_at:
        signature, size = struct.unpack_from(">4sL", content, at)
        if signature == b"link":
            return entries, content[at + 8 : at + 8 + size]
        at += 8 + size
    if at != checksum_at:
        raise UnreadableFileError("is cut off")
    return entries, b""


def _read_number(content: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends."""
    number = content[at] & 0x7F
    while content[at] & 0x80:
        at += 1
        number = (number + 1) << 7 | content[at] & 0x7F
    return number, at + 1


def merge_split_index(
    base: list[IndexEntry], own: list[IndexEntry], bitmaps: bytes
) -> list[IndexEntry]:
    """Return the entries of a split index.

    Args:
        base: The entries of the shared index.
        own: The entries that replace some of those, without names, and then new ones.
        bitmaps: Which entries of the shared index are deleted, and which are replaced.
    """
    from dulwich.bitmap import EWAHBitmap

    word_count = struct.unpack_from(">L", bitmaps, 4)[0] if bitmaps else 0
    second = 4 + 4 + word_count * 8 + 4
    deleted = EWAHBitmap(bitmaps[:second]).bits
    replaced = EWAHBitmap(bitmaps[second:]).bits
    replacements = iter([entry for entry in own if not entry.name])
    merged = [entry for entry in own if entry.name]
    for position, entry in enumerate(base):
        if position in replaced:
            merged.append(replace(entry, object_id=next(replacements).object_id))
        elif position not in deleted:
            merged.append(entry)
    return merged
