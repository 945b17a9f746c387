"""Tests of the values of a record: formats, limits and errors."""

from __future__ import annotations

import pytest

from chili_notebook.simulator.rendering.pictures import SAMPLE_PICTURES
from chili_notebook.simulator.rendering.variable_values import (
    RecordFailedError,
    resolve_values,
)
from chili_notebook.simulator.state.sample_templates import load_sample_templates

PICTURE = next(iter(SAMPLE_PICTURES.values()))


def document(**variable):
    """Return a document with one variable."""
    return {"variables": [{"id": "v", "name": "Name", **variable}]}


def text_of(entry, **variable):
    """Return the text of a value in a text frame."""
    return resolve_values(document(**variable), {"Name": entry}).texts["v"]


def errors_of(entry, **variable):
    """Return the types of the errors that a value causes."""
    with pytest.raises(RecordFailedError) as caught:
        resolve_values(document(**variable), {"Name": entry})
    return [error.type for error in caught.value.errors]


@pytest.mark.parametrize("template", load_sample_templates(), ids=lambda t: t.name)
def test_template_has_a_value_for_each_variable(template):
    """An empty row has the values of the template, except for groups."""
    values = resolve_values(template.document, {})
    expected = {v["id"] for v in template.document["variables"] if v["type"] != "group"}
    assert values.by_id.keys() == values.texts.keys() == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<b>Ida</b> Fair", "Ida Fair"),
        ("<p>One</p><p>Two<br/>Three</p>", "One\nTwo\nThree"),
        ("1 &lt; 2 &amp; 3 < 4", "1 < 2 & 3 < 4"),
        ("", ""),
    ],
)
def test_rich_text_is_shown_without_markup(value, expected):
    """Tags are removed, but not line breaks; plain texts do not change."""
    assert text_of(value, type="richText", value="<i>own</i>") == expected
    assert text_of(value, type="longText", value="own") == value


@pytest.mark.parametrize(
    ("value", "settings", "expected"),
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
def test_number_is_formatted_by_its_variable(value, settings, expected):
    """The variable has decimals, separators, prefix and suffix."""
    assert text_of(value, type="number", value=1, **settings) == expected


@pytest.mark.parametrize("value", ["12,5", "1e3", "twelve", " ", "", None, "nan"])
def test_invalid_number_is_an_error(value):
    """A number has digits and at most one point, and cannot be empty."""
    assert errors_of(value, type="number", value=1) == ["InvalidVariableValue"]


def test_number_is_checked_against_its_limits():
    """The limits themselves are allowed."""
    limits = {"type": "number", "value": 5, "minValue": 1, "maxValue": 10}
    assert [text_of(value, **limits) for value in ("1", "10")] == ["1", "10"]
    for value in ("0.99", "10.01"):
        assert errors_of(value, **limits) == ["InvalidVariableValue"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("dd/MM/yyyy", "07/03/2026"),
        ("EEEE d MMMM yy", "Saturday 7 March 26"),
        ("EEE, MMM d 'at noon'", "Sat, Mar 7 at noon"),
    ],
)
def test_date_is_formatted_by_its_variable(pattern, expected):
    """The display format can contain quoted text."""
    assert text_of("2026-03-07", type="date", displayFormat=pattern) == expected


def test_date_is_checked_against_its_limits():
    """A date has the form yyyy-MM-dd, and cannot be on an excluded day."""
    limits = {
        "type": "date",
        "startDate": {"type": "absolute", "value": "2026-03-02"},
        "endDate": {"type": "absolute", "value": "2026-03-08"},
        "excludedDays": ["monday"],
    }
    assert text_of("2026-03-03", **limits) == "2026-03-03"
    for value in (
        "2026-03-01",
        "2026-03-09",
        "2026-03-02",
        "2026-02-30",
        "03/03/2026",
        "2026-03-03T10:00",
    ):
        assert errors_of(value, **limits) == ["InvalidVariableValue"]


def test_list_accepts_values_and_shows_display_values():
    """Display values and unknown values are refused; null clears the list."""
    items = [{"value": "red", "displayValue": "Rouge"}, {"value": "blue"}]
    a_list = {"type": "list", "items": items, "selected": {"value": "red"}}
    assert [text_of(value, **a_list) for value in ("red", "blue", None)] == [
        "Rouge",
        "blue",
        "",
    ]
    for value in ("Rouge", "Red", "green"):
        assert errors_of(value, **a_list) == ["InvalidVariableValue"]


def test_list_has_only_its_available_items():
    """Items can be listed that cannot be chosen now."""
    a_list = {"type": "list", "items": ["red", "blue"], "availableItems": ["blue"]}
    assert text_of("blue", **a_list) == "blue"
    assert errors_of("red", **a_list) == ["InvalidVariableValue"]


@pytest.mark.parametrize("kind", ["shortText", "longText", "richText"])
def test_text_has_a_largest_number_of_characters(kind):
    """A line break is one character (page "Multi-line text")."""
    limited = {"type": kind, "maxCharacters": 4}
    assert text_of("a\r\nbc", **limited) == "a\nbc"
    assert errors_of("abc\nd", **limited) == ["InvalidVariableValue"]


