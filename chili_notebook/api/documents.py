"""Read the variables and layouts of a document.

Older and newer documents differ in detail (GraFx's sample documents): types in lower or
mixed case, ``label`` for ``name``, ``layoutId`` for ``id``, IDs as numbers, lists with
and without ``selected``, ``isHidden`` or ``isVisible`` for ``visibility``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import InitVar, dataclass, field
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import Any, Literal

from chili_notebook.api.items import Item
from chili_notebook.api.responses import text_in, texts_in, whole_number_in
from chili_notebook.api.values import day_text
from chili_notebook.display.descriptions import show_fields
from chili_notebook.display.wording import closest_name, list_names
from chili_notebook.errors import VariableError

DAYS = (
    *("monday", "tuesday", "wednesday", "thursday"),
    *("friday", "saturday", "sunday"),
)


RowSource = Literal["injected", "connector"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a variable takes, as the template's designer has limited it.

    ``print(limits)`` says it in words. Limits that depend on the day of the render are
    left out.

    Attributes:
        min_value: The smallest number.
        max_value: The largest number.
        decimals: How many decimals are displayed. A number may have more (page "Number
            variable").
        first_day: The first day.
        last_day: The last day.
        excluded_days: The days of the week that are excluded, such as ``sunday``.
        max_characters: The longest text; line breaks count (page "Multi-line text").

    Example:
        [(one.name, str(one.limits)) for one in template.variables()]
    """

    min_value: Decimal | None = None
    max_value: Decimal | None = None
    decimals: int | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    excluded_days: tuple[str, ...] = ()
    max_characters: int | None = None

    def __str__(self) -> str:
        words = [
            _range(self.min_value, self.max_value, "at least", "at most"),
            _range(self.first_day, self.last_day, "from", "until"),
            f"not on {', '.join(self.excluded_days)}" if self.excluded_days else "",
        ]
        if self.decimals is not None:
            words.append(f"shows {self.decimals} decimals")
        if self.max_characters is not None:
            words.append(f"at most {self.max_characters} characters")
        return "; ".join(filter(None, words))


_NO_LIMITS = Limits()


@show_fields
@dataclass(frozen=True, slots=True)
class Variable(Item):
    """A variable of a template.

    Attributes:
        name: Its name, by which an output sets it.
        type: GraFx's name of its type: ``shortText``, ``image``, ``list``, …
        value: The template's own value.
        allowed: The values of a list that can be chosen now; empty for other types.
        required: Whether it must have a value.
        limits: What it takes.
        labels: What GraFx Studio shows for a value of the list, by value.
        read_only: Whether users of GraFx Studio cannot change it. An output can.
        visible: Whether users of GraFx Studio see it, at least under some condition.
        rows_from: Where a data source variable gets its rows from: ``injected`` by an
            output, or its data ``connector``; ``None`` for other types.
        raw: Its JSON object in the document.

    Example:
        required = [one.name for one in template.variables() if one.required]
    """

    name: str
    type: str
    value: Any
    allowed: tuple[str, ...]
    required: bool
    limits: Limits = _NO_LIMITS
    labels: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    read_only: bool = False
    visible: bool = True
    rows_from: RowSource | None = None
    raw: InitVar[Mapping[str, Any]]  # type: ignore[misc] # `Item` has its default


@show_fields
@dataclass(frozen=True, slots=True)
class Layout(Item):
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
    raw: InitVar[Mapping[str, Any]]


def _allowed_values(variable: Variable) -> str:
    if variable.rows_from == "connector":
        return "rows of its data connector"
    if variable.rows_from == "injected":
        return "a list of rows"
    if variable.type.lower() == "image":
        return "a media item, its ID or its name"
    return ", ".join(variable.allowed)


def _is_required(variable: Variable) -> str:
    return "yes" if variable.required else ""


def _limits(variable: Variable) -> str:
    words = [
        str(variable.limits),
        "read-only" if variable.read_only else "",
        "" if variable.visible else "invisible",
    ]
    return "; ".join(filter(None, words))


def _is_selected(layout: Layout) -> str:
    return "yes" if layout.selected else ""


# Functions with names, because rows are pickled with their columns.
VARIABLE_COLUMNS = (
    ("Variable", attrgetter("name")),
    ("Type", attrgetter("type")),
    ("Value", attrgetter("value")),
    ("Allowed", _allowed_values),
    ("Limits", _limits),
    ("Required", _is_required),
)
LAYOUT_COLUMNS = (
    ("Layout", attrgetter("name")),
    ("Id", attrgetter("id")),
    ("Intent", attrgetter("intent")),
    ("Selected", _is_selected),
)


