"""Find which grams of known secrets a text contains. Pure.

`pieces` explains grams.
"""

from __future__ import annotations

import sys
from array import array
from contextlib import suppress
from itertools import compress
from types import ModuleType
from typing import TYPE_CHECKING, Any

from chili_notebook.guard.piece_index import GRAM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chili_notebook.guard.piece_index import PieceIndex

_FEW = 2_000
_MANY = 50_000
"""From this number of bytes on, numpy is faster if it is loaded."""
_FACTOR = 0x9E3779B97F4A7C15  # of a multiplicative hash
_ROOM, _MOST_BITS = 6, 22
"""The table of hashes has about 2**_ROOM entries for each gram, and at most
2**_MOST_BITS."""


class Grams:
    """The grams of all secrets, as numbers.

    Grams are added and never removed, so that adding a secret is fast. A gram whose
    secret is forgotten finds nothing.

    Attributes:
        grams: The grams.
        repeated: Those that are in more than one place.
        endings: The grams of `ENDING` characters.
    """

    __slots__ = ("_all", "_table", "endings", "grams", "repeated")

    def __init__(self, indexes: Iterable[PieceIndex] = ()) -> None:
        self.grams = set[int]()
        self.repeated = set[int]()
        self.endings = set[int]()
        self._all = set[int]()
        self._table: tuple[int, int, Any] = (0, 0, None)
        for index in indexes:
            self.add(index)

    def add(self, index: PieceIndex) -> None:
        """Add the grams of one secret."""
        self.repeated |= index.repeated | (self._all & index.all_grams)
        self._all |= index.all_grams
        self.grams |= index.grams
        self.endings |= index.endings

    def find(
        self, data: bytes | memoryview, stride: int, *, closely: bool
    ) -> list[tuple[int, int]]:
        """Return the places and numbers of grams in the data, in their order.

        Args:
            data: The data.
            stride: Only each `stride`-th group of eight bytes is searched.
            closely: Whether to look at the places in the middle between them, too.
        """
        if len(data) < _FEW:  # most messages: one test for all
            words = array("Q", bytes(data[: len(data) // GRAM * GRAM]))
            end = (len(data) + GRAM // 2) // GRAM * GRAM - GRAM // 2
            words.frombytes(data[GRAM // 2 : end])
            if self.grams.isdisjoint(words):
                return []
        hits = self._find(data, 0, stride)
        if closely and len(data) > GRAM:
            hits = sorted(hits + self._find(data, GRAM // 2, stride))
        return hits

    def _find(
        self, data: bytes | memoryview, offset: int, stride: int
    ) -> list[tuple[int, int]]:
        if len(data) >= _MANY and (numpy := _loaded_numpy()) is not None:
            with suppress(Exception):  # another thread may be loading numpy
                return self._find_with(numpy, data, offset, stride)
        end = offset + (len(data) - offset) // GRAM * GRAM
        words = array("Q", bytes(data[offset:end]))
        words = words[::stride] if stride > 1 else words
        if self.grams.isdisjoint(words):
            return []
        starts = range(offset, len(data), GRAM * stride)
        found = map(self.grams.__contains__, words)
        return list(compress(zip(starts, words, strict=False), found))

    def _find_with(
        self, numpy: Any, data: bytes | memoryview, offset: int, stride: int
    ) -> list[tuple[int, int]]:
        """Return the same: a table of hashes shows which few words may be grams."""
        words = numpy.frombuffer(data, "u8", (len(data) - offset) // GRAM, offset)
        words = words[::stride]
        shift, table = self._table_for(numpy)
        places = table.take(_hash(numpy, words, shift)).nonzero()[0]
        found = words[places].tolist()
        if self.grams.isdisjoint(found):
            return []
        return [
            (offset + place * GRAM * stride, word)
            for place, word in zip(places.tolist(), found, strict=True)
            if word in self.grams
        ]

    def _table_for(self, numpy: Any) -> tuple[int, Any]:
        size, shift, table = self._table
        if size != len(self.grams) or table is None:
            words = numpy.frombuffer(array("Q", self.grams), "u8")
            bits = min(len(words).bit_length() + _ROOM, _MOST_BITS)
            size, shift, table = len(words), 64 - bits, numpy.zeros(1 << bits, "?")
            table[_hash(numpy, words, shift)] = True
            self._table = size, shift, table
        return shift, table


def _hash(numpy: Any, words: Any, shift: int) -> Any:
    return ((words * numpy.uint64(_FACTOR)) >> numpy.uint64(shift)).view("i8")


def is_fast(data: bytes) -> bool:
    """Return whether grams are found in this data in very little time."""
    return len(data) < _MANY or _loaded_numpy() is not None


def _loaded_numpy() -> Any:
    """Return numpy if this process has loaded it; it is not loaded for this."""
    numpy = sys.modules.get("numpy")
    is_usable = type(numpy) is ModuleType and hasattr(numpy, "frombuffer")
    return numpy if is_usable else None
