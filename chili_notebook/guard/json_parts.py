"""Collect all texts and binary data of a JSON value. Pure.

One search for all texts takes much less time than a walk that searches each of them. A
large value is collected level by level, with functions that loop in C.
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
_FEW = 500
"""So many values are looked at one by one."""
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
    waiting = [value]
    for _ in range(_FEW):
        if not waiting:
            return parts
        value = waiting.pop()
        kind = type(value)
        if kind is str:
            parts.texts.append(value)
        elif kind is dict:
            waiting += value
            waiting += value.values()
        elif kind is list or kind is tuple:
            waiting += value
        elif kind in _BUFFERS:
            parts.buffers.append(value)
        elif kind not in _SCALARS:
            return None
        if len(waiting) > _FEW:
            break
    return _collect_levels(waiting, parts)


def _collect_levels(level: list[Any], parts: Parts) -> Parts | None:
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
        level = list(chain(keys, *map(dict.values, dicts), *lists))
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
