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
    Buffer: TypeAlias = bytes | bytearray | memoryview

_SCALARS: set[type] = {int, float, bool, NoneType, datetime}
_BUFFERS: set[type] = {bytes, bytearray, memoryview}
_LISTS: set[type] = {list, tuple}
_KNOWN = _SCALARS | _BUFFERS | _LISTS | {str, dict}
_FEW = 500
"""Up to this number of values are examined one by one."""
_USUAL_DEPTH = 5
_MAX_DEPTH = 20
_MAX_VALUES = 20_000_000


@dataclass(frozen=True, slots=True)
class Parts:
    """The texts and binary data of a JSON value, in any order."""

    texts: list[str] = field(default_factory=list)
    buffers: list[Buffer] = field(default_factory=list)


def collect_parts(value: Any) -> Parts | None:
    """Return the parts of a value; ``None`` if it contains objects of other types.

    The result is also ``None`` for a deeply nested value, which may contain itself.
    """
    return collect_few(value) or _collect_levels([value])


def collect_few(value: Any) -> Parts | None:
    """Return the same; ``None`` also if the value consists of many values."""
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
    return None


def _collect_levels(level: list[Any]) -> Parts | None:
    parts = Parts()
    for depth in range(_MAX_DEPTH):
        kinds = set(map(type, level))
        if not kinds <= _KNOWN:
            return None
        by_type = {kind: _select(level, kinds, kind) for kind in kinds - _SCALARS}
        parts.texts.extend(by_type.get(str, ()))
        for kind in _BUFFERS & kinds:
            parts.buffers.extend(by_type[kind])
        dicts = by_type.get(dict, [])
        lists = by_type.get(list, []) + by_type.get(tuple, [])
        if not dicts and not lists:
            return parts
        if depth > _USUAL_DEPTH:
            # A value that contains itself twice would double at each level.
            dicts, lists = _unique(dicts), _unique(lists)
        if sum(map(len, dicts)) + sum(map(len, lists)) > _MAX_VALUES:
            return None
        keys = set[Any]().union(*dicts)
        values = chain.from_iterable(map(dict.values, dicts))
        level = list(chain(keys, values, chain.from_iterable(lists)))
    return None


def _select(values: list[Any], kinds: set[type], wanted: type) -> list[Any]:
    """Return the values of one of these types, which are the types of all."""
    if len(kinds) == 1:
        return values
    return [value for value in values if type(value) is wanted]


def _unique(values: list[Any]) -> list[Any]:
    """Return each object once."""
    return list({id(value): value for value in values}.values())


def as_flat(data: Buffer) -> bytes | memoryview:
    """Return binary data byte by byte, without a copy if possible."""
    if isinstance(data, bytes):
        return data
    view = memoryview(data)
    return view.cast("B") if view.c_contiguous else bytes(view)
