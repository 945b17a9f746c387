"""Error reports: found in the text of a failure, read in both spellings."""

from __future__ import annotations

import pickle

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter

from chili_notebook.api.output_reports import (
    OutputReport,
    RecordError,
    find_report_url,
    read_report,
    summarize,
    without_report_url,
)

URL = "https://x.example/report"
KEYS = st.sampled_from(["recordNumber", "RecordId", "errorList", "type", "x"])
ERROR = {"Type": "TextOverflow", "Details": "Headline."}


def report_of(client_of, records):
    """Return the report that is read of these records."""
    api = client_of(lambda _request: httpx.Response(200, json=records))
    return read_report(api, URL)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    )
)
def test_any_json_is_a_report_or_an_empty_one(client_of, records):
    """A malformed report does not hide the failure that it belongs to."""
    report = report_of(client_of, records)
    assert all(error.record is None or error.record >= 0 for error in report)
    assert bool(summarize(report)) is bool(report)


@pytest.mark.parametrize(
    "record",
    [
        {"RecordId": 4, "ErrorList": [ERROR] * 8},
        {
            "recordNumber": 4,
            "errorList": [{"type": "TextOverflow", "details": "Headline."}] * 8,
        },
    ],
)
def test_report_is_read_in_both_spellings(client_of, record):
    """Both spellings of the keys make the same report."""
    report = report_of(client_of, [record])
    assert (report[0].record, len(report)) == (4, 8)
    line = "row 5: a text does not fit its frame (Headline)"
    assert summarize(report).splitlines() == [*[line] * 5, "and 3 more in the report"]


def test_report_is_a_table_in_a_notebook_and_lines_in_a_console():
    """In code it is a tuple, which can be pickled."""
    report = OutputReport(
        [
            RecordError(1, "ImageLoadFailed", "no <asset>"),
            RecordError(None, "Strange", ""),
        ]
    )
    shown, _ = DisplayFormatter().format(report)
    for cell in ("Row", "What", "Details", "an image could not be loaded", "2"):
        assert f">{cell}</t" in shown["text/html"]
    assert "no &lt;asset&gt;" in shown["text/html"]
    lines = ["row 2: an image could not be loaded (no <asset>)", "Strange"]
    assert shown["text/plain"].splitlines() == lines == str(report).splitlines()
    assert report == tuple(report) == pickle.loads(pickle.dumps(report))  # noqa: S301
    assert type(pickle.loads(pickle.dumps(report))) is OutputReport  # noqa: S301
    assert DisplayFormatter().format(OutputReport())[0]["text/plain"] == "()"


@pytest.mark.parametrize(
    ("detail", "url", "rest"),
    [
        (f"TextOverflow. Error report: {URL}.", URL, "TextOverflow."),
        (f"see the report {URL}", URL, "see the"),
        ("Image https://cdn.example/a.png could not be loaded.", "", None),
    ],
)
def test_only_the_url_of_a_report_is_taken_from_a_failure(detail, url, rest):
    """Other URLs are part of the reason."""
    assert find_report_url(detail) == url
    assert without_report_url(detail) == (detail if rest is None else rest)
