"""Reads what a template's document tells: variables and layouts. Pure.

Documents of different ages differ in detail (GraFx's sample documents): types in lower
or mixed case, ``label`` for ``name``, lists with and without ``selected``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chili_notebook.api.responses import text_in
from chili_notebook.errors import VariableError

_NOT_SETTABLE = {"group", "datasource"}


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a template.

    Attributes:
        name: The key that an output uses for it.
        type: GraFx's word: ``shortText``, ``image``, ``list``, ``boolean``, …
        value: The template's own value.
        allowed: The values of a list; empty for other types.
        required: Whether it may not be empty.
        raw: What the document says of it.
    """

    name: str
    type: str
    value: Any
    allowed: tuple[str, ...]
    required: bool
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout of a template.

    Attributes:
        id: GraFx's id.
        name: Its name.
        intent: ``print``, ``digitalStatic`` or ``digitalAnimated``, if told; that of
            the layout above it where a layout does not tell its own.
        selected: Whether the document opens with it.
        raw: What the document says of it.
    """

    id: str
    name: str
    intent: str | None
    selected: bool
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


VARIABLE_COLUMNS = (
    ("Variable", lambda variable: variable.name),
    ("Type", lambda variable: variable.type),
    ("Value", lambda variable: variable.value),
    ("Allowed", lambda variable: ", ".join(variable.allowed)),
    ("Required", lambda variable: "yes" if variable.required else ""),
)
LAYOUT_COLUMNS = (
    ("Layout", lambda layout: layout.name),
    ("Id", lambda layout: layout.id),
    ("Intent", lambda layout: layout.intent),
    ("Selected", lambda layout: "yes" if layout.selected else ""),
)


def read_variables(document: Mapping[str, Any]) -> list[Variable]:
    """Give the variables that can be set; groups and data sources cannot."""
    return [
        _variable(raw)
        for raw in _objects(document, "variables")
        if (text_in(raw, "type") or "").lower() not in _NOT_SETTABLE
    ]


def read_layouts(document: Mapping[str, Any]) -> list[Layout]:
    """Give the layouts."""
    selected = text_in(document, "selectedLayoutId")
    layouts = _objects(document, "layouts")
    by_id = {text_in(raw, "id"): raw for raw in layouts}
    return [
        Layout(
            id=text_in(raw, "id") or "",
            name=text_in(raw, "name") or "",
            intent=_inherited_intent(raw, by_id),
            selected=selected is not None and text_in(raw, "id") == selected,
            raw=raw,
        )
        for raw in layouts
    ]


def choose_layout(
    document: Mapping[str, Any], wanted: Layout | str | int | None
) -> str:
    """Give the id of a layout, by its id, its name or itself.

    By default it is the selected one.

    Raises:
        VariableError: If there is no such layout.
    """
    layouts = [layout for layout in read_layouts(document) if layout.id]
    if wanted is not None:
        wanted = wanted.id if isinstance(wanted, Layout) else str(wanted)
    if wanted is None:
        chosen = [layout for layout in layouts if layout.selected] or layouts
    else:
        chosen = [lay for lay in layouts if wanted in (lay.id, lay.name)]
    if chosen:
        return chosen[0].id
    if not layouts:
        raise VariableError("The template has no layouts.")
    names = ", ".join(repr(layout.name) for layout in layouts)
    raise VariableError(
        f"The template has no layout {wanted!r}.", hint=f"Its layouts: {names}."
    )


def _variable(raw: Mapping[str, Any]) -> Variable:
    listed = raw.get("items")
    items = [
        item if isinstance(item, str) else text_in(item, "value")
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, str | Mapping)
    ]
    value = raw.get("value", raw.get("selected", raw.get("defaultValue")))
    if isinstance(value, Mapping):
        value = text_in(value, "value") or text_in(value, "assetId")
    return Variable(
        name=text_in(raw, "name") or text_in(raw, "label") or "",
        type=text_in(raw, "type") or "",
        value=value,
        allowed=tuple(item for item in items if item is not None),
        required=raw.get("isRequired") is True,
        raw=raw,
    )


def _inherited_intent(
    raw: Mapping[str, Any], by_id: Mapping[str | None, Mapping[str, Any]]
) -> str | None:
    """Give a layout's intent: a child's document holds only what differs."""
    seen: set[str | None] = set()
    above: Mapping[str, Any] | None = raw
    while above is not None:
        intent, parent = _intent(above), text_in(above, "parentId") or None
        if intent or parent is None or parent in seen:
            return intent
        seen.add(parent)  # a document may have any shape, circles included
        above = by_id.get(parent)
    return None


def _intent(raw: Mapping[str, Any]) -> str | None:
    intent = raw.get("intent")
    return (
        text_in(intent, "value")
        if isinstance(intent, Mapping)
        else text_in(raw, "intent")
    )


def _objects(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = document.get(key)
    items = found if isinstance(found, list) else []
    return [item for item in items if isinstance(item, Mapping)]
