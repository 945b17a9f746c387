"""Grams are found with numpy and without it at the same places."""

from __future__ import annotations

import random
import sys
from types import ModuleType

import numpy as np
import pytest

from chili_notebook.guard.grams import Grams
from chili_notebook.guard.piece_index import PieceIndex

VALUE = "s3cret_0123456789-abcdefghijklmnop-QRSTUVWXYZ"
SIZES = (3, 8, 12, 1_900, 2_100, 49_999, 50_000, 70_001)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("stride", [1, 4])
@pytest.mark.parametrize("closely", [True, False])
def test_grams_are_found_wherever_they_are_looked_for(
    size, stride, closely, monkeypatch
):
    """The places are in order, and the same without numpy."""
    used = []

    def hash_factor(number):
        used.append(number)
        return np.uint64(number)

    numpy = ModuleType("numpy")
    vars(numpy).update(vars(np), uint64=hash_factor)
    monkeypatch.setitem(sys.modules, "numpy", numpy)
    choices = random.Random(size)  # noqa: S311 - no secret
    data = bytearray(choices.randbytes(size))
    for start in range(0, size - 40, 997):
        data[start : start + 40] = VALUE.encode()[:40]
    grams = Grams([PieceIndex.build(VALUE)])
    step = 8 * stride
    starts = {*range(0, size - 7, step), *(range(4, size - 7, step) if closely else ())}
    numbers = {at: int.from_bytes(data[at : at + 8], sys.byteorder) for at in starts}
    expected = [
        (at, numbers[at]) for at in sorted(starts) if numbers[at] in grams.grams
    ]
    assert bool(expected) == (size > 12)
    for buffer in (bytes(data), memoryview(data)):
        assert grams.find(buffer, stride, closely=closely) == expected
    assert bool(used) == (size >= 50_000)
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert grams.find(bytes(data), stride, closely=closely) == expected


def test_table_contains_grams_that_are_added_later():
    """A secret that becomes known after a search is found."""
    later = "Known.later_98765432100-zyxwvutsrqponmlkjihg"
    grams, data = Grams([PieceIndex.build(VALUE)]), later.encode().ljust(60_000)
    assert grams.find(data, 1, closely=False) == []
    grams.add(PieceIndex.build(later))
    assert len(grams.find(data, 1, closely=False)) == len(later) // 8


def test_numpy_that_is_being_loaded_is_not_needed(monkeypatch):
    """Another thread may be in the middle of importing it."""
    partly_loaded = ModuleType("numpy")
    partly_loaded.frombuffer = np.frombuffer
    monkeypatch.setitem(sys.modules, "numpy", partly_loaded)
    grams = Grams([PieceIndex.build(VALUE)])
    data = VALUE.encode().ljust(60_000)
    assert len(grams.find(data, 1, closely=False)) == len(VALUE) // 8
