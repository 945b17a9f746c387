"""What the audit reports: a table, one line, and an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit.examples import KNOWN, TOKEN, write_notebook

from chili_notebook.audit.findings import Finding, FindingState
from chili_notebook.audit.report import (
    report_bundle,
    require_clean,
    summarize,
    table_rows,
)
from chili_notebook.audit.search import audit
from chili_notebook.errors import SecretsFoundError

FOUND = Finding.found("a.ipynb", "line 1", KNOWN[0], "Remove it.")
FIXED = Finding.fixed("a.ipynb", "line 2", KNOWN[0])
UNREADABLE = Finding.unreadable("b.ipynb", "Permission denied")


@pytest.mark.parametrize(
    ("findings", "summary"),
    [
        ([], "Searched for 1 secret: found in 0 places, 0 of them fixed."),
        ([FOUND], "Searched for 1 secret: found in 1 place, 0 of them fixed."),
        ([FOUND, FIXED], "Searched for 1 secret: found in 2 places, 1 of them fixed."),
        (
            [FIXED, UNREADABLE],
            (
                "Searched for 1 secret: found in 1 place, 1 of them fixed. "
                "1 place could not be read."
            ),
        ),
    ],
)
def test_summary_counts_places(findings, summary):
    """A place that could not be read is not counted as one with a secret."""
    assert summarize(findings, KNOWN) == summary
    assert summary in report_bundle(findings, KNOWN)["text/plain"]


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
        ([FOUND, FOUND, FIXED], "Secrets found in 2 places."),
        ([UNREADABLE], "1 place could not be read."),
        ([FOUND, UNREADABLE], "Secrets found in 1 place. 1 place could not be read."),
    ],
)
def test_run_fails_if_a_secret_may_be_left(findings, message):
    """The error counts the places with a secret and those that could not be read."""
    with pytest.raises(SecretsFoundError) as error:
        require_clean(findings)
    assert error.value.message == message


def test_run_passes_after_fix():
    """A secret that was found and masked does not fail the run."""
    write_notebook(Path("a.ipynb"), ("x", TOKEN))
    findings = audit(KNOWN, [Path()], fix=True)
    assert [finding.state for finding in findings] == [FindingState.FIXED]
    require_clean(findings)
    with pytest.raises(SecretsFoundError):
        require_clean([*findings, FOUND])


def test_report_shows_no_secret():
    """Neither the table nor the error contains the value."""
    write_notebook(Path("a.ipynb"), (TOKEN, TOKEN))
    findings = audit(KNOWN, [Path()])
    with pytest.raises(SecretsFoundError, match="cannot be revoked") as error:
        require_clean(findings)
    shown = f"{error.value} {report_bundle(findings, KNOWN)} {findings!r} {KNOWN!r}"
    assert "access token" in shown
    assert TOKEN not in shown
