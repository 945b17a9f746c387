"""Rows of values: checked before a render is spent, and converted for GraFx."""

# ruff: noqa: PD011 - `values` is not an attribute of a frame here

from __future__ import annotations

import csv
import datetime as dt
import pickle
from decimal import Decimal

import httpx
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook.api.problems import ProblemKind, problems_error
from chili_notebook.api.variables import RowChecker, check_variables, rows_of
from chili_notebook.errors import VariableError

DOCUMENT = {
    "variables": [
        {
            "name": "Title",
            "type": "shortText",
            "label": "Headline",
            "value": "Hi",
            "isRequired": True,
            "maxCharacters": 12,
        },
        {
            "label": "Colour",
            "type": "List",
            "items": ["red", {"value": "blue", "displayValue": "Sky"}, "grey", "1"],
            "availableItems": ["red", "blue", "1"],
            "selected": "red",
        },
        {"name": "Subtitle", "type": "longText", "maxCharacters": 30},
        {"name": "Shown", "type": "boolean", "defaultValue": True},
        {"name": "Price", "type": "number", "minValue": -10, "maxValue": "1e6"},
        {"name": "Free", "type": "number", "numberOfDecimals": 2},
        {
            "name": "Until",
            "type": "date",
            "startDate": {"type": "absolute", "value": "2026-01-01"},
            "endDate": {"type": "absolute", "value": "2028-12-31"},
            "excludedDays": ["sunday"],
        },
        {"name": "Later", "type": "date", "startDate": {"type": "relative"}},
        {
            "name": "Night",
            "type": "date",
            "startDate": "2026-05-31T22:00:00.000Z",
            "endDate": {"type": "absolute", "value": "2026-06-29T22:00:00.000Z"},
        },
        {"name": "Picture", "type": "image", "value": {"assetId": "a-1"}},
        {"name": "Rules", "type": "richText", "value": None, "ruleSetId": "r"},
        {"name": "Marked", "type": "richText", "maxCharacters": 5},
        {"name": "Locked", "type": "shortText", "isReadonly": True},
        {"name": "Together", "type": "group"},
        {
            "name": "Products",
            "type": "dataSource",
            "value": {
                "type": "injected",
                "itemIdPropertyName": "id",
                "model": [
                    {"name": "id", "type": "singleLine"},
                    {"name": "price", "type": "number"},
                    {"name": "new", "type": "boolean"},
                    {"name": "since", "type": "date"},
                ],
            },
        },
        {"name": "Stock", "type": "dataSource", "value": {"type": "connector"}},
    ],
}
CHECKER = RowChecker(DOCUMENT)
KINDS = ProblemKind
NESTED: list[object] = []
NESTED.append(NESTED)


