"""What the audit reports: a table, one line, and an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit.examples import KNOWN, TOKEN, run_audit, write_notebook

from chili_notebook.audit.findings import (
    AuditResult,
    Finding,
    FindingState,
    Searched,
    Skipped,
)
from chili_notebook.audit.report import (
    report_bundle,
    require_clean,
    summarize,
    table_rows,
)
from chili_notebook.errors import AuditIncompleteError, SecretsFoundError

FOUND = Finding.found("a.ipynb", "line 1", KNOWN[0], "Remove it.")
OTHER = Finding.found("c.ipynb", "line 1", KNOWN[0], "Remove it.")
FIXED = Finding.fixed("a.ipynb", "line 2", KNOWN[0])
UNREADABLE = Finding.unreadable("b.ipynb", "Permission denied")


def result_of(*findings, **counts):
    """Return the result of an audit with these findings."""
    kinds = {**Searched.__members__, **Skipped.__members__}
    parts = [AuditResult.of(kinds[name], count=n) for name, n in counts.items()]
    return AuditResult.merge([*parts, AuditResult(findings)])


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ([], "none found."),
        ([FOUND], "found in 1 place, 0 of them fixed."),
        ([FOUND, FIXED], "found in 2 places, 1 of them fixed."),
        ([UNREADABLE], "none found. 1 place could not be read."),
        (
            [FIXED, UNREADABLE],
            "found in 1 place, 1 of them fixed. 1 place could not be read.",
        ),
    ],
)
def test_summary_counts_places(findings, outcome):
    """A place that could not be read is not counted as one with a secret."""
    result = result_of(*findings, NOTEBOOK=2)
    summary = f"Searched 2 notebooks for 1 secret: {outcome}"
    assert summarize(result, KNOWN) == summary
    assert summary in report_bundle(result, KNOWN)["text/plain"]


def test_summary_lists_what_was_searched_and_what_was_not():
    """Each kind has its own number and form."""
    counts = {"NOTEBOOK": 1, "COPY": 2, "GIT_OBJECT": 1204, "BINARY": 3, "LARGE": 1}
    assert summarize(result_of(**counts), KNOWN) == (
        "Searched 1 notebook, 2 copies of notebooks and cells and 1,204 other git "
        "objects for 1 secret: none found. "
        "Not searched: 3 binary files and 1 file of more than 10 MB."
    )
    assert summarize(result_of(), KNOWN).startswith("Searched nothing for")


def test_same_finding_is_reported_once():
    """A place may be reached in several ways."""
    assert result_of(FOUND, UNREADABLE, FOUND).findings == (FOUND, UNREADABLE)


def test_table_shows_what_to_do():
    """A fixed place is marked as fixed; the others have a remedy."""
    assert table_rows([FOUND, FIXED, UNREADABLE]) == [
        ("a.ipynb", "line 1", "access token", "Remove it."),
        ("a.ipynb", "line 2", "access token", "fixed"),
        ("b.ipynb", "not read", "Permission denied", "Check it by hand."),
    ]


@pytest.mark.parametrize(
    ("findings", "message"),
    [
        ([FOUND], "Secrets found in 1 place."),
        ([FOUND, OTHER, FIXED], "Secrets found in 2 places."),
        ([FOUND, UNREADABLE], "Secrets found in 1 place. 1 place could not be read."),
    ],
)
def test_run_fails_if_a_secret_is_left(findings, message):
    """The error counts the places with a secret and those that could not be read."""
    with pytest.raises(SecretsFoundError) as error:
        require_clean(result_of(*findings))
    assert error.value.message == message


def test_run_fails_with_another_error_if_only_reading_failed():
    """Nothing that could not be read is counted as a secret."""
    with pytest.raises(AuditIncompleteError) as error:
        require_clean(result_of(UNREADABLE, FIXED))
    assert error.value.message == "1 place could not be read."


def test_run_passes_after_fix():
    """A secret that was found and masked does not fail the run."""
    write_notebook(Path("a.ipynb"), ("x", TOKEN))
    result = run_audit(Path(), fix=True)
    assert [finding.state for finding in result.findings] == [FindingState.FIXED]
    require_clean(result)


def test_report_shows_no_secret():
    """Neither the table nor the error contains the value."""
    write_notebook(Path("a.ipynb"), (TOKEN, TOKEN))
    result = run_audit(Path())
    with pytest.raises(SecretsFoundError, match="cannot be revoked") as error:
        require_clean(result)
    shown = f"{error.value} {report_bundle(result, KNOWN)} {result!r} {KNOWN!r}"
    assert "access token" in shown
    assert TOKEN not in shown
