"""Read the variables and layouts of a document.

Older and newer documents differ in detail (GraFx's sample documents): types in lower or
mixed case, ``label`` for ``name``, lists with and without ``selected``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from chili_notebook.api.responses import text_in
from chili_notebook.display.descriptions import show_fields
from chili_notebook.errors import VariableError

_NOT_SETTABLE = {"group", "datasource"}


@show_fields
@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a template.

    Attributes:
        name: Its name, by which an output sets it.
        type: GraFx's name of its type: ``shortText``, ``image``, ``list``, …
        value: The template's own value.
        allowed: The values of a list; empty for other types.
        required: Whether it must have a value.
        raw: Its JSON object in the document.

    Example:
        required = [one.name for one in template.variables() if one.required]
    """

    name: str
    type: str
    value: Any
    allowed: tuple[str, ...]
    required: bool
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@show_fields
@dataclass(frozen=True, slots=True)
class Layout:
    """A layout of a template.

    Attributes:
        id: GraFx's ID.
        name: Its name.
        intent: ``print``, ``digitalStatic`` or ``digitalAnimated``, if known. A layout
            without an intent has the one of its parent.
        selected: Whether the document opens with it.
        raw: Its JSON object in the document.

    Example:
        layout = template.layouts()[0]
        chili.outputs.create(template, "png", layout=layout)
    """

    id: str
    name: str
    intent: str | None
    selected: bool
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def _allowed_values(variable: Variable) -> str:
    return ", ".join(variable.allowed)


def _is_required(variable: Variable) -> str:
    return "yes" if variable.required else ""


def _is_selected(layout: Layout) -> str:
    return "yes" if layout.selected else ""


# Functions with names, because rows are pickled with their columns.
VARIABLE_COLUMNS = (
    ("Variable", attrgetter("name")),
    ("Type", attrgetter("type")),
    ("Value", attrgetter("value")),
    ("Allowed", _allowed_values),
    ("Required", _is_required),
)
LAYOUT_COLUMNS = (
    ("Layout", attrgetter("name")),
    ("Id", attrgetter("id")),
    ("Intent", attrgetter("intent")),
    ("Selected", _is_selected),
)


def read_variables(document: Mapping[str, Any]) -> list[Variable]:
    """Return the variables that an output can set: no groups and no data sources."""
    return [
        _variable(raw)
        for raw in _objects(document, "variables")
        if (text_in(raw, "type") or "").lower() not in _NOT_SETTABLE
    ]


def read_layouts(document: Mapping[str, Any]) -> list[Layout]:
    """Return the layouts of a document."""
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
    """Return the ID of a layout.

    Args:
        document: The document of a template or project.
        wanted: The layout, its ID or its name; by default the selected one.

    Raises:
        VariableError: If there is no such layout.
    """
    layouts = [layout for layout in read_layouts(document) if layout.id]
    if wanted is not None:
        wanted = wanted.id if isinstance(wanted, Layout) else str(wanted)
    if wanted is None:
        chosen = [layout for layout in layouts if layout.selected] or layouts
    else:
        chosen = [one for one in layouts if wanted in (one.id, one.name)]
    if chosen:
        return chosen[0].id
    if not layouts:
        raise VariableError(
            "The template has no layouts.", hint="Add one in GraFx Studio."
        )
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
    """Return the intent of a layout.

    A child layout contains only what differs from its parent.
    """
    seen: set[str | None] = set()
    layout: Mapping[str, Any] | None = raw
    while layout is not None:
        intent, parent = _intent(layout), text_in(layout, "parentId") or None
        if intent or parent is None or parent in seen:
            return intent
        seen.add(parent)  # in a broken document, parents can form a circle
        layout = by_id.get(parent)
    return None


def _intent(raw: Mapping[str, Any]) -> str | None:
    intent = raw.get("intent")
    return (
        text_in(intent, "value")
        if isinstance(intent, Mapping)
        else text_in(raw, "intent")
    )


def _objects(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = document.get(key)
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, Mapping)]