def check(name, value):
    """Return the value as it is sent, and the problem of one value."""
    checked = CHECKER.check({name: value})
    assert len(checked.problems) + len(checked.values) == 1
    return checked.values.get(name), next(iter(checked.problems), None)


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("Subtitle", "x", "x"),
        ("Subtitle", "", ""),
        ("Subtitle", "a\nb", "a\nb"),
        ("Subtitle", None, None),
        ("Subtitle", True, "true"),
        ("Subtitle", 7, "7"),
        ("Subtitle", 0.1, "0.1"),
        ("Subtitle", 1e-7, "0.0000001"),
        ("Subtitle", Decimal("1E+3"), "1000"),
        ("Subtitle", dt.date(2026, 3, 1), "2026-03-01"),
        ("Subtitle", pd.Timestamp("2026-03-01"), "2026-03-01"),
        ("Subtitle", np.str_("x"), "x"),
        ("Subtitle", "x" * 30, "x" * 30),
        *(
            ("Subtitle", letter * 30, letter * 30)
            for letter in (
                *("\r\n", "\U0001f44d\U0001f3fd", "\U0001f1e7\U0001f1ea"),
                "\u0928\u093f",  # a syllable of Hindi
                "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e007f",  # a flag
            )
        ),
        ("Subtitle", "e\u0301x\u0331" * 15, "e\u0301x\u0331" * 15),
        (
            "Subtitle",
            "\U0001f469\u200d\U0001f467" * 30,
            "\U0001f469\u200d\U0001f467" * 30,
        ),
        ("Rules", "<b>x</b>", "<b>x</b>"),
        ("Marked", "<b>1234</b>&amp;", "<b>1234</b>&amp;"),
        ("Locked", "an output may set it", "an output may set it"),
        ("Colour", "blue", "blue"),
        ("Colour", None, None),
        ("Colour", "", None),
        ("Colour", 1, "1"),
        ("Colour", 1.0, "1"),
        ("Shown", False, "false"),
        ("Shown", np.bool_(True), "true"),  # noqa: FBT003 - a value
        ("Shown", 1, "true"),
        ("Shown", 0.0, "false"),
        *(("Shown", text, "true") for text in ("true", "TRUE", "Yes", " 1 ")),
        *(("Shown", text, "false") for text in ("false", "no", "NO", "0")),
        ("Price", 12.5, "12.5"),
        ("Price", "-3", "-3"),
        ("Price", " 4.80 ", "4.80"),
        ("Price", -10, "-10"),
        ("Price", 1_000_000, "1000000"),
        ("Price", np.float32(0.1), "0.1"),
        ("Price", np.float64(1.5), "1.5"),
        ("Price", np.int64(3), "3"),
        ("Price", np.uint8(3), "3"),
        ("Free", Decimal("4.801"), "4.801"),
        ("Free", 1e22, "10000000000000000000000"),
        ("Free", -0.0, "0.0"),
        ("Until", dt.date(2026, 1, 1), "2026-01-01"),
        ("Until", "2028-12-30", "2028-12-30"),
        ("Until", "2026-03-02T00:00:00", "2026-03-02"),
        ("Until", pd.Timestamp("2026-03-02"), "2026-03-02"),
        *(
            ("Until", np.datetime64("2026-03-02", unit), "2026-03-02")
            for unit in ("D", "h", "s", "ms", "us", "ns")
        ),
        ("Until", np.datetime64("2026-09", "M"), "2026-09-01"),
        *(("Until", value, None) for value in ("", " ", None, pd.NaT, pd.NA)),
        ("Until", np.datetime64("NaT"), None),
        ("Until", float("nan"), None),
        ("Until", np.float32("nan"), None),
        ("Until", Decimal("nan"), None),
        ("Later", "1999-01-03", "1999-01-03"),
        ("Night", "2026-07-01", "2026-07-01"),
        ("Picture", "a-2", "a-2"),
        ("Picture", "no such picture.png", "no such picture.png"),
        ("Picture", 4711, "4711"),
        ("Picture", 4711.0, "4711"),
        ("Picture", None, None),
    ],
)
def test_value_is_converted_exactly(name, value, sent):
    """Native and unambiguous values are sent as text, no value as null."""
    assert check(name, value) == (sent, None)


