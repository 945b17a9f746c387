"""Preparing a batch: what is checked, what is compared, and what is refused."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from render_service import RenderService

from chili_notebook import ChiliError, ProblemKind
from chili_notebook.batch.database import LEDGER_NAME
from chili_notebook.batch.order import MOST_BYTES
from chili_notebook.errors import ConfigurationError, VariableError


def problems_of(batch):
    """Return row, column and kind of each problem."""
    return [(one.row, one.column, one.kind.name) for one in batch.problems]


def write_csv(path, rows):
    """Write rows as a CSV file with all their columns, and return its path."""
    headings = list(dict.fromkeys(name for row in rows for name in row))
    with Path(path).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, headings)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_preparing_reports_all_problems_of_all_rows_and_orders_nothing(
    service, prepare
):
    """Row numbers are those of the spreadsheet, and each problem has a suggestion."""
    path = write_csv(
        "jams.csv",
        [
            {"sku": "a", "Product": "Plum", "Price": "4.80", "Colour": "Red"},
            {"sku": "b", "Product": "", "Price": "4,80", "Colour": "Red"},
            {"sku": "c", "Product": "Fig", "Price": "2000", "Colour": "Rouge"},
            {"sku": "a", "Product": "Pear", "Price": "3", "Colour": "Blue"},
            {"sku": "", "Product": "Date", "Price": "3", "Colour": "Blue"},
        ],
    )
    batch = prepare(path)
    assert service.order_count == 0
    assert problems_of(batch) == [
        (3, "Product", "MISSING_VALUE"),
        (3, "Price", "AMBIGUOUS"),
        (4, "Price", "OUT_OF_RANGE"),
        (4, "Colour", "NOT_IN_LIST"),
        (5, "sku", "SAME_FILE_NAME"),
        (6, "sku", "FILE_NAME"),
    ]
    assert "4.8" in batch.problems[1].suggestion
    assert "Red" in batch.problems[3].suggestion
    assert "row 2" in batch.problems[4].reason
    assert batch.counts["invalid"] == 4
    assert [row.number for row in batch.invalid] == [3, 4, 5, 6]
    assert "Price" in batch.invalid[0].error
    assert "5 rows: 1 ready, 4 invalid, 0 done before; will cost 1 render" in repr(
        batch
    )
    assert list(batch.problems.to_frame()["row"]) == [3, 3, 4, 4, 5, 6]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"name": "{skuu}"}, (None, "skuu", "UNKNOWN_COLUMN")),
        ({"columns": {"Pric": "Price"}}, (None, "Pric", "UNKNOWN_COLUMN")),
        ({"columns": {"sku": "Prodcut"}}, (None, "sku", "UNKNOWN_VARIABLE")),
        ({"columns": {"sku": "Product"}}, (None, "Product", "UNKNOWN_COLUMN")),
    ],
)
def test_problems_of_columns_are_reported_with_the_closest_name(
    service, prepare, options, problem
):
    """They are about no single row, and nothing is ordered before they are solved."""
    batch = prepare(2, **options)
    assert problem in problems_of(batch)
    (found,) = [one for one in batch.problems if one.row is None]
    assert found.suggestion
    with pytest.raises(VariableError):
        batch.run()
    assert service.order_count == 0


def test_a_misspelt_column_is_a_problem_and_others_are_listed_once(prepare):
    """A column that is almost a variable which is missing is not ignored."""
    rows = [{"sku": "a", "Prodct": "Plum", "Shelf": "3"}]
    batch = prepare(rows)
    assert (None, "Prodct", "UNKNOWN_COLUMN") in problems_of(batch)
    fixed = prepare(
        [*rows, *[{"sku": "b", "Prodct": "Fig", "Shelf": "4"}]],
        columns={"Prodct": "Product"},
    )
    assert problems_of(fixed) == []
    assert repr(fixed).count("'Shelf'") == 1
    assert "sku" not in repr(fixed).partition("Not used")[2]


def test_a_problem_of_the_columns_cannot_be_skipped(service, prepare):
    """Each output would have the template's own value in place of the column's."""
    batch = prepare([{"sku": "a", "Product": "Plum", "Prise": "3"}])
    with pytest.raises(VariableError, match="The table has a problem") as caught:
        batch.run(skip_invalid=True)
    assert "columns" in caught.value.hint
    assert "skip_invalid" not in caught.value.hint
    assert service.order_count == 0


def test_a_misspelt_column_of_the_file_names_is_one_problem(prepare):
    """It is a problem of the table, and not of each of its rows."""
    table = pd.DataFrame({"sku": ["a", "b"], "Product": ["Plum", "Fig"]})
    batch = prepare(table, name="{SKU}")
    assert problems_of(batch) == [(None, "SKU", "UNKNOWN_COLUMN")]
    assert batch.counts["invalid"] == 2


def test_a_name_without_braces_is_shown_with_braces(prepare):
    """Otherwise all files would have the same name."""
    batch = prepare(2, name="sku")
    assert [one.suggestion for one in batch.problems] == [
        "a column in braces, such as name='{sku}'"
    ]


def test_a_batch_says_how_many_rows_it_shows_if_not_all(prepare):
    """A small table has no such sentence."""
    shown = [prepare(count)._repr_mimebundle_()["text/plain"] for count in (20, 21)]
    assert ["The first 20 rows are shown." in text for text in shown] == [False, True]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"layout": "Poster"}, "Poster"),
        ({"format": "bmp"}, "bmp"),
        ({"name": "a/{sku}"}, "path"),
        ({"columns": ["Product"]}, "columns"),
        ({"merge": "book.pdf"}, "PDF"),
        ({"format": "pdf", "merge": "../book.pdf"}, "book.pdf"),
        ({"table": "missing.csv"}, "missing.csv"),
    ],
)
def test_arguments_that_cannot_be_used_are_errors(service, prepare, options, reason):
    """They are found before anything is written or ordered."""
    options = dict(options)
    with pytest.raises(ChiliError, match=reason):
        prepare(options.pop("table", 2), options.pop("format", "jpg"), **options)
    assert not Path("out").exists()
    assert service.order_count == 0


def test_a_row_that_exceeds_the_limits_of_a_request_is_a_problem(prepare):
    """GraFx refuses more than 10 MB of variables."""
    long = "x" * (MOST_BYTES // 2 + 1)
    batch = prepare([{"sku": "a", "Product": long}, {"sku": "b", "Product": "Fig"}])
    assert problems_of(batch) == [(1, "", "TOO_LARGE")]
    assert batch.problems[0].kind is ProblemKind.TOO_LARGE


def test_a_changed_row_is_rendered_again_and_that_is_said_before(service, prepare):
    """Only that row is ordered, and its file is replaced."""
    rows = [{"sku": f"s{n}", "Product": f"Jam {n}"} for n in range(4)]
    prepare(rows).run()
    rows[2]["Product"] = "Marmalade"
    changed = prepare(rows)
    assert "1 changed since" in repr(changed)
    assert "will cost 1 render" in repr(changed)
    changed.run()
    assert service.order_count == 5
    assert "Marmalade" in service.ordered_products
    assert (changed.counts["done"], changed.counts["kept"]) == (4, 3)


def test_a_changed_template_layout_or_setting_renders_all_again(service, prepare):
    """The summary says so before it costs anything."""
    prepare(3).run()
    service.document["variables"][1]["value"] = 2
    assert "The template, its layout or its settings changed" in repr(prepare(3))
    prepare(3).run()
    assert service.order_count == 6
    assert prepare(3, layout="Web").counts["ready"] == 3
    assert prepare(3, settings="proof").counts["ready"] == 3
    assert prepare(3).counts["kept"] == 3


def test_the_order_of_columns_and_of_the_document_makes_no_difference(service, prepare):
    """The same values of the same template are the same output."""
    prepare(3).run()
    service.document = dict(reversed(service.document.items()))
    rows = [
        {"Price": str(n + 1), "Product": f"Jam {n}", "sku": f"s{n}"} for n in range(3)
    ]
    assert prepare(rows).counts["kept"] == 3


def test_a_file_of_a_row_that_was_removed_is_kept_for_later(service, prepare):
    """Rendering a part of a table, and then all of it again, costs nothing."""
    prepare(6).run()
    assert prepare(2).counts == {
        **dict.fromkeys(["invalid", "ready", "running", "failed", "unknown"], 0),
        "done": 2,
        "kept": 2,
    }
    assert prepare(6).counts["kept"] == 6
    assert service.order_count == 6


def test_failures_are_fixed_and_given_back(service, prepare):
    """Only the fixed rows are ordered; all others stay as they are."""
    service.fail = lambda values: (
        "Too long." if values[0]["Product"] in {"Jam 1", "Jam 3"} else None
    )
    batch = prepare(6).run()
    frame = batch.failures.to_frame()
    assert list(frame.index) == [2, 4]
    assert list(frame["reason"]) == ["Too long."] * 2
    assert list(frame["sku"]) == ["s1", "s3"]
    frame["Product"] = ["Jam A", "Jam B"]
    fixed = prepare(frame)
    assert (len(fixed), fixed.counts["kept"], fixed.counts["ready"]) == (6, 4, 2)
    assert "Not used" not in repr(fixed)
    assert set(fixed[1].values) == {"sku", "Product", "Price"}
    fixed.run()
    assert service.order_count == 8
    assert {"Jam A", "Jam B"} <= service.ordered_products
    assert fixed.counts["done"] == 6


def test_invalid_rows_are_fixed_and_given_back(prepare):
    """Their problems disappear, and those of other rows stay."""
    rows = [{"sku": f"s{n}", "Product": "" if n < 2 else "Fig"} for n in range(4)]
    frame = prepare(rows).invalid.to_frame()
    frame.loc[1, "Product"] = "Plum"
    again = prepare(frame)
    assert problems_of(again) == [(2, "Product", "MISSING_VALUE")]
    assert (len(again), again.counts["ready"]) == (4, 3)


def test_values_of_a_frame_are_sent_exactly(service, prepare):
    """Native numbers, booleans and missing values need no text."""
    frame = pd.DataFrame(
        {"sku": [1, 2], "Product": ["Fig", "Plum"], "Price": [4.8, 3], "Colour": None}
    )
    prepare(frame).run()
    sent = [body["variables"] for body in service.orders]
    assert sorted(sent, key=str) == [
        [{"Colour": None, "Price": "3", "Product": "Plum"}],
        [{"Colour": None, "Price": "4.8", "Product": "Fig"}],
    ]
    assert {path.name for path in Path("out").glob("*.jpg")} == {"1.jpg", "2.jpg"}


def test_a_folder_of_another_template_is_refused(prepare):
    """Its files would be replaced by those of the other template."""
    prepare(2)
    other = RenderService()
    client = other.client()
    with pytest.raises(ConfigurationError, match="another template") as caught:
        client.outputs.batch(other.document, [{"Product": "a"}], "jpg", folder="out")
    assert "another folder" in caught.value.hint


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_bytes(b"no database " * 1000), "damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:6000]), "damaged"),
        (lambda path: change(path, "PRAGMA user_version = 99"), "another version"),
        (lambda path: change(path, "PRAGMA application_id = 7"), "not a ledger"),
    ],
)
def test_a_ledger_that_cannot_be_used_is_refused(prepare, damage, reason):
    """The error names the file and says what to do."""
    prepare(200)
    damage(Path("out") / LEDGER_NAME)
    with pytest.raises(ConfigurationError, match=reason) as caught:
        prepare(200)
    assert LEDGER_NAME in caught.value.message
    assert "folder" in caught.value.hint


def change(path, statement):
    """Run a statement on a database."""
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def test_a_broken_table_leaves_the_earlier_preparation_as_it_was(prepare):
    """A file that ends in the middle changes nothing."""
    batch = prepare(3)

    def rows():
        yield {"sku": "a", "Product": "Fig"}
        message = "the source has ended"
        raise ConnectionError(message)

    with pytest.raises(ConnectionError):
        prepare(rows())
    assert len(batch) == 3


def test_an_older_batch_of_the_folder_says_that_it_is_not_current(prepare):
    """Its rows are no longer in the ledger."""
    older = prepare(3)
    prepare(2)
    with pytest.raises(ConfigurationError, match="prepared again"):
        older.run()
    assert "prepared again" in repr(older)


def test_a_folder_in_use_is_refused(prepare):
    """The error names the folder; the other batch is not disturbed."""
    batch = prepare(3)
    rows = batch.as_completed(concurrency=1)
    next(rows)
    with pytest.raises(ConfigurationError, match="out is used by another run"):
        prepare(3)
    assert len(list(rows)) == 2
    assert batch.counts["done"] == 3


def test_rows_are_a_sequence(prepare):
    """Index, slice, negative index and iteration agree."""
    batch = prepare(7)
    assert len(batch) == 7
    numbers = [row.number for row in batch]
    assert numbers == [row.number for row in batch[:]] == list(range(1, 8))
    assert batch[-1].number == 7
    assert [row.number for row in batch[5:1:-2]] == [6, 4]
    assert batch[7:] == []
    with pytest.raises(IndexError, match="7 rows"):
        batch[7]


def test_a_batch_shows_itself_as_a_table(prepare):
    """Text and HTML have the summary, the rows and the problems; values are escaped."""
    batch = prepare([{"sku": "a", "Product": "<b>"}, {"sku": "b", "Product": ""}])
    bundle = batch._repr_mimebundle_()
    for text in bundle.values():
        assert "2 rows: 1 ready, 1 invalid" in text
        assert "Row 2" in text
    assert "&lt;b&gt;" in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]
    frame = batch.to_frame()
    assert list(frame.columns) == ["sku", "Product", "state", "file", "reason"]
    assert list(frame["state"]) == ["ready", "invalid"]


def test_printed_rows_and_problems_are_tables(prepare):
    """A script that prints them shows what is wrong, and what to use instead."""
    batch = prepare([{"sku": "a", "Product": "x", "Price": "4,80"}])
    for rows, name in ((batch.problems, "<1 problem>"), (batch.failures, "<0 rows>")):
        shown = rows._repr_mimebundle_()["text/plain"]
        assert str(rows) == shown
        assert repr(rows) == name
    *_, row, caption = str(batch.problems).splitlines()
    assert row.split()[:3] == ["1", "Price", "4,80"]
    assert row.endswith("4.80")
    assert caption == "1 problem"


def test_values_that_are_not_json_are_stored_or_reported(service, prepare):
    """Whatever a row contains, preparing ends with a batch."""

    class Unprintable:
        def __str__(self):
            raise ValueError

    circle = []
    circle.append(circle)
    values = [circle, {(1, 2): 3}, "\ud800", Unprintable(), {1}, b"x", float("nan")]
    rows = [
        {"sku": f"s{number}", "Product": product, "Other": other, "\ud800": 1}
        for number, (product, other) in enumerate(
            [*((value, "x") for value in values), *(("Jam", value) for value in values)]
        )
    ]
    batch = prepare(rows)
    assert batch.counts["invalid"] == len(values)
    assert {problem.column for problem in batch.problems} == {"Product"}
    assert batch[9].values["Other"] == "\ud800"  # noqa: PD011 - no pandas
    batch.run(skip_invalid=True)
    assert service.order_count == len(values)


def test_cells_without_a_heading_of_dict_reader_are_reported(prepare):
    """`csv.DictReader` has them under the key None."""
    reader = csv.DictReader(["sku,Product", "a,Jam", "b,Fig,Red"])
    batch = prepare(reader)
    assert [str(one) for one in batch.problems] == [
        "Row 2: the row has more cells than headings"
    ]
