"""Show the methods or the fields of an object as a table in a notebook."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import TypeVar

from chili_notebook.display.tables import table_bundle

_C = TypeVar("_C", bound=type)


def show_methods(kind: _C) -> _C:
    """Make the objects of a class show their methods: a decorator of nouns."""
    kind.__repr__ = _name_methods  # type: ignore[assignment]
    kind._repr_mimebundle_ = _tabulate_methods  # type: ignore[attr-defined]
    return kind


def show_fields(kind: _C) -> _C:
    """Make the objects of a dataclass show their fields: a decorator of items."""
    kind._repr_mimebundle_ = _tabulate_fields  # type: ignore[attr-defined]
    return kind


def _name_methods(self: object) -> str:
    return f"<{type(self).__name__}: {', '.join(_public_names(self))}>"


def _tabulate_methods(self: object, **_: object) -> dict[str, str]:
    rows = [
        [f"{name}()" if inspect.isroutine(member) else name, _summary_of(member)]
        for name in _public_names(self)
        for member in [inspect.getattr_static(self, name)]
    ]
    caption = _summary_of(self).replace("``", "")
    return table_bundle(["Name", "What it does"], rows, caption=caption)


def fields_bundle(item: object, *, caption: str = "") -> dict[str, str]:
    """Return the fields of a dataclass as a table, by media type."""
    rows = [
        [field.name, _text_of(getattr(item, field.name))]
        for field in fields(item)  # type: ignore[arg-type]
        if field.compare and not field.name.startswith("_")
    ]
    return table_bundle([type(item).__name__, ""], rows, caption=caption)


def _tabulate_fields(self: object, **_: object) -> dict[str, str]:
    return fields_bundle(self)


def _public_names(noun: object) -> list[str]:
    return [name for name in dir(noun) if not name.startswith("_")]


def _summary_of(member: object) -> str:
    return (inspect.getdoc(member) or "").partition("\n\n")[0].replace("\n", " ")


def _text_of(value: object) -> object:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