def read_variables(document: Mapping[str, Any]) -> list[Variable]:
    """Return the variables of a document, without the groups."""
    variables = map(_variable, _objects(document, "variables"))
    return [one for one in variables if one.name and one.type.lower() != "group"]


def read_layouts(document: Mapping[str, Any]) -> list[Layout]:
    """Return the layouts of a document."""
    selected = text_in(document, "selectedLayoutId")
    layouts = _objects(document, "layouts")
    by_id = {_layout_id(raw): raw for raw in layouts}
    return [
        Layout(
            id=_layout_id(raw) or "",
            name=text_in(raw, "name") or text_in(raw, "layoutName") or "",
            intent=_inherited_intent(raw, by_id),
            selected=selected is not None and _layout_id(raw) == selected,
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
    names = [layout.name or layout.id for layout in layouts]
    closest = closest_name(wanted, names)
    raise VariableError(
        f"The template has no layout {wanted!r}.",
        hint=(f"Use {closest!r}. " if closest else "")
        + f"Its layouts: {list_names(names)}.",
    )


def _layout_id(raw: Mapping[str, Any]) -> str | None:
    return text_in(raw, "id") or text_in(raw, "layoutId")


def _variable(raw: Mapping[str, Any]) -> Variable:
    kind = text_in(raw, "type") or ""
    listed = raw.get("items")
    items: dict[str, str] = {}
    for item in listed if isinstance(listed, list) else []:
        entry = {"value": item} if isinstance(item, str) else item
        value = text_in(entry, "value") if isinstance(entry, Mapping) else None
        if value is not None:
            items[value] = text_in(entry, "displayValue") or ""
    available = texts_in(raw, "availableItems")
    value = raw.get("value", raw.get("selected", raw.get("defaultValue")))
    rows_from = _rows_from(value) if kind.lower() == "datasource" else None
    if isinstance(value, Mapping):
        value = text_in(value, "value") or text_in(value, "assetId")
    return Variable(
        name=text_in(raw, "name") or text_in(raw, "label") or "",
        type=kind,
        value=value,
        allowed=tuple(one for one in items if one in available or not available),
        required=raw.get("isRequired") is True,
        limits=_limits_in(raw),
        labels={one: label for one, label in items.items() if label},
        read_only=raw.get("isReadonly") is True,
        visible=_is_visible(raw),
        rows_from=rows_from,
        raw=raw,
    )


def _rows_from(value: object) -> RowSource:
    kind = text_in(value, "type") if isinstance(value, Mapping) else None
    return "injected" if (kind or "").lower() == "injected" else "connector"


def _is_visible(raw: Mapping[str, Any]) -> bool:
    visibility = raw.get("visibility")
    if isinstance(visibility, Mapping):
        return text_in(visibility, "type") != "invisible"
    return raw.get("isVisible") is not False and raw.get("isHidden") is not True


def _limits_in(raw: Mapping[str, Any]) -> Limits:
    excluded = {day.lower() for day in texts_in(raw, "excludedDays")}
    limits = Limits(
        min_value=_number_in(raw, "minValue"),
        max_value=_number_in(raw, "maxValue"),
        decimals=whole_number_in(raw, "numberOfDecimals"),
        first_day=_day_in(raw, "startDate"),
        last_day=_day_in(raw, "endDate"),
        excluded_days=tuple(day for day in DAYS if day in excluded),
        max_characters=whole_number_in(raw, "maxCharacters") or None,
    )
    return _NO_LIMITS if limits == _NO_LIMITS else limits


def _number_in(raw: Mapping[str, Any], key: str) -> Decimal | None:
    value = raw.get(key)
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(InvalidOperation):
            number = Decimal(value if isinstance(value, int) else str(value))
            return number if number.is_finite() else None
    return None


def _day_in(raw: Mapping[str, Any], key: str) -> dt.date | None:
    """Return an absolute limit. A relative one depends on the day of the render."""
    limit = raw.get(key)
    if isinstance(limit, Mapping):
        limit = None if text_in(limit, "type") == "relative" else limit.get("value")
    # The day of a limit with a time of day depends on a time zone: it is not checked.
    day = day_text(limit) if isinstance(limit, str) else ""
    return dt.date.fromisoformat(day) if day else None


def _range(least: object, most: object, at_least: str, at_most: str) -> str:
    if least is not None and most is not None:
        return f"{least} to {most}"
    if least is not None:
        return f"{at_least} {least}"
    return "" if most is None else f"{at_most} {most}"


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