@pytest.mark.parametrize(
    "letter", ["e\u0301", "\U0001f44d\U0001f3fd", "\U0001f1e7\U0001f1ea"]
)
def test_character_of_several_code_points_counts_once(letter):
    """GraFx does not say how it counts them, so none is refused wrongly."""
    limited = {"type": "longText", "maxCharacters": 4}
    assert text_of(letter * 4, **limited) == letter * 4
    assert errors_of(letter * 5, **limited) == ["InvalidVariableValue"]


def test_limit_with_a_time_of_day_is_not_read():
    """Its day depends on a time zone."""
    limits = {"type": "date", "endDate": "2026-06-29T22:00:00.000Z"}
    assert text_of("2026-06-30", **limits) == "2026-06-30"
    limits = {"type": "date", "endDate": {"value": "2026-06-29T00:00:00Z"}}
    assert errors_of("2026-06-30", **limits) == ["InvalidVariableValue"]


@pytest.mark.parametrize(
    "hidden",
    [{"isHidden": True}, {"isVisible": False}, {"visibility": {"type": "invisible"}}],
)
def test_hidden_variable_of_an_old_document_needs_no_value(hidden):
    """Documents of every age say in their own way what is hidden."""
    variable = {"type": "shortText", "isRequired": True, "value": ""}
    assert text_of("", **(variable | hidden)) == ""
    assert errors_of("", **variable) == ["MissingVariableValue"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "richText", "value": None, "ruleSetId": "r"}, ""),
        ({"type": "list", "items": ["a"], "selected": "a"}, "a"),
        ({"type": "list", "items": [{"value": "a"}], "selected": {"value": "a"}}, "a"),
        ({"type": "list", "items": [{"value": "a"}]}, ""),
        (
            {
                "type": "image",
                "value": {"connectorId": "c", "assetId": PICTURE.id},
                "resolved": {"mediaId": PICTURE.id},
            },
            PICTURE.id,
        ),
        ({"type": "image", "value": PICTURE.name, "defaultValue": ""}, PICTURE.id),
    ],
)
def test_own_value_is_read_from_documents_of_every_age(fields, expected):
    """The public samples have these forms."""
    assert resolve_values(document(**fields), {}).texts["v"] == expected


def test_boolean_is_true_or_false():
    """The words are case-insensitive, and cannot be empty."""
    texts = ("true", "False")
    rows = [{"Name": text} for text in texts]
    a_boolean = document(type="boolean", value=True)
    values = [resolve_values(a_boolean, row).by_id["v"] for row in rows]
    assert values == [True, False]
    for value in ("yes", "1", "", None):
        assert errors_of(value, type="boolean", value=True) == ["InvalidVariableValue"]


def test_image_is_found_by_name_or_id():
    """The ID, the name and the file name are accepted; null clears the image."""
    image = document(type="image", value={"assetId": PICTURE.id})
    full = f"{PICTURE.name}.{PICTURE.extension}"
    for value in (PICTURE.id, PICTURE.name, full):
        assert resolve_values(image, {"Name": value}).by_id["v"] == PICTURE.id
    assert resolve_values(image, {}).by_id["v"] == PICTURE.id
    assert resolve_values(image, {"Name": None}).by_id["v"] is None
    assert errors_of("no-such-picture", type="image") == ["ImageLoadFailed"]


@pytest.mark.parametrize(
    "kind", ["shortText", "longText", "number", "date", "image", "list", "boolean"]
)
def test_required_variable_cannot_be_cleared(kind):
    """It needs a value in the row or in the template."""
    assert errors_of("", type=kind, isRequired=True) == ["MissingVariableValue"]
    with pytest.raises(RecordFailedError, match="required"):
        resolve_values(document(type=kind, isRequired=True), {})


def test_text_can_be_cleared():
    """An empty text and null clear it."""
    assert text_of("", type="shortText", value="Hello") == ""
    assert text_of(None, type="longText", value="Hello") == ""


def test_all_errors_of_a_row_are_reported():
    """Each error names its variable."""
    several = {
        "variables": [
            {"id": "1", "name": "Price", "type": "number", "value": 1},
            {"id": "2", "name": "Photo", "type": "image"},
            {"id": "3", "name": "Title", "type": "shortText", "isRequired": True},
        ]
    }
    with pytest.raises(RecordFailedError) as caught:
        resolve_values(several, {"Price": "x", "Photo": "y", "Title": None})
    errors = caught.value.errors
    assert [error.type for error in errors] == [
        "InvalidVariableValue",
        "ImageLoadFailed",
        "MissingVariableValue",
    ]
    for name, error in zip(("Price", "Photo", "Title"), errors, strict=True):
        assert f"'{name}'" in error.details


def test_unknown_names_are_ignored():
    """Names are case-sensitive."""
    text = document(type="shortText", value="Hello")
    values = resolve_values(text, {"name": "Bye", "Other": "Bye"})
    assert values.texts == {"v": "Hello"}


def test_old_documents_are_supported():
    """They have lower-case types, labels instead of names, and items as texts."""
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
