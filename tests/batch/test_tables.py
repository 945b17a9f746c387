"""Tables: files of every usual kind, DataFrames and iterables, row by row."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import zipfile
from decimal import Decimal

import narwhals as nw
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from chili_notebook.api.problems import ProblemKind
from chili_notebook.batch.tables import open_table
from chili_notebook.errors import ConfigurationError


def read(source):
    """Return the numbers and values of the rows of a table."""
    with open_table(source) as table:
        return [(row.number, row.values) for row in table]  # noqa: PD011 - no frame


def problems_of(source):
    """Return row, column and reason of each problem of a table."""
    with open_table(source) as table:
        problems = [problem for row in table for problem in row.problems]
    assert {one.kind for one in problems} <= {ProblemKind.UNREADABLE}
    return [(one.row, one.column, one.reason) for one in problems]


def write(path, content):
    """Write a text or bytes to a file, and return its path."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def save_rows(path, *rows):
    """Save rows as the first sheet of a workbook, and return its path."""
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)
    return path


QUOTES = "the quotes of the row do not match, or a cell is too long"
NO_HEADING = "the value is in a column without a heading"
MORNING = dt.datetime(2026, 1, 1, 5)  # noqa: DTZ001 - tables have no time zones
MIDNIGHT = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - the same
DAY = dt.date(2026, 1, 1)
TWO = [(2, {"a": "1", "b": "é"}), (3, {"a": "003", "b": None})]


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("x.csv", "a,b\n1,é\n003,\n", TWO),
        ("x.CSV", "a;b\r\n1;é\r\n003;\r\n", TWO),
        ("x.csv", "a|b\r1|é\r003| \r", TWO),
        ("x.tsv", "a\tb\n1\té\n003\t\xa0", TWO),
        ("x.csv", "sep=;\r\na;b\r\n1;é\r\n003;\r\n", TWO),
        ("x.csv", b"\xef\xbb\xbf" + "a,b\n1,é\n003,\n".encode(), TWO),
        ("x.csv", "a,b\n1,é\n003,\n".encode("utf-16"), TWO),
        ("x.csv", "a,b\n1,é\n003,\n".encode("cp1252"), TWO),
        ("x.csv", "a,b,\n1,é,\n003,,\n,,\n\n", TWO),
        ("x.csv", "a;b, EUR\n1;4,80\n", [(2, {"a": "1", "b, EUR": "4,80"})]),
        ("x.csv", 'a,b\n"x\ny",1\n\n3,4\n', [
            (2, {"a": "x\ny", "b": "1"}), (4, {"a": "3", "b": "4"}),
        ]),
        ("x.csv", "a\nx\n", [(2, {"a": "x"})]),
        ("x.csv", "a,b", []),
        ("x.jsonl", '{"a": 1, "b": 4.80}\n\n{"a": NaN, "c": ""}\n', [
            (1, {"a": 1, "b": Decimal("4.80")}), (3, {"a": None, "c": None}),
        ]),
    ],
)  # fmt: skip
def test_text_files_are_read_whatever_program_wrote_them(tmp_path, name, content, rows):
    """Delimiter, encoding and quotes are recognised; numbers are those of the sheet."""
    assert read(write(tmp_path / name, content)) == rows


@pytest.mark.parametrize(
    ("encoding", "word"), [("utf-8", ""), ("cp1252", "Windows-1252"), ("utf-16", "16")]
)
def test_another_encoding_than_utf_8_is_noted(tmp_path, encoding, word):
    """No text is decoded silently with a guessed encoding."""
    path = write(tmp_path / "x.csv", "a\né\n".encode(encoding))
    with open_table(path) as table:
        assert [word in note for note in table.notes] == ([True] if word else [])


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        ("a,b\n1\n", [(2, "", "the row has fewer cells than headings: 1 of 2")]),
        ("a,b\n1,2,3\n", [(2, "column C", NO_HEADING)]),
        ("a,,b\n1,x,2\n", [(2, "column B", NO_HEADING)]),
        ("a,b\n1,#N/A\n", [(2, "b", "the cell contains Excel's error #N/A")]),
        ('a,b\n"x"y,1\n2,3\n"z,4\n', [
            (2, "", QUOTES),
            (4, "", QUOTES),
        ]),
        ("a,b\n1," + "x" * 200_000 + "\n3,4\n", [
            (2, "", QUOTES),
        ]),
    ],
)  # fmt: skip
def test_rows_that_do_not_match_the_headings_have_a_problem(
    tmp_path, content, problems
):
    """The problem names the row, and the rows after it are read."""
    assert problems_of(write(tmp_path / "x.csv", content)) == problems


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", "", "is empty"),
        ("x.csv", "a,b,a\n1,2,3\n", "'a' more than once (columns A, C)"),
        ("x.csv", b"a,b\n1,\0\n", "Line 2 of x.csv is not text"),
        ("x.csv", b"a,b\n\xff\x81,1\n", "Line 2 of x.csv is not text"),
        ("x.csv", "a,b\n".encode("utf-16-le"), "Line 1 of x.csv is not text"),
        ("x.csv", b"PK\3\4....", "not a text file"),
        ("x.csv", '"a"b,c\n', "headings of x.csv cannot be read"),
        ("x.xlsx", "a,b\n", "not an Excel file"),
        ("x.xlsx", b"\xd0\xcf\x11\xe0....", "has a password"),
        ("x.parquet", "a,b\n", "cannot be read as a Parquet file"),
        ("x.xls", "", "The ending .xls is not one of a table"),
        ("x.ods", "", "The ending .ods is not one of a table"),
        ("x.json", "[]", "The ending .json is not one of a table"),
        ("x", "a,b\n", "A file without an ending"),
    ],
)
def test_files_that_are_not_tables_are_refused_in_words(
    tmp_path, name, content, message
):
    """The error names the file and what to do."""
    path = write(tmp_path / name, content)
    with pytest.raises(ConfigurationError) as caught, open_table(path):
        pass
    assert message in caught.value.message
    assert caught.value.hint


