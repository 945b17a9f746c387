"""Rows of values: checked before a render is spent, and converted to text."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook.api.variables import checked_rows, rows_of
from chili_notebook.errors import VariableError

DOCUMENT = {
    "variables": [
        {"name": "Title", "type": "shortText", "value": "Hi", "isRequired": True},
        {"label": "Colour", "type": "List", "items": ["red", {"value": "blue"}]},
        {"name": "Subtitle", "type": "longText"},
        {"name": "Shown", "type": "boolean", "defaultValue": True},
        {"name": "Price", "type": "number"},
        {"name": "Until", "type": "date"},
        {"name": "Picture", "type": "image", "value": {"assetId": "a-1"}},
        {"name": "Together", "type": "group"},
    ],
}


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
def test_values_are_sent_as_text(value, text):
    """Text is the one form that all of GraFx's pages agree on."""
    assert checked_rows(DOCUMENT, [{"Subtitle": value}]) == [{"Subtitle": text}]


@pytest.mark.parametrize(
    ("row", "message", "hint"),
    [
        ({"Titel": "x"}, "no variable 'Titel'", "'Title', 'Colour'"),
        ({"Together": "x"}, "no variable 'Together'", "'Title'"),
        ({"Colour": "green"}, "'green' is not in the list 'Colour'", "'red', 'blue'"),
        (
            {"Title": object()},
            r"'Title' cannot be sent \(type object\)",
            "a text, a number",
        ),
        ({"Title": pd.NaT}, r"cannot be sent \(type NaTType\)", "None for no value"),
        ({"Title": pd.NA}, r"cannot be sent \(type NAType\)", "None for no value"),
        ({"Title": "\ud800"}, "contains a lone surrogate", "a text"),
        ({"Price": ""}, "'Price' needs a value", "Leave out the variable"),
        ({"Shown": None}, "'Shown' needs a value", "Leave out the variable"),
        (
            {"Title": float("nan")},
            r"cannot be sent \(type float\)",
            "None for no value",
        ),
        ({"Title": float("inf")}, "'Title'", ""),
        ({"Title": None}, "'Title' needs a value", "Leave out the variable"),
        ({"Title": ""}, "'Title' needs a value", ""),
        ({"Price": "12,50"}, "'12,50' is not a value for the number", "a point"),
        ({"Price": True}, "True is not a value for the number", "12.5"),
        ({"Shown": "yes"}, "'yes' is not a value for the boolean", "True or False"),
        ({"Shown": 1}, "1 is not a value for the boolean", "True or False"),
        ({"Until": "31/12/2026"}, "'31/12/2026' is not a value", "2026-12-31"),
        ({"Until": "2026-02-30"}, "'2026-02-30' is not a value", "2026-12-31"),
    ],
)
def test_value_that_does_not_fit_is_refused(row, message, hint):
    """The message has the name and the value, the hint what the variable takes."""
    with pytest.raises(VariableError, match=message) as caught:
        checked_rows(DOCUMENT, [row])
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Price", 12.5, "12.5"),
        ("Price", "-3", "-3"),
        ("Shown", False, "false"),
        ("Shown", "True", "True"),
        ("Until", dt.date(2026, 3, 1), "2026-03-01"),
        ("Until", "2026-03-01", "2026-03-01"),
        ("Until", "", ""),
        ("Picture", "a-2", "a-2"),
        ("Subtitle", 7, "7"),
        ("Price", np.float64(1.5), "1.5"),
        ("Price", np.int64(3), "3"),
        ("Shown", np.bool_(True), "true"),  # noqa: FBT003 - a value
    ],
)
def test_each_type_of_variable_takes_its_values(name, value, text):
    """Numbers, booleans and dates may be passed as themselves or as text."""
    assert checked_rows(DOCUMENT, [{name: value}]) == [{name: text}]


@given(
    st.dictionaries(
        st.sampled_from([raw.get("name", "Colour") for raw in DOCUMENT["variables"]]),
        st.one_of(
            *(st.none(), st.text(), st.booleans(), st.integers(), st.floats()),
            *(st.decimals(), st.dates(), st.datetimes(), st.binary()),
        ),
    )
)
def test_any_row_is_converted_or_refused_with_a_hint(row):
    """Every row becomes text, or raises an error with a hint."""
    try:
        (checked,) = checked_rows(DOCUMENT, [row])
    except VariableError as error:
        assert error.hint  # noqa: PT017 - a row without an error is right too
    else:
        assert all(text is None or isinstance(text, str) for text in checked.values())


def test_list_can_be_left_empty():
    """None means no value, which no list contains."""
    assert checked_rows(DOCUMENT, [{"Colour": None}]) == [{"Colour": None}]


def test_error_of_a_batch_names_the_row():
    """One wrong value among thousands of rows can be found."""
    with pytest.raises(VariableError, match="in row 2"):
        checked_rows(DOCUMENT, [{"Title": "a"}, {}, {"Titel": "b"}])


def test_rows_of_the_caller_are_not_changed():
    """The converted rows are copies."""
    rows = [{"Title": 1, "Colour": "blue"}]
    assert checked_rows(DOCUMENT, rows) == [{"Title": "1", "Colour": "blue"}]
    assert rows == [{"Title": 1, "Colour": "blue"}]


def test_rows_may_come_in_several_forms():
    """One row, a list, a reader of CSV and a generator are all accepted."""
    row = {"Title": "a"}
    reader = csv.DictReader(["Title", "a", "b"])
    assert rows_of(row) == [row]
    assert rows_of(None) == rows_of({}) == []
    assert rows_of([row, row]) == [row, row]
    assert rows_of(reader) == [{"Title": "a"}, {"Title": "b"}]
    assert rows_of(row for _ in range(2)) == [row, row]


@pytest.mark.parametrize(
    "given", [[], iter(()), 5, "Title", [1], [{}, "x"], pd.DataFrame({"Title": ["a"]})]
)
def test_variables_that_are_not_rows_are_refused(given):
    """An empty selection is an error, and does not render the template itself."""
    with pytest.raises(VariableError, match="must be a mapping") as caught:
        rows_of(given)
    assert "to_dict" in caught.value.hint


def test_number_may_have_any_length():
    """Python itself refuses to convert one of five thousand digits."""
    (row,) = checked_rows(DOCUMENT, [{"Price": 10**5000}])
    assert row == {"Price": "1" + "0" * 5000}
