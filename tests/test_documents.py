"""Reading a template's document: variables, layouts, rows of values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.documents import (
    Layout,
    Variable,
    checked_rows,
    choose_layout,
    read_layouts,
    read_variables,
)
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


def test_variables_of_every_age_are_read():
    """Old and new spellings give the same; groups and data sources cannot be set."""
    assert read_variables(DOCUMENT) == [
        Variable("Title", "shortText", "Hi", (), required=True),
        Variable("Colour", "List", "red", ("red", "blue"), required=False),
        Variable("Shown", "boolean", True, (), required=False),  # noqa: FBT003 - a value
        Variable("Picture", "image", "a-1", (), required=False),
    ]


def test_layouts_are_read():
    """Ids are texts, intents come in both spellings, the selected one is marked."""
    assert read_layouts(DOCUMENT) == [
        Layout("1", "Flyer", "print", selected=False),
        Layout("2", "Story", "digitalStatic", selected=True),
    ]


def test_nothing_is_selected_where_nothing_says_so():
    """A layout without an id is not the selected one of a document without one."""
    assert [layout.selected for layout in read_layouts({"layouts": [{}]})] == [False]


@given(st.dictionaries(st.sampled_from(["variables", "layouts"]), JSON))
@example({"variables": [{"items": 5}]})
@example({"variables": [{"items": "red"}]})
def test_any_document_is_read(document):
    """What is malformed is left out, and gives no error of Python's."""
    for variable in read_variables(document):
        assert isinstance(variable.name, str)
    assert all(isinstance(layout.id, str) for layout in read_layouts(document))


@pytest.mark.parametrize("items", [5, "red", {"value": "red"}, True])
def test_only_a_list_lists_values(items):
    """What is no list allows nothing in particular."""
    (variable,) = read_variables({"variables": [{"name": "a", "items": items}]})
    assert variable.allowed == ()


@pytest.mark.parametrize(
    ("wanted", "chosen"), [(None, "2"), ("Flyer", "1"), ("1", "1"), ("Story", "2")]
)
def test_a_layout_is_chosen_by_name_or_id(wanted, chosen):
    """By default it is the one that the document opens with."""
    assert choose_layout(DOCUMENT, wanted) == chosen


def test_without_a_selected_layout_it_is_the_first():
    """An old document without the mark renders its first layout."""
    assert choose_layout({"layouts": [{"id": "7"}, {"id": "8"}]}, None) == "7"


def test_an_unknown_layout_names_the_known_ones():
    """A misspelt layout shows the right spelling."""
    with pytest.raises(VariableError, match="no layout 'Flier'") as caught:
        choose_layout(DOCUMENT, "Flier")
    assert caught.value.hint == "Its layouts: 'Flyer', 'Story'."


def test_a_template_without_layouts_says_that():
    """Who asked for no layout is not told that None is missing."""
    with pytest.raises(VariableError) as caught:
        choose_layout({}, None)
    assert "None" not in caught.value.message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        ("", ""),
        (None, None),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (0.1, "0.1"),
        (1e22, "10000000000000000000000"),
        (1e-7, "0.0000001"),
        (Decimal("1E+3"), "1000"),
        (dt.date(2026, 3, 1), "2026-03-01"),
        (dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC), "2026-03-01"),
    ],
)
def test_values_go_out_as_text(value, text):
    """Each type has the one spelling that GraFx's pages agree on."""
    assert checked_rows(DOCUMENT, [{"Title": value}]) == [{"Title": text}]


@pytest.mark.parametrize(
    ("row", "named", "hint"),
    [
        ({"Titel": "x"}, "no variable 'Titel'", "'Title', 'Colour'"),
        ({"Together": "x"}, "no variable 'Together'", "'Title'"),
        ({"Colour": "green"}, "'green' is not a value of", "'red', 'blue'"),
        ({"Title": object()}, "'Title' is of type object", "a text, a number"),
        ({"Title": float("nan")}, "'Title'", ""),
        ({"Title": float("inf")}, "'Title'", ""),
    ],
)
def test_what_does_not_fit_is_told_before_a_render_is_spent(row, named, hint):
    """Name, value and what there is instead stand in the error."""
    with pytest.raises(VariableError, match=named) as caught:
        checked_rows(DOCUMENT, [row])
    assert hint in caught.value.hint


def test_a_list_can_be_left_empty():
    """No value is not a value that the list lacks."""
    assert checked_rows(DOCUMENT, [{"Colour": None}]) == [{"Colour": None}]


def test_in_a_batch_the_row_is_named():
    """One slip among thousands of rows can be found."""
    with pytest.raises(VariableError, match="in row 2"):
        checked_rows(DOCUMENT, [{"Title": "a"}, {}, {"Titel": "b"}])


def test_rows_are_copied():
    """The caller's rows stay as they are."""
    rows = [{"Title": 1, "Colour": "blue"}]
    assert checked_rows(DOCUMENT, rows) == [{"Title": "1", "Colour": "blue"}]
    assert rows == [{"Title": 1, "Colour": "blue"}]