def test_folders_pipes_and_missing_files_are_refused(tmp_path):
    """A pipe is never opened, because that would wait for a writer."""
    os.mkfifo(tmp_path / "pipe.csv")
    for name, message in [
        ("missing.csv", "does not exist"),
        (".", "is a folder"),
        ("pipe.csv", "is not a regular file"),
    ]:
        with pytest.raises(ConfigurationError, match=message):
            open_table(tmp_path / name)


def test_workbooks_are_read_with_native_values(tmp_path):
    """Blank rows and columns are left out, and numbers have the digits Excel shows."""
    path = save_rows(
        tmp_path / "x.xlsx",
        ["sku", 2024, None, "day", "ok"],
        ["007", 1.1 * 3, None, MIDNIGHT, True],
        [None, " ", None, None, None],
        ["x", 3.0, None, MORNING, None],
    )
    assert read(path) == [
        (2, {"sku": "007", "2024": 3.3, "day": DAY, "ok": True}),
        (4, {"sku": "x", "2024": 3, "day": MORNING, "ok": None}),
    ]


def test_errors_in_cells_and_other_sheets_are_reported(tmp_path):
    """An Excel error is a problem of its row; only the first visible sheet is read."""
    workbook = openpyxl.Workbook()
    workbook.active.sheet_state = "hidden"
    workbook.active.append(["not read"])
    for title in ("Empty", "Rows", "More"):
        sheet = workbook.create_sheet(title)
        if title != "Empty":
            sheet.append(["a", "b"])
            sheet.append(["#N/A", 1])
    workbook.active = 1
    workbook.save(tmp_path / "x.xlsx")
    reason = "the cell contains Excel's error #N/A"
    assert problems_of(tmp_path / "x.xlsx") == [(2, "a", reason)]
    with open_table(tmp_path / "x.xlsx") as table:
        assert ["'Rows'" in note and "'More'" in note for note in table.notes] == [True]


def test_a_damaged_sheet_is_refused_in_words(tmp_path):
    """The error names the file, and no error of openpyxl is shown."""
    path = save_rows(tmp_path / "x.xlsx", ["a"], [1])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content[:-20] if name == sheet else content)
    with pytest.raises(ConfigurationError, match="cannot be read as an Excel file"):
        open_table(path)


def test_formulas_that_were_never_calculated_are_refused(tmp_path):
    """They would be read as empty cells."""
    path = save_rows(tmp_path / "x.xlsx", ["a", "b"], [1, "=A2*2"])
    with pytest.raises(
        ConfigurationError, match=r"cell B2 of x\.xlsx has no value yet"
    ):
        open_table(path)


PANDAS = pd.DataFrame(
    {
        "whole": [1, None],
        "half": [4.8, np.nan],
        "text": ["x", " "],
        "flag": [True, None],
        "day": pd.to_datetime(["2026-01-01", None]),
        2024: pd.array([1, None], dtype="Int64"),
        "single": np.array([4.8, 1], dtype="float32"),
        "mixed": [np.float32(4.8), np.datetime64("2026-01-01T00:00:00.000000001")],
    }
)
PANDAS_ROWS = [
    (1, {"whole": 1, "half": 4.8, "text": "x", "flag": True, "day": DAY, "2024": 1,
         "single": 4.8, "mixed": 4.8}),
    (2, {"whole": None, "half": None, "text": None, "flag": None, "day": None,
         "2024": None, "single": 1, "mixed": DAY}),
]  # fmt: skip
POLARS = pl.DataFrame(
    {
        "single": pl.Series([4.8, None], dtype=pl.Float32),
        "moment": [MIDNIGHT, MORNING],
        "nan": [float("nan"), 2.0],
    }
)
POLARS_ROWS = [
    (1, {"single": 4.8, "moment": DAY, "nan": None}),
    (2, {"single": None, "moment": MORNING, "nan": 2}),
]


