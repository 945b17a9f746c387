"""A sheet to fill in: what Excel shows of it, and that it can be read again."""

from __future__ import annotations

import openpyxl
import pytest

from chili_notebook.api.variables import RowChecker
from chili_notebook.batch.sheet import write_sheet
from chili_notebook.batch.tables import open_table
from chili_notebook.errors import ConfigurationError

LONG_LIST = ["red, dark", "007", *(f"colour {number} of many" for number in range(60))]
DOCUMENT = {
    "variables": [
        {"name": "Title", "type": "shortText", "value": "=1+1", "isRequired": True,
         "maxCharacters": 20},
        {"name": "Needed", "type": "longText", "isRequired": True},
        {"name": "Colour", "type": "list", "items": LONG_LIST, "selected": "007"},
        {"name": "Gone", "type": "list", "items": ["a", "b"], "availableItems": ["b"],
         "selected": "a", "isRequired": True},
        {"name": "Shown", "type": "boolean", "value": True,
         "visibility": {"type": "invisible"}},
        {"name": "Price", "type": "number", "value": "4.80", "minValue": 1,
         "maxValue": 100, "numberOfDecimals": 2},
        {"name": "Count", "type": "number", "minValue": 5},
        {"name": "Until", "type": "date", "value": "2026-03-01",
         "startDate": {"type": "absolute", "value": "2026-01-01"}},
        {"name": "Day", "type": "date", "isRequired": True,
         "excludedDays": ["monday"]},
        {"name": "Picture", "type": "image", "value": {"assetId": "a-1"}},
        {"name": "Locked", "type": "shortText", "value": "x", "isReadonly": True},
        {"name": "Together", "type": "group"},
    ]
}  # fmt: skip
SETTABLE = [
    *("Title", "Needed", "Colour", "Gone", "Shown", "Price", "Count", "Until", "Day"),
    "Picture",
]


def write(path, **options):
    """Write the sheet of the document."""
    return write_sheet(
        DOCUMENT, path, **({"name": "Flyer 1/2", "overwrite": False} | options)
    )


@pytest.mark.parametrize("name", ["x.xlsx", "x.csv"])
def test_the_example_row_is_valid(tmp_path, name):
    """A sheet that is read again has the template's values, and no problems."""
    with open_table(write(tmp_path / name)) as table:
        (row,) = table
    assert list(table.headings) == SETTABLE
    assert table.notes == ()
    checked = RowChecker(DOCUMENT).check(row.values)
    assert checked.problems == ()
    own = {"Colour": "007", "Shown": "true", "Price": "4.8", "Until": "2026-03-01"}
    assert checked.values.items() >= own.items()
    # A CSV file cannot say that a text is not a formula.
    assert checked.values["Title"] == ("=1+1" if name == "x.xlsx" else "Title")


def test_excel_offers_lists_and_checks_limits(tmp_path):
    """Lists of any length are drop-downs; text is never a formula or a number."""
    workbook = openpyxl.load_workbook(write(tmp_path / "x.xlsx"))
    sheet, lists = workbook["Rows"], workbook["Lists"]
    assert lists.sheet_state == "hidden"
    assert [cell.value for cell in lists["C"]] == LONG_LIST
    rules = {
        str(one.sqref): (one.type, one.formula1, one.formula2, one.allow_blank)
        for one in sheet.data_validations.dataValidation
    }
    assert rules == {
        "A2:A1048576": ("textLength", "20", None, False),
        "C2:C1048576": ("list", "Lists!$C$1:$C$62", None, True),
        "D2:D1048576": ("list", "Lists!$D$1:$D$1", None, False),
        "E2:E1048576": ("list", '"TRUE,FALSE"', None, True),
        "F2:F1048576": ("decimal", "1", "100", True),
        "G2:G1048576": ("decimal", "5", "1E+300", True),
        "H2:H1048576": ("date", "DATE(2026,1,1)", "DATE(9999,12,31)", True),
        "I2:I1048576": ("date", "DATE(1900,1,1)", "DATE(9999,12,31)", False),
    }
    headings = {cell.value: cell for cell in sheet[1]}
    required = [name for name, cell in headings.items() if cell.font.bold]
    assert required == ["Title", "Needed", "Gone", "Day"]
    assert [name for name, cell in headings.items() if cell.font.italic] == ["Shown"]
    assert "at most 20 characters" in headings["Title"].comment.text
    assert "not on monday" in headings["Day"].comment.text
    formats = [(cell.data_type, cell.number_format) for cell in sheet[2]]
    assert formats[:3] == [("s", "@")] * 3
    assert formats[5:8] == [("n", "0.00"), ("n", "General"), ("d", "yyyy-mm-dd")]


@pytest.mark.parametrize("name", ["x.xlsx", "x.csv"])
def test_what_is_filled_in_is_not_lost(tmp_path, name):
    """An untouched sheet is written again, and another one only on demand."""
    path = write(tmp_path / name)
    assert write(path) == path
    if name == "x.csv":
        path.write_text(path.read_text("utf-8-sig").replace("4.8", "5.8"), "utf-8")
    else:
        workbook = openpyxl.load_workbook(path)
        workbook["Rows"].append(["Ada"])
        workbook.save(path)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError) as caught:
        write(path)
    assert "overwrite=True" in caught.value.hint
    assert path.read_bytes() == before
    write(path, overwrite=True)
    assert path.read_bytes() != before


def test_a_folder_gets_a_workbook_with_the_name_of_the_template(tmp_path):
    """The name is safe as the name of a file."""
    assert write(f"{tmp_path}/new/") == tmp_path / "new" / "Flyer 1-2.xlsx"


def test_other_endings_and_templates_without_variables_are_refused(tmp_path):
    """The error says which endings are possible."""
    with pytest.raises(ConfigurationError, match=r"not the name of a sheet"):
        write(tmp_path / "x.pdf")
    with pytest.raises(ConfigurationError, match=r"no variables to fill in"):
        write_sheet({}, tmp_path / "x.csv", name="Flyer", overwrite=False)
