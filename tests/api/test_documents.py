"""Reading a template's document: variables, layouts, rows of values."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.api.documents import (
    Layout,
    Variable,
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


def test_what_the_document_says_is_kept():
    """What has no attribute of its own can be read all the same."""
    variables, layouts = read_variables(DOCUMENT), read_layouts(DOCUMENT)
    assert [one.raw for one in variables] == DOCUMENT["variables"][:4]
    assert [one.raw for one in layouts] == DOCUMENT["layouts"]
    assert "isRequired" not in repr(variables[0])


def test_a_child_has_the_intent_of_the_layout_above():
    """A child layout tells only what differs; a circle of parents tells nothing."""
    above = {"id": "1", "intent": "print"}
    layouts = [
        {"id": "3", "parentId": "2"},
        {"id": "2", "parentId": "1", "intent": None},
        above | {"parentId": ""},
        {"id": "4", "parentId": "1", "intent": "digitalStatic"},
        {"id": "5", "parentId": "6"},
        {"id": "6", "parentId": "5"},
        {"id": "7", "parentId": "not-there"},
        {"parentId": None},
    ]
    intents = [one.intent for one in read_layouts({"layouts": layouts})]
    assert intents == [*["print"] * 3, "digitalStatic", *[None] * 4]


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
def test_a_layout_is_chosen_by_name_or_id_or_itself(wanted, chosen):
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
