"""Small tables for notebooks."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from IPython.core.formatters import DisplayFormatter

from chili_notebook.display.tables import Rows, html_table, table_bundle, text_table

HOSTILE = "<script>alert('x')</script>&"


def test_every_text_is_escaped():
    """No heading, cell or caption becomes markup."""
    html = html_table([HOSTILE], [[HOSTILE]], caption=HOSTILE)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 3
    assert "<caption" in html


def test_lone_surrogate_is_shown_as_a_question_mark():
    """JSON can contain one, and it cannot be sent to a front-end."""
    bundle = table_bundle(["\ud800"], [["\udc00"]], caption="")
    assert all(text.encode().count(b"?") == 2 for text in bundle.values())


def test_table_without_a_caption_ends_with_its_rows():
    """An empty caption leaves no empty line behind."""
    assert "caption" not in html_table(["a"], [])
    assert text_table(["a"], []) == "a"


def test_text_columns_are_aligned():
    """Each column is as wide as its widest cell, with no blanks at the end."""
    assert text_table(
        ["Name", "Id"], [["a", "1"], ["long name", None]], caption="2"
    ) == ("Name       Id\na          1\nlong name\n2")


def test_long_cells_and_line_breaks_stay_on_one_line():
    """A paragraph in a cell becomes one line of limited length."""
    for line in text_table(["a\nb" * 50], [["word\n\tword " * 50]]).splitlines():
        assert len(line) == 100
        assert line.endswith("…")


def test_moments_and_missing_values_are_readable():
    """A moment is shown to the minute, None as an empty cell."""
    moment = datetime(2026, 3, 1, 12, 30, 59, tzinfo=UTC)
    bundle = table_bundle(["at", "no"], [[moment, None]])
    moment, nothing = re.findall(r"<td [^>]*>(.*?)</td>", bundle["text/html"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", moment)
    assert nothing == ""
    assert re.fullmatch(r"at +no\n\d{4}-\d\d-\d\d \d\d:\d\d", bundle["text/plain"])


def test_rows_are_a_list_in_code_and_a_table_in_a_notebook():
    """Rows compare like a list, and are a table in a notebook and in a print."""
    rows = Rows([1, 2], [("Number", lambda n: n), ("Square", lambda n: n * n)])
    assert rows == [1, 2]
    shown, _ = DisplayFormatter().format(rows)
    assert re.findall(r">(\d)</td>", shown["text/html"]) == ["1", "1", "2", "4"]
    assert shown["text/plain"].splitlines()[-1].split() == ["2", "4"]
    assert str(rows) == shown["text/plain"]
    assert repr(rows) == "[1, 2]"


def test_short_cells_are_not_broken_into_lines():
    """A date or a code stays in one line beside a long cell, which is broken."""
    html = html_table(["Day", "Why"], [["2026-12-31", "a long reason " * 9]])
    day, reason = html.split("<td")[1:]
    assert "nowrap" in day
    assert "min-width" in reason
