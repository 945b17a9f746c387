"""Documents of all ages: their variables and layouts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.api.documents import (
    VARIABLE_COLUMNS,
    Layout,
    Limits,
    Variable,
    choose_layout,
    read_layouts,
    read_variables,
)
from chili_notebook.display.tables import Rows
from chili_notebook.errors import VariableError

DOCUMENT = {
    "selectedLayoutId": "2",
    "layouts": [
        {"id": "1", "name": "Flyer", "intent": {"value": "print"}},
        {"id": 2, "name": "Story", "intent": "digitalStatic"},
    ],
    "variables": [
        {"name": "Title", "type": "shortText", "value": "Hi", "isRequired": True},
        {
            "label": "Colour",
            "type": "List",
            "items": ["red", {"value": "blue"}, {"value": None}, 7],
            "selected": {"value": "red"},
        },
        {"name": "Shown", "type": "boolean", "defaultValue": True},
        {"name": "Picture", "type": "image", "value": {"assetId": "a-1"}},
        {"name": "Together", "type": "group"},
        {"name": "Rows", "type": "dataSource"},
        {"type": "shortText"},
    ],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["variables", "layouts", "items", "value", "name", "id", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
)


def test_variables_are_read_in_old_and_new_spellings():
    """Groups, and variables without a name, are left out: an output cannot set them."""
    assert read_variables(DOCUMENT) == [
        Variable("Title", "shortText", "Hi", (), required=True),
        Variable("Colour", "List", "red", ("red", "blue"), required=False),
        Variable("Shown", "boolean", True, (), required=False),  # noqa: FBT003 - a value
        Variable("Picture", "image", "a-1", (), required=False),
        Variable("Rows", "dataSource", None, (), required=False, rows_from="connector"),
    ]


@pytest.mark.parametrize(
    ("raw", "limits", "words"),
    [
        ({"type": "number"}, Limits(), ""),
        (
            {"minValue": 0, "maxValue": 99.5, "numberOfDecimals": 2},
            Limits(Decimal(0), Decimal("99.5"), 2),
            "0 to 99.5; shows 2 decimals",
        ),
        ({"minValue": "-1"}, Limits(min_value=Decimal(-1)), "at least -1"),
        ({"maxValue": 5}, Limits(max_value=Decimal(5)), "at most 5"),
        ({"minValue": "x", "maxValue": float("nan")}, Limits(), ""),
        ({"minValue": True, "maxValue": None}, Limits(), ""),
        (
            {"maxCharacters": 40},
            Limits(max_characters=40),
            "at most 40 characters",
        ),
        ({"maxCharacters": 0}, Limits(), ""),
        ({"maxCharacters": -3}, Limits(), ""),
        (
            {"startDate": {"type": "absolute", "value": "2026-01-01"}},
            Limits(first_day=dt.date(2026, 1, 1)),
            "from 2026-01-01",
        ),
        (
            {"endDate": "2026-12-31T00:00:00", "excludedDays": ["Sunday", "monday"]},
            Limits(last_day=dt.date(2026, 12, 31), excluded_days=("monday", "sunday")),
            "until 2026-12-31; not on monday, sunday",
        ),
        ({"startDate": {"type": "relative", "offset": 3}}, Limits(), ""),
        ({"startDate": {"value": 5}, "endDate": "soon"}, Limits(), ""),
        ({"excludedDays": 5, "numberOfDecimals": -1}, Limits(), ""),
    ],
)
def test_limits_are_read_and_said_in_words(raw, limits, words):
    """Those that depend on the day of the render are left out."""
    (variable,) = read_variables({"variables": [{"name": "a"} | raw]})
    assert variable.limits == limits
    assert str(variable.limits) == words


def test_list_has_its_available_items_and_labels():
    """An item that is not available now is not allowed; without the list all are."""
    items = ["red", {"value": "blue", "displayValue": "Sky"}]
    raw = {"name": "a", "type": "list", "items": items, "selected": {"value": "red"}}
    (all_items,) = read_variables({"variables": [raw]})
    assert (all_items.allowed, all_items.labels) == (("red", "blue"), {"blue": "Sky"})
    (some,) = read_variables({"variables": [raw | {"availableItems": ["blue"]}]})
    assert some.allowed == ("blue",)


def test_table_of_variables_shows_limits_and_marks():
    """Read-only and invisible variables are marked, whatever the document's age."""
    variables = [
        {"name": "a", "type": "number", "maxValue": 5, "isReadonly": True},
        {"name": "b", "visibility": {"type": "invisible"}},
        {"name": "c", "isVisible": False},
        {"name": "d", "isHidden": True},
        {"name": "e", "visibility": {"type": "conditional"}, "isVisible": False},
        {"name": "f", "type": "image"},
        {"name": "g", "type": "dataSource", "value": {"type": "injected"}},
        {"name": "h", "type": "dataSource", "value": {"type": "connector"}},
    ]
    rows = Rows(read_variables({"variables": variables}), VARIABLE_COLUMNS)
    table = [line.split("  ") for line in rows.bundle()["text/plain"].splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in table]
    assert cells == [
        ["Variable", "Type", "Value", "Allowed", "Limits", "Required"],
        ["a", "number", "at most 5; read-only"],
        *([name, "invisible"] for name in "bcd"),
        ["e"],
        ["f", "image", "a media item, its ID or its name"],
        ["g", "dataSource", "a list of rows"],
        ["h", "dataSource", "rows of its data connector"],
    ]


