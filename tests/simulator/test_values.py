"""The values of a row: what is shown, and what cannot be rendered."""

from __future__ import annotations

import pytest

from chili_notebook.simulator.designs import load_designs
from chili_notebook.simulator.drawing.artwork import ARTWORK
from chili_notebook.simulator.drawing.values import RowError, resolve_values

PICTURE = next(iter(ARTWORK.values()))


def document(**variable):
    """Give a document with one variable."""
    return {"variables": [{"id": "v", "name": "Name", **variable}]}


def shown(given, **variable):
    """Give what a text frame shows for a value."""
    return resolve_values(document(**variable), {"Name": given}).texts["v"]


def refused(given, **variable):
    """Give the kinds of error that a value makes."""
    with pytest.raises(RowError) as caught:
        resolve_values(document(**variable), {"Name": given})
    return [kind for kind, _ in caught.value.errors]


@pytest.mark.parametrize("design", load_designs(), ids=lambda design: design.name)
def test_the_own_values_of_a_design_are_whole(design):
    """A row without values gives one for each variable but groups."""
    values = resolve_values(design.document, {})
    expected = {v["id"] for v in design.document["variables"] if v["type"] != "group"}
    assert values.held.keys() == values.texts.keys() == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<b>Ida</b> Fair", "Ida Fair"),
        ("<p>One</p><p>Two<br/>Three</p>", "One\nTwo\nThree"),
        ("1 &lt; 2 &amp; 3 < 4", "1 < 2 & 3 < 4"),
        ("", ""),
    ],
)
def test_a_rich_text_is_shown_without_its_markup(given, expected):
    """Tags are not printed, ends of lines are kept; a plain text is as it is."""
    assert shown(given, type="richText", value="<i>own</i>") == expected
    assert shown(given, type="longText", value="own") == given


@pytest.mark.parametrize(
    ("given", "settings", "expected"),
    [
        ("12.5", {"numberOfDecimals": 2}, "12.50"),
        ("0.125", {"numberOfDecimals": 2}, "0.13"),
        ("1234567", {"thousandsSeparator": ","}, "1,234,567"),
        (
            "1234.5",
            {
                "numberOfDecimals": 1,
                "thousandsSeparator": ".",
                "decimalSeparator": ",",
            },
            "1.234,5",
        ),
        ("-3", {"prefix": {"value": "€ "}, "suffix": {"value": " each"}}, "€ -3 each"),
    ],
)
def test_a_number_is_shown_as_its_variable_says(given, settings, expected):
    """Decimals, separators, prefix and suffix shape a number."""
    assert shown(given, type="number", value=1, **settings) == expected


@pytest.mark.parametrize("given", ["12,5", "1e3", "twelve", " ", "", None, "nan"])
def test_what_is_no_number_is_invalid(given):
    """A number has digits and at most one point; it cannot be empty."""
    assert refused(given, type="number", value=1) == ["InvalidVariableValue"]


def test_a_number_keeps_to_its_limits():
    """The limits themselves are allowed, what lies beyond is not."""
    limits = {"type": "number", "value": 5, "minValue": 1, "maxValue": 10}
    assert [shown(given, **limits) for given in ("1", "10")] == ["1", "10"]
    for given in ("0.99", "10.01"):
        assert refused(given, **limits) == ["InvalidVariableValue"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("dd/MM/yyyy", "07/03/2026"),
        ("EEEE d MMMM yy", "Saturday 7 March 26"),
        ("EEE, MMM d 'at noon'", "Sat, Mar 7 at noon"),
    ],
)
def test_a_date_is_shown_in_its_format(pattern, expected):
    """The display format names the parts of a date and how long they are."""
    assert shown("2026-03-07", type="date", displayFormat=pattern) == expected


def test_a_date_keeps_to_its_limits():
    """A date is yyyy-MM-dd, between its limits and on no excluded day."""
    limits = {
        "type": "date",
        "startDate": {"type": "absolute", "value": "2026-03-02"},
        "endDate": {"type": "absolute", "value": "2026-03-08"},
        "excludedDays": ["monday"],
    }
    assert shown("2026-03-03", **limits) == "2026-03-03"
    for given in (
        "2026-03-01",
        "2026-03-09",
        "2026-03-02",
        "2026-02-30",
        "03/03/2026",
        "2026-03-03T10:00",
    ):
        assert refused(given, **limits) == ["InvalidVariableValue"]


