"""Report the findings of an audit: a table, and an error if a secret is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chili_notebook.audit.findings import FindingState
from chili_notebook.display.tables import table_bundle
from chili_notebook.errors import SecretsFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chili_notebook.audit.findings import Finding
    from chili_notebook.guard.registry import KnownSecret

HEADINGS = ("Place", "Where", "Secret", "To do")


def table_rows(findings: Sequence[Finding]) -> list[tuple[str, str, str, str]]:
    """Return one row per finding."""
    return [
        (
            finding.place,
            finding.where,
            finding.what,
            "fixed" if finding.state is FindingState.FIXED else finding.remedy,
        )
        for finding in findings
    ]


def summarize(findings: Sequence[Finding], known: Sequence[KnownSecret]) -> str:
    """Return what was searched for and found, in one line."""
    fixed = _count(findings, FindingState.FIXED)
    found = fixed + _count(findings, FindingState.FOUND)
    unreadable = _count(findings, FindingState.UNREADABLE)
    summary = (
        f"Searched for {_number(len(known), 'secret')}: "
        f"found in {_number(found, 'place')}, {fixed} of them fixed."
    )
    return f"{summary} {_unreadable_text(unreadable)}" if unreadable else summary


def report_bundle(
    findings: Sequence[Finding], known: Sequence[KnownSecret]
) -> dict[str, str]:
    """Return the MIME bundle of a table, or of one line if nothing was found."""
    caption = summarize(findings, known)
    if not findings:
        return {"text/plain": caption}
    return table_bundle(HEADINGS, table_rows(findings), caption=caption)


def require_clean(findings: Sequence[Finding]) -> None:
    """Raise an error if a secret is left, or if a place could not be read.

    Raises:
        SecretsFoundError: With the validity of each secret that is left.
    """
    found = _count(findings, FindingState.FOUND)
    unreadable = _count(findings, FindingState.UNREADABLE)
    if not found and not unreadable:
        return
    messages = [f"Secrets found in {_number(found, 'place')}."] if found else []
    messages += [_unreadable_text(unreadable)] if unreadable else []
    validities = {
        f"The {finding.secret.label}: {finding.secret.validity}"
        for finding in findings
        if finding.state is FindingState.FOUND and finding.secret is not None
    }
    raise SecretsFoundError(
        " ".join(messages),
        hint=" ".join(sorted(validities)) or "Check by hand what could not be read.",
    )


def _count(findings: Sequence[Finding], state: FindingState) -> int:
    return sum(finding.state is state for finding in findings)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _unreadable_text(count: int) -> str:
    return f"{_number(count, 'place')} could not be read."