@pytest.mark.parametrize(
    ("name", "value", "kind", "suggestion"),
    [
        ("Titel", "x", KINDS.UNKNOWN_VARIABLE, "'Title'"),
        ("TITLE", "x", KINDS.UNKNOWN_VARIABLE, "'Title'"),
        ("Headline", "x", KINDS.UNKNOWN_VARIABLE, "'Title'"),
        ("zzz", "x", KINDS.UNKNOWN_VARIABLE, "one of 'Title', 'Colour'"),
        ("Together", "x", KINDS.UNKNOWN_VARIABLE, "one of"),
        ("products", [{"id": "1"}], KINDS.UNKNOWN_VARIABLE, "'Products'"),
        ("Products", [{"id": "1"}], KINDS.NOT_SETTABLE, "only the rows"),
        ("Stock", [{"id": "1"}], KINDS.NOT_SETTABLE, ""),
        ("Title", None, KINDS.MISSING_VALUE, "leave it out"),
        ("Title", "", KINDS.MISSING_VALUE, "leave it out"),
        ("Title", pd.NaT, KINDS.MISSING_VALUE, "leave it out"),
        ("Price", "", KINDS.MISSING_VALUE, ""),
        ("Price", float("nan"), KINDS.MISSING_VALUE, ""),
        ("Shown", None, KINDS.MISSING_VALUE, "leave it out"),
        ("Title", "x" * 13, KINDS.TOO_LONG, "at most 12 characters"),
        ("Title", "a\nb", KINDS.WRONG_TYPE, "one line"),
        ("Subtitle", "x\n" * 16, KINDS.TOO_LONG, "at most 30 characters"),
        ("Subtitle", "\u00e9" * 31, KINDS.TOO_LONG, "at most 30 characters"),
        ("Subtitle", "\U0001f1e7\U0001f1ea" * 31, KINDS.TOO_LONG, "at most 30"),
        ("Title", object(), KINDS.WRONG_TYPE, "a text, a number"),
        ("Title", "\ud800", KINDS.WRONG_TYPE, ""),
        ("Title", float("inf"), KINDS.WRONG_TYPE, "a text, a number"),
        ("Subtitle", dt.datetime(2026, 3, 1, 9), KINDS.AMBIGUOUS, "2026-03-01"),  # noqa: DTZ001 - as pandas has them
        ("Marked", "<b>12345</b>6", KINDS.TOO_LONG, "at most 5 characters"),
        ("Colour", "green", KINDS.NOT_IN_LIST, "one of 'red', 'blue', '1'"),
        ("Colour", "Blue", KINDS.NOT_IN_LIST, "'blue'"),
        ("Colour", "bleu", KINDS.NOT_IN_LIST, "'blue'"),
        ("Colour", "Sky", KINDS.NOT_IN_LIST, "'blue'"),
        ("Colour", "sky", KINDS.NOT_IN_LIST, "'blue'"),
        ("Colour", "grey", KINDS.NOT_IN_LIST, "'red'"),
        ("Shown", "y", KINDS.AMBIGUOUS, "true"),
        ("Shown", "Nein", KINDS.AMBIGUOUS, "false"),
        ("Shown", "maybe", KINDS.WRONG_TYPE, "true or false"),
        ("Shown", 2, KINDS.WRONG_TYPE, "true or false"),
        ("Price", "4,80", KINDS.AMBIGUOUS, "4.80"),
        ("Price", "1.234,50", KINDS.AMBIGUOUS, "1234.50"),
        ("Price", "1,234.50", KINDS.AMBIGUOUS, "1234.50"),
        ("Price", "1'234.50", KINDS.AMBIGUOUS, "1234.50"),
        ("Price", "1\u00a0234,5", KINDS.AMBIGUOUS, "1234.5"),
        ("Price", "1,234", KINDS.AMBIGUOUS, "1.234 or 1234"),
        ("Price", "1.234.567", KINDS.AMBIGUOUS, "1234567"),
        ("Price", "€ 4.80", KINDS.AMBIGUOUS, "4.80"),
        ("Price", "4,80 EUR", KINDS.AMBIGUOUS, "4.80"),
        ("Price", ".5", KINDS.AMBIGUOUS, "0.5"),
        ("Price", "1e3", KINDS.AMBIGUOUS, "1000"),
        ("Price", "12%", KINDS.WRONG_TYPE, "a number such as 12.5"),
        ("Price", "3 for 2", KINDS.WRONG_TYPE, "a number such as 12.5"),
        ("Price", "many", KINDS.WRONG_TYPE, "a number such as 12.5"),
        ("Price", True, KINDS.WRONG_TYPE, "a number such as 12.5"),
        ("Price", -10.01, KINDS.OUT_OF_RANGE, "-10 or more"),
        ("Price", 1_000_001, KINDS.OUT_OF_RANGE, "1E+6 or less"),
        ("Until", "31/03/2028", KINDS.AMBIGUOUS, "2028-03-31"),
        ("Until", "03/04/2028", KINDS.AMBIGUOUS, "2028-04-03 or 2028-03-04"),
        ("Until", "31.3.2028", KINDS.AMBIGUOUS, "2028-03-31"),
        ("Until", "31 March 2028", KINDS.AMBIGUOUS, "2028-03-31"),
        ("Until", "20280331", KINDS.AMBIGUOUS, "2028-03-31"),
        ("Until", "2028-03-31T09:30", KINDS.AMBIGUOUS, "2028-03-31"),
        ("Until", pd.Timestamp("2026-03-02 09:30"), KINDS.AMBIGUOUS, "2026-03-02"),
        ("Until", np.datetime64("2026-03-02T09", "ns"), KINDS.AMBIGUOUS, "2026-03-02"),
        ("Until", pd.Timestamp(1), KINDS.AMBIGUOUS, "1970-01-01"),
        ("Until", "2026-02-30", KINDS.WRONG_TYPE, "2026-12-31"),
        ("Until", 46112, KINDS.WRONG_TYPE, "2026-12-31"),
        ("Until", "2025-12-31", KINDS.OUT_OF_RANGE, "2026-01-01 or later"),
        ("Until", dt.date(2029, 1, 1), KINDS.OUT_OF_RANGE, "2028-12-31 or earlier"),
        ("Until", "2026-03-01", KINDS.OUT_OF_RANGE, "not excluded (sunday)"),
        ("Picture", b"...", KINDS.WRONG_TYPE, "chili.media.list()"),
        ("Picture", True, KINDS.WRONG_TYPE, "chili.media.list()"),
        ("Picture", 1.5, KINDS.WRONG_TYPE, "chili.media.list()"),
        ("Until", np.array(["2026-03-02"], "datetime64[D]"), KINDS.WRONG_TYPE, "20"),
        ("Until", pd.Series(pd.to_datetime(["2026-03-02"])), KINDS.WRONG_TYPE, "20"),
        ("Until", pd.to_datetime(["2026-03-02"], utc=True), KINDS.WRONG_TYPE, "20"),
        ("Until", np.datetime64(1, "as"), KINDS.WRONG_TYPE, "2026-12-31"),
    ],
)
def test_value_that_does_not_fit_is_a_problem(name, value, kind, suggestion):
    """Nothing is guessed; what was probably meant is the suggestion."""
    sent, problem = check(name, value)
    assert sent is None
    assert (problem.column, problem.kind) == (name, kind)
    assert problem.value is value
    assert suggestion in problem.suggestion
    assert bool(suggestion) == bool(problem.suggestion)


