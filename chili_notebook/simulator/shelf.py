"""Where the simulator's state is kept between starts: a folder, or nowhere."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Shelf:
    """Keeps JSON and files by name, for the owner of the process only.

    Args:
        folder: Where; it is made if need be. Without it nothing is kept.

    Raises:
        OSError: If there can be no such folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def keeps(self) -> bool:
        """Whether anything is kept."""
        return self._folder is not None

    def read(self, name: str) -> Any:
        """Give what was written under a name; ``None`` if nothing was.

        Raises:
            ValueError: If it is not what the simulator wrote.
        """
        content = self.read_bytes(f"{name}.json")
        return None if content is None else json.loads(content)

    def read_entries(self, name: str, fields: Mapping[str, type]) -> list[Any] | None:
        """Give a list of objects that was written under a name, if one was.

        Args:
            name: The name.
            fields: What each of them has, and of what type.

        Raises:
            ValueError: If it is not what the simulator wrote.
        """
        kept = self.read(name)
        if kept is None:
            return None
        require_entries(name, kept, fields)
        return list(kept)

    def write(self, name: str, value: Any) -> None:
        """Keep a JSON value, whole or not at all."""
        if self._folder is not None:
            self.write_bytes(f"{name}.json", json.dumps(value, indent=1).encode())

    def read_bytes(self, name: str) -> bytes | None:
        """Give the content of a file; ``None`` if there is none."""
        if self._folder is None:
            return None
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def write_bytes(self, name: str, content: bytes) -> None:
        """Keep a file, whole or not at all."""
        if self._folder is None:
            return
        unfinished = self._folder / f".{uuid4().hex}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            unfinished.replace(self._folder / name)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise

    def remove(self, name: str) -> None:
        """Keep a file no longer."""
        if self._folder is not None:
            (self._folder / name).unlink(missing_ok=True)


def require_entries(name: str, kept: object, fields: Mapping[str, type]) -> None:
    """Make sure that what was kept is a list of objects with certain fields.

    Raises:
        ValueError: If it is not.
    """
    if not isinstance(kept, list):
        raise ValueError(f"{name}.json: it is no list")  # noqa: TRY004 - what a file holds
    for entry in kept:
        for key, kind in fields.items():
            if not isinstance(entry, dict) or not isinstance(entry.get(key), kind):
                raise ValueError(f"{name}.json: an entry has no {key}")  # noqa: TRY004 - what a file holds
