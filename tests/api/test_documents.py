"""Documents of all ages: their variables and layouts."""

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


def test_variables_are_read_in_old_and_new_spellings():
    """Groups and data sources are left out, since an output cannot set them."""
    assert read_variables(DOCUMENT) == [
        Variable("Title", "shortText", "Hi", (), required=True),
        Variable("Colour", "List", "red", ("red", "blue"), required=False),
        Variable("Shown", "boolean", True, (), required=False),  # noqa: FBT003 - a value
        Variable("Picture", "image", "a-1", (), required=False),
    ]


def test_layouts_are_read():
    """IDs become texts, intents have two spellings, the selected layout is marked."""
    assert read_layouts(DOCUMENT) == [
        Layout("1", "Flyer", "print", selected=False),
        Layout("2", "Story", "digitalStatic", selected=True),
    ]


def test_variables_and_layouts_have_their_json_object():
    """A field without an attribute of its own is in `raw`, and not in the repr."""
    variables, layouts = read_variables(DOCUMENT), read_layouts(DOCUMENT)
    assert [one.raw for one in variables] == DOCUMENT["variables"][:4]
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
    assert caught.value.hint == "Its layouts: 'Flyer', 'Story'."


def test_document_without_layouts_is_refused():
    """The message is not that the layout None is missing."""
    with pytest.raises(VariableError) as caught:
        choose_layout({}, None)
    assert "None" not in caught.value.message