def test_number_may_have_any_length():
    """Python itself refuses to convert one of five thousand digits."""
    assert check("Free", 10**5000) == ("1" + "0" * 5000, None)
    _sent, problem = check("Price", 10**5000)
    assert problem.kind is KINDS.OUT_OF_RANGE
    assert "more than" in problems_error([problem]).message


def test_media_item_is_sent_by_its_id(client_of):
    """A folder is not a picture, and a picture is not a text."""

    def api(request):
        kind = "directory" if request.url.path.endswith("f") else "item"
        raw = {"id": request.url.path[-1], "name": "a", "type": kind}
        return httpx.Response(200, json={"data": raw})

    with client_of(api) as client:
        picture, folder = client.media.get("m"), client.media.get("f")
    assert check("Picture", picture) == ("m", None)
    assert check("Picture", folder)[1].kind is KINDS.WRONG_TYPE
    assert check("Title", picture)[1].kind is KINDS.WRONG_TYPE


@given(
    st.dictionaries(
        st.sampled_from([raw.get("name", "Colour") for raw in DOCUMENT["variables"]]),
        st.one_of(
            *(st.none(), st.text(), st.booleans(), st.integers(), st.floats()),
            *(st.decimals(), st.dates(), st.datetimes(), st.binary()),
            st.lists(st.dictionaries(st.text(), st.text())),
        ),
    )
)
def test_any_row_is_converted_or_has_problems(row):
    """Every value becomes text or a problem with words, which can be shown."""
    checked = CHECKER.check(row, number=1)
    assert len(checked.values) + len(checked.problems) == len(row)
    assert all(isinstance(text, str | None) for text in checked.values.values())
    if checked.problems:
        error = problems_error(checked.problems)
        assert error.hint
        assert len(error.problems.bundle()["text/html"]) > len(checked.problems)


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_number_keeps_its_value(number):
    """A number becomes the decimal number that Python prints."""
    sent, problem = check("Free", number)
    assert problem is None
    assert "e" not in sent
    assert float(sent) == float(number)


@given(st.dates())
def test_date_keeps_its_day(day):
    """A date, and a moment at midnight, become the day as GraFx spells it."""
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    assert check("Later", day) == check("Later", midnight) == (day.isoformat(), None)


def test_error_has_all_problems_as_a_table():
    """Each problem is a line with what to use instead; all are data."""
    with_problems = CHECKER.check({"Titel": 1, "Price": "4,80"}, number=2).problems
    error = pickle.loads(pickle.dumps(problems_error(with_problems)))  # noqa: S301
    first, titel, price = error.message.splitlines()
    assert first == "2 values do not fit the template."
    assert titel == (
        "  Row 2, 'Titel': the template has no variable 'Titel'. Use 'Title'."
    )
    assert price.startswith("  Row 2, 'Price': '4,80' is not a number ")
    assert price.endswith(" without grouping. Use 4.80.")
    assert error.hint == "Correct these values."
    assert [problem.row for problem in error.problems] == [2, 2]
    assert "<th style" in error.problems.bundle()["text/html"]