class ArrowStream:
    """An object with nothing but the Arrow C stream."""

    def __arrow_c_stream__(self, requested_schema=None):
        return POLARS.to_arrow().__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    ("make_frame", "rows"),
    [
        (lambda: PANDAS, PANDAS_ROWS),
        (lambda: nw.from_native(PANDAS[["half"]]), [
            (1, {"half": 4.8}), (2, {"half": None}),
        ]),
        (lambda: POLARS, POLARS_ROWS),
        (POLARS.lazy, POLARS_ROWS),
        (POLARS.to_arrow, POLARS_ROWS),
        (lambda: POLARS.to_arrow().to_reader(), POLARS_ROWS),
        (lambda: nw.from_native(POLARS), POLARS_ROWS),
        (ArrowStream, POLARS_ROWS),
        (lambda: pa.table({"t": pa.array([1], pa.timestamp("ns"))}), [
            (1, {"t": dt.date(1970, 1, 1)}),
        ]),
    ],
)  # fmt: skip
def test_frames_of_every_library_are_read_alike(make_frame, rows):
    """Every kind of no value is None, and single precision has no false digits."""
    assert read(make_frame()) == rows


def test_whole_numbers_of_pandas_are_integers():
    """Pandas stores them as floats if a value of the column is missing."""
    (_number, first), _second = read(PANDAS)
    assert [type(first[key]) for key in ("whole", "2024", "flag")] == [int, int, bool]


def test_parquet_files_are_read_like_frames(tmp_path):
    """Their rows count from 1."""
    POLARS.write_parquet(tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet") == POLARS_ROWS


def test_the_index_named_row_numbers_the_rows():
    """So rows that failed can be fixed and passed again."""
    index = pd.Index([7, 9], name="row")
    table = open_table(pd.DataFrame({"a": [1, 2]}, index=index))
    assert table.has_row_numbers
    assert [row.number for row in table] == [7, 9]
    for other in (pd.Index([7, 7], name="row"), pd.Index(["x", "y"], name="row")):
        table = open_table(pd.DataFrame({"a": [1, 2]}, index=other))
        assert not table.has_row_numbers
        assert [row.number for row in table] == [1, 2]


def test_iterables_are_read_once_and_lazily():
    """A generator is asked for one row at a time."""
    asked = []

    def rows():
        for number in range(3):
            asked.append(number)
            yield {"a": number, 2: ""}

    table = iter(open_table(rows()))
    assert asked == []
    assert next(table).values == {"a": 0, "2": None}  # noqa: PD011 - no frame
    assert asked == [0]


def test_rows_of_sqlite_are_mappings():
    """What has keys is read like a mapping."""
    with sqlite3.connect(":memory:") as database:
        database.row_factory = sqlite3.Row
        assert read(database.execute("select 1 as a, NULL as b")) == [
            (1, {"a": 1, "b": None})
        ]
    database.close()


def test_items_that_are_not_mappings_have_a_problem():
    """The problem names the row, counted from 1."""
    reason = "the row is not a mapping but a value of the type int"
    assert problems_of([{"a": 1}, 5]) == [(2, "", reason)]


@pytest.mark.parametrize(
    "source",
    [None, 5, b"a", {"a": [1]}, POLARS["nan"], PANDAS["half"],
     PANDAS["half"].to_numpy(), pd.DataFrame([[1, 2]], columns=["a", "a"])],
)  # fmt: skip
def test_what_is_not_a_table_is_refused(source):
    """A column, a mapping and a number are not tables."""
    with pytest.raises(ConfigurationError) as caught:
        open_table(source)
    assert caught.value.hint


@pytest.mark.parametrize("cut", [lambda frame: frame.iloc[0], lambda frame: frame["a"]])
def test_a_row_or_a_column_of_a_frame_is_refused_with_a_way_out(cut):
    """The hint says how to make a mapping of a row."""
    series = cut(pd.DataFrame({"a": [1, 2], "b": [3, 4]}))
    with pytest.raises(ConfigurationError, match="Series") as caught:
        open_table(series)
    assert "row.to_dict()" in caught.value.hint
