"""Files that are uploaded: open them, and report how far they have been sent."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from chili_notebook.api.ids import describe
from chili_notebook.errors import ConfigurationError
from chili_notebook.http.reading import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_BYTES = bytes | bytearray | memoryview
FileSource = str | os.PathLike[str] | _BYTES
"""A path, or the bytes of a file."""


@dataclass(frozen=True, slots=True)
class FileType:
    """Which files an upload takes.

    Attributes:
        owner: What messages call the place that takes them, such as ``GraFx Media``.
        suffixes: The types, as in file names.
    """

    owner: str
    suffixes: Collection[str]

    def check(self, file: object, name: str | None = None) -> str:
        """Return the name of an uploaded file.

        Args:
            file: A path, or the bytes of a file, which need a `name`.
            name: The name. Without a suffix it gets the one of the path.

        Raises:
            ConfigurationError: If it is not a file, or of a type that is not taken.
        """
        if not isinstance(file, str | os.PathLike | _BYTES):
            raise ConfigurationError(
                f"Expected a path or the bytes of a file, got {describe(file)}.",
                hint=f'Pass a path, such as "files/a.{next(iter(self.suffixes))}".',
            )
        if name is not None and not isinstance(name, str):
            raise ConfigurationError(
                f"Expected a name, got {describe(name)}.", hint="Pass a text."
            )
        own_name = "" if isinstance(file, _BYTES) else Path(file).name
        full_name = name or own_name
        if not Path(full_name).suffix:
            full_name += Path(own_name).suffix
        suffix = Path(full_name).suffix.lstrip(".").lower()
        if suffix in self.suffixes:
            return full_name
        types = f"Types: {', '.join(self.suffixes)}."
        if suffix:
            message = f"{self.owner} takes no file of the type {suffix!r}."
            raise ConfigurationError(message, hint=types)
        message = "The file has no name."
        if full_name:
            message = f"The name {full_name!r} does not end with a file type."
        example = next(iter(self.suffixes))
        raise ConfigurationError(
            message, hint=f'Pass one, as in name="a.{example}". {types}'
        )


class UploadedFile(io.BufferedIOBase):
    """A file that is read while it is sent, and reports how far it has been read.

    Args:
        file: A path, or the bytes of a file.
        name: Its name, for messages.
        on_read: Called with how many of its bytes have been read, and their number.

    Raises:
        ConfigurationError: If it cannot be read, or is empty.
    """

    def __init__(
        self, file: FileSource, name: str, on_read: Callable[[int, int], None]
    ) -> None:
        self._file = _open(file, name)
        self._on_read = on_read
        self.size = self._file.seek(0, io.SEEK_END)
        self._file.seek(0)
        if not self.size:
            self._file.close()
            raise ConfigurationError(
                f"{one_line(name)} is empty.", hint="Check the path and the file."
            )

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next piece."""
        piece = self._file.read(-1 if size is None else size)
        self._on_read(self._file.tell(), self.size)
        return piece

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position, to send the file again."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _open(file: FileSource, name: str) -> IO[bytes]:
    if isinstance(file, _BYTES):
        return io.BytesIO(file)
    try:
        path = Path(file).expanduser()
        if not path.exists() or path.is_file():  # a pipe or a device would never end
            return path.open("rb")
        reason = "it is not a regular file"
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except RuntimeError:  # a tilde before a name that no user has
        reason = "no such home folder"
    except ValueError:  # a NUL or a lone surrogate
        reason = "no path can contain such a character"
    raise ConfigurationError(
        f"{one_line(name)} cannot be read ({reason}).", hint="Check the path."
    )