def test_error_of_one_problem_is_two_lines():
    """The second one says what to use."""
    error = problems_error(CHECKER.check({"Titel": 1}, number=None).problems)
    shown = error._render_traceback_()
    assert [line.split(" ", 1)[1] for line in shown] == [
        "'Titel': the template has no variable 'Titel'.",
        "Use 'Title'.",
    ]


def test_many_problems_are_counted_and_the_first_are_shown():
    """An error of 40 rows is as short as one of six."""
    rows = [{"Price": "4,80"}] * 40
    error = problems_error(check_variables(DOCUMENT, rows).problems)
    first, *lines = error.message.splitlines()
    assert first == "40 values do not fit the template in 40 rows."
    assert [line.split(",")[0] for line in lines[:-1]] == [
        f"  Row {number}" for number in range(1, 6)
    ]
    assert lines[-1] == "  and 35 more in `problems`"
    assert len(error.problems) == 40


def test_rows_are_numbered_as_people_count():
    """Row 1 is the first; a single mapping is not a row of a table."""
    bad, good = {"Titel": "a"}, {"Title": "a"}
    numbers = [one.row for one in check_variables(DOCUMENT, [good, bad, bad]).problems]
    assert numbers == [2, 3]
    assert check_variables(DOCUMENT, bad).problems[0].row is None


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        (None, [None]),
        ([{}, {}], [1, 2]),
        ([{"Title": "a"}, {}], []),
        ([{"Title": "a"}, {"Title": None}], [2]),
        ([{}, {"Title": "a"}, {}], [1]),
    ],
)
def test_required_variable_without_any_value_is_reported(rows, missing):
    """A row has the values of the row before for what it leaves out."""
    document = {
        "variables": [
            {"name": "Title", "type": "shortText", "isRequired": True},
            {"name": "Own", "type": "shortText", "isRequired": True, "value": "x"},
            {
                "name": "Hidden",
                "type": "image",
                "isRequired": True,
                "visibility": {"type": "invisible"},
            },
        ]
    }
    problems = check_variables(document, rows).problems
    assert [(one.row, one.column) for one in problems] == [
        (row, "Title") for row in missing
    ]


def test_own_values_are_those_of_the_template():
    """They have the form in which an output would set them."""
    own = CHECKER.own_values
    assert own["Title"] == "Hi"
    assert own["Colour"] == "red"
    assert own["Shown"] == "true"
    assert own["Picture"] == "a-1"
    assert own["Price"] is None
    assert "Products" not in own


def test_rows_of_the_caller_are_not_changed():
    """The converted rows are copies."""
    rows = [{"Title": 1, "Colour": "blue"}]
    assert check_variables(DOCUMENT, rows).values == [{"Title": "1", "Colour": "blue"}]
    assert rows == [{"Title": 1, "Colour": "blue"}]


def test_rows_may_come_in_several_forms():
    """One row, a list, a reader of CSV, a generator and DataFrames are accepted."""
    row = {"Title": "a"}
    reader = csv.DictReader(["Title", "a", "b"])
    assert rows_of(row) == [row]
    assert rows_of(None) == rows_of({}) == []
    assert rows_of([row, row]) == [row, row]
    assert rows_of(reader) == [{"Title": "a"}, {"Title": "b"}]
    assert rows_of(row for _ in range(2)) == [row, row]
    columns = {"Title": ["a", None], "Price": [1, 2.5]}
    for frame in (pd.DataFrame(columns), pl.DataFrame(columns, strict=False)):
        assert rows_of(frame) == [
            {"Title": "a", "Price": 1},
            {"Title": None, "Price": 2.5},
        ]