def test_documents_of_2022_are_read():
    """They have other names for the ID and the name of a layout, and other types."""
    document = {
        "selectedLayoutId": 0,
        "layouts": [{"layoutId": 0, "layoutName": "Default"}],
        "variables": [
            {"name": "a", "type": "shorttext", "value": "", "defaultValue": ""},
            {"name": "b", "type": "richText", "value": None, "ruleSetId": "r"},
            {"name": "c", "type": "image", "value": "bottle.png"},
            {
                "name": "d",
                "type": "image",
                "value": {"connectorId": "x", "assetId": "y"},
                "resolved": {"mediaId": "z"},
            },
        ],
    }
    assert read_layouts(document) == [Layout("0", "Default", None, selected=True)]
    assert choose_layout(document, "Default") == choose_layout(document, 0) == "0"
    values = [variable.value for variable in read_variables(document)]
    assert values == ["", None, "bottle.png", "y"]


def test_layouts_are_read():
    """IDs become texts, intents have two spellings, the selected layout is marked."""
    assert read_layouts(DOCUMENT) == [
        Layout("1", "Flyer", "print", selected=False),
        Layout("2", "Story", "digitalStatic", selected=True),
    ]


def test_variables_and_layouts_have_their_json_object():
    """A field without an attribute of its own is in `raw`, and not in the repr."""
    variables, layouts = read_variables(DOCUMENT), read_layouts(DOCUMENT)
    settable = [raw for raw in DOCUMENT["variables"] if raw["type"] != "group"]
    assert [one.raw for one in variables] == settable[:-1]
    assert [one.raw for one in layouts] == DOCUMENT["layouts"]
    assert "isRequired" not in repr(variables[0])


def test_child_layout_has_the_intent_of_its_parent():
    """A child contains only what differs; parents in a circle have no intent."""
    parent = {"id": "1", "intent": "print"}
    layouts = [
        {"id": "3", "parentId": "2"},
        {"id": "2", "parentId": "1", "intent": None},
        parent | {"parentId": ""},
        {"id": "4", "parentId": "1", "intent": "digitalStatic"},
        {"id": "5", "parentId": "6"},
        {"id": "6", "parentId": "5"},
        {"id": "7", "parentId": "not-there"},
        {"parentId": None},
    ]
    intents = [one.intent for one in read_layouts({"layouts": layouts})]
    assert intents == [*["print"] * 3, "digitalStatic", *[None] * 4]


def test_no_layout_is_selected_without_a_mark():
    """A layout without an ID is not the selected one of a document without a mark."""
    assert [layout.selected for layout in read_layouts({"layouts": [{}]})] == [False]


@given(st.dictionaries(st.sampled_from(["variables", "layouts"]), JSON))
@example({"variables": [{"items": 5}]})
@example({"variables": [{"items": "red"}]})
def test_document_of_any_form_is_read(document):
    """Malformed parts are left out, and no error of Python is raised."""
    for variable in read_variables(document):
        assert isinstance(variable.name, str)
    assert all(isinstance(layout.id, str) for layout in read_layouts(document))


@pytest.mark.parametrize("items", [5, "red", {"value": "red"}, True])
def test_items_that_are_not_a_list_allow_every_value(items):
    """A malformed list of values limits nothing."""
    (variable,) = read_variables({"variables": [{"name": "a", "items": items}]})
    assert variable.allowed == ()


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (None, "2"),
        ("Flyer", "1"),
        ("1", "1"),
        (1, "1"),
        ("Story", "2"),
        (read_layouts(DOCUMENT)[0], "1"),
    ],
)
def test_layout_is_chosen_by_name_or_id_or_itself(wanted, chosen):
    """By default it is the selected one."""
    assert choose_layout(DOCUMENT, wanted) == chosen


def test_first_layout_is_chosen_without_a_selected_one():
    """Old documents have no mark."""
    assert choose_layout({"layouts": [{"id": "7"}, {"id": "8"}]}, None) == "7"


def test_unknown_layout_is_refused_with_the_known_ones():
    """A misspelt name is shown with the right ones."""
    with pytest.raises(VariableError, match="no layout 'Flier'") as caught:
        choose_layout(DOCUMENT, "Flier")
    assert caught.value.hint == "Use 'Flyer'. Its layouts: 'Flyer', 'Story'."


def test_document_without_layouts_is_refused():
    """The message is not that the layout None is missing."""
    with pytest.raises(VariableError) as caught:
        choose_layout({}, None)
    assert "None" not in caught.value.message