def test_a_list_shows_its_display_value_and_takes_only_its_items():
    """The item's value is given, its display value is shown; nothing may be chosen."""
    items = [{"value": "red", "displayValue": "Rouge"}, {"value": "blue"}]
    a_list = {"type": "list", "items": items, "selected": {"value": "red"}}
    assert [shown(given, **a_list) for given in ("red", "blue", None)] == [
        "Rouge",
        "blue",
        "",
    ]
    for given in ("Rouge", "Red", "green"):
        assert refused(given, **a_list) == ["InvalidVariableValue"]


def test_a_boolean_is_true_or_false():
    """A boolean is spelled out, in any case, and cannot be empty."""
    texts = ("true", "False")
    rows = [{"Name": text} for text in texts]
    a_boolean = document(type="boolean", value=True)
    held = [resolve_values(a_boolean, row).held["v"] for row in rows]
    assert held == [True, False]
    for given in ("yes", "1", "", None):
        assert refused(given, type="boolean", value=True) == ["InvalidVariableValue"]


def test_an_image_is_found_by_name_or_id():
    """The id, the name and the file's name give the same picture; None gives none."""
    image = document(type="image", value={"assetId": PICTURE.id})
    full = f"{PICTURE.name}.{PICTURE.extension}"
    for given in (PICTURE.id, PICTURE.name, full):
        assert resolve_values(image, {"Name": given}).held["v"] == PICTURE.id
    assert resolve_values(image, {}).held["v"] == PICTURE.id
    assert resolve_values(image, {"Name": None}).held["v"] is None
    assert refused("no-such-picture", type="image") == ["ImageLoadFailed"]


@pytest.mark.parametrize(
    "kind", ["shortText", "longText", "number", "date", "image", "list", "boolean"]
)
def test_what_is_required_cannot_be_emptied(kind):
    """A required variable needs a value, the row's or else the template's."""
    assert refused("", type=kind, isRequired=True) == ["MissingVariableValue"]
    with pytest.raises(RowError, match="required"):
        resolve_values(document(type=kind, isRequired=True), {})


def test_a_text_can_be_emptied():
    """An empty text is a value; so is None."""
    assert shown("", type="shortText", value="Hello") == ""
    assert shown(None, type="longText", value="Hello") == ""


def test_all_errors_of_a_row_are_told():
    """Each value that cannot be used is named with its variable."""
    several = {
        "variables": [
            {"id": "1", "name": "Price", "type": "number", "value": 1},
            {"id": "2", "name": "Photo", "type": "image"},
            {"id": "3", "name": "Title", "type": "shortText", "isRequired": True},
        ]
    }
    with pytest.raises(RowError) as caught:
        resolve_values(several, {"Price": "x", "Photo": "y", "Title": None})
    kinds = [kind for kind, _ in caught.value.errors]
    assert kinds == ["InvalidVariableValue", "ImageLoadFailed", "MissingVariableValue"]
    for name, (_, details) in zip(
        ("Price", "Photo", "Title"), caught.value.errors, strict=True
    ):
        assert f"'{name}'" in details


def test_unknown_names_are_passed_over():
    """A name that is no variable's, or not in its case, changes nothing."""
    text = document(type="shortText", value="Hello")
    values = resolve_values(text, {"name": "Bye", "Other": "Bye"})
    assert values.texts == {"v": "Hello"}


def test_old_documents_are_read():
    """Lower-case types, label for name, items and a selection that are plain texts."""
    old = {
        "variables": [
            {
                "id": "v",
                "label": "Colour",
                "type": "list",
                "items": ["red", "blue"],
                "selected": "red",
            },
            {"id": "t", "label": "Title", "type": "shorttext", "value": "Hello"},
        ]
    }
    assert resolve_values(old, {"Colour": "blue"}).texts == {"v": "blue", "t": "Hello"}