@pytest.mark.parametrize(
    "given", [[], iter(()), 5, "Title", [1], [{}, "x"], pd.DataFrame({"Title": []})]
)
def test_variables_that_are_not_rows_are_refused(given):
    """An empty selection is an error, and does not render the template itself."""
    with pytest.raises(VariableError, match="must be a mapping") as caught:
        rows_of(given)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("id", "1", "1"),
        ("id", 1, 1),
        ("price", 4.5, 4.5),
        ("price", np.float32(0.1), 0.1),
        ("price", Decimal("3.0"), 3),
        ("price", "4.80", 4.8),
        ("price", pd.NA, None),
        ("new", True, True),
        ("new", "yes", True),
        ("new", 1, True),
        ("new", 0.0, False),
        ("since", dt.date(2026, 3, 1), "2026-03-01"),
        ("since", pd.Timestamp("2026-03-01"), "2026-03-01"),
        ("more", {"a": [1, dt.date(2026, 3, 1), None]}, {"a": [1, "2026-03-01", None]}),
    ],
)
def test_rows_of_a_data_source_keep_their_types(name, value, sent):
    """An injected variable is one object with a list of rows; it makes one output."""
    row = {"id": "1"} | {name: value}
    for rows in ([row], (one for one in [row])):
        checked = check_variables(DOCUMENT, {"Products": rows})
        assert checked.problems == ()
        assert checked.has_data_source
        assert checked.values == [{"Products": [{"id": "1"} | {name: sent}]}]


def test_rows_of_a_data_source_may_be_a_frame_or_in_the_form_of_grafx():
    """A list with one object for each variable is what is sent in the end."""
    rows = [{"id": "1", "price": 2}]
    expected = check_variables(DOCUMENT, {"Products": rows})
    assert check_variables(DOCUMENT, {"Products": pd.DataFrame(rows)}) == expected
    assert check_variables(DOCUMENT, [{"Products": rows}]) == expected


@pytest.mark.parametrize(
    ("rows", "row", "column", "kind", "suggestion"),
    [
        ("x", None, "Products", KINDS.WRONG_TYPE, "a list of mappings"),
        ([1], None, "Products", KINDS.WRONG_TYPE, "a list of mappings"),
        ({"id": "1"}, None, "Products", KINDS.WRONG_TYPE, "a list of mappings"),
        ([{"id": "1"}, {}], 2, "Products: id", KINDS.MISSING_VALUE, ""),
        ([{"id": "1"}, {"id": 1}], 2, "Products: id", KINDS.AMBIGUOUS, "unique"),
        ([{"id": "1", "pric": 2}], 1, "Products: pric", KINDS.UNKNOWN_VARIABLE, "pri"),
        ([{"id": "1", "price": "4,8"}], 1, "Products: price", KINDS.AMBIGUOUS, "4.8"),
        ([{"id": "1", "price": True}], 1, "Products: price", KINDS.WRONG_TYPE, ""),
        ([{"id": "1", "new": "y"}], 1, "Products: new", KINDS.AMBIGUOUS, "true"),
        ([{"id": "1", "since": "1/31/26"}], 1, "Products: since", KINDS.AMBIGUOUS, "2"),
        ([{"id": "1", "x": object()}], 1, "Products: x", KINDS.WRONG_TYPE, ""),
        ([{"id": "1", "new": 2}], 1, "Products: new", KINDS.WRONG_TYPE, ""),
        ([{"id": "1", "x": NESTED}], 1, "Products: x", KINDS.WRONG_TYPE, ""),
        ([{"id": "\ud800"}], 1, "Products: id", KINDS.WRONG_TYPE, ""),
    ],
)
def test_row_of_a_data_source_that_does_not_fit_is_a_problem(
    rows, row, column, kind, suggestion
):
    """Its number is that of the row in the list; its column has both names."""
    (problem,) = check_variables(DOCUMENT, {"Products": rows}).problems
    assert (problem.row, problem.column, problem.kind) == (row, column, kind)
    assert suggestion in problem.suggestion


def test_required_data_source_needs_a_row():
    """GraFx fails an output with a required data source that has no row."""
    source = {"type": "injected"}
    variable = {"name": "A", "type": "dataSource", "isRequired": True, "value": source}
    (problem,) = check_variables({"variables": [variable]}, {"A": []}).problems
    assert problem.kind is KINDS.MISSING_VALUE


def test_rows_of_a_data_source_are_never_mixed_with_other_values():
    """GraFx documents an output with one or the other."""
    rows = [{"id": "1"}]
    mixed = check_variables(DOCUMENT, {"Products": rows, "Title": "a"})
    assert [one.kind for one in mixed.problems] == [KINDS.NOT_SETTABLE]
    assert not mixed.has_data_source
