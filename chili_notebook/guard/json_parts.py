"""Collect all texts and binary data of a JSON value. Pure.

One search for all texts takes much less time than a walk that looks at each of them. So
the values are collected level by level, with functions that loop in C.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    Buffer: TypeAlias = bytes | bytearray | memoryview

_SCALARS: set[type] = {int, float, bool, NoneType, datetime}
_BUFFERS: set[type] = {bytes, bytearray, memoryview}
_LISTS: set[type] = {list, tuple}
_KNOWN = _SCALARS | _BUFFERS | _LISTS | {str, dict}
_MAX_DEPTH = 20
_MAX_VALUES = 20_000_000


@dataclass(frozen=True, slots=True)
class Parts:
    """The texts and binary data of a JSON value, in any order."""

    texts: list[str] = field(default_factory=list)
    buffers: list[Buffer] = field(default_factory=list)


def collect_parts(value: Any) -> Parts | None:
    """Return the parts of a value; ``None`` if it contains objects of other types.

    It is ``None``, too, if the value is nested deeply, since it may contain itself.
    """
    parts = Parts()
    level = [value]
    for _ in range(_MAX_DEPTH):
        kinds = set(map(type, level))
        if not kinds <= _KNOWN:
            return None
        parts.texts.extend(_select(level, kinds, {str}))
        parts.buffers.extend(_select(level, kinds, _BUFFERS))
        dicts = list(_select(level, kinds, {dict}))
        lists = list(_select(level, kinds, _LISTS))
        if not dicts and not lists:
            return parts
        if sum(map(len, dicts)) + sum(map(len, lists)) > _MAX_VALUES:
            return None
        keys = set(chain.from_iterable(dicts))
        key_kinds = set(map(type, keys))
        if not key_kinds <= _SCALARS | {str}:
            return None
        parts.texts.extend(_select(keys, key_kinds, {str}))
        level = list(chain(*map(dict.values, dicts), *lists))
    return None


def _select(values: Any, kinds: set[type], wanted: set[type]) -> Iterator[Any]:
    """Return the values of the wanted types, where all have one of `kinds`."""
    if kinds <= wanted:
        return iter(values)
    if kinds.isdisjoint(wanted):
        return iter(())
    return (value for value in values if type(value) in wanted)


def as_flat(data: Buffer) -> bytes | memoryview:
    """Return binary data byte by byte, without a copy if possible."""
    if isinstance(data, bytes):
        return data
    view = memoryview(data)
    return view.cast("B") if view.c_contiguous else bytes(view)
