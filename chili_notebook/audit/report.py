"""Report an audit: what was searched, a table of findings, and an error for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chili_notebook.audit.findings import FindingState, Searched, Skipped
from chili_notebook.display.tables import table_bundle
from chili_notebook.display.wording import spell_count
from chili_notebook.errors import AuditIncompleteError, SecretsFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chili_notebook.audit.findings import AuditResult, Finding
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


def summarize(result: AuditResult, known: Sequence[KnownSecret]) -> str:
    """Return what was searched, what was found, and what was left out."""
    fixed = _count(result, FindingState.FIXED)
    found = fixed + _count(result, FindingState.FOUND)
    unreadable = _count(result, FindingState.UNREADABLE)
    outcome = (
        f"found in {spell_count(found, 'place')}, {fixed} of them fixed"
        if found
        else "none found"
    )
    searched = _list_counts(result, Searched) or "nothing"
    secrets = spell_count(len(known), "secret")
    sentences = [f"Searched {searched} for {secrets}: {outcome}."]
    if unreadable:
        sentences.append(_unreadable_text(unreadable))
    if skipped := _list_counts(result, Skipped):
        sentences.append(f"Not searched: {skipped}.")
    return " ".join(sentences)


def report_bundle(result: AuditResult, known: Sequence[KnownSecret]) -> dict[str, str]:
    """Return the MIME bundle of a table, or of a text if nothing was found."""
    caption = summarize(result, known)
    if not result.findings:
        return {"text/plain": caption}
    return table_bundle(HEADINGS, table_rows(result.findings), caption=caption)


def require_clean(result: AuditResult) -> None:
    """Raise an error if a secret is left, or if a place could not be read.

    Raises:
        SecretsFoundError: If secrets are left, with the validity of each.
        AuditIncompleteError: If no secret is left, but a place could not be read.
    """
    found = _count(result, FindingState.FOUND)
    unreadable = _count(result, FindingState.UNREADABLE)
    places = spell_count(found, "place")
    messages = [f"Secrets found in {places}."] if found else []
    messages += [_unreadable_text(unreadable)] if unreadable else []
    if found:
        validities = {
            f"The {finding.secret.label}: {finding.secret.validity}"
            for finding in result.findings
            if finding.state is FindingState.FOUND and finding.secret is not None
        }
        raise SecretsFoundError(" ".join(messages), hint=" ".join(sorted(validities)))
    if unreadable:
        raise AuditIncompleteError(
            " ".join(messages), hint="Check by hand what could not be read."
        )


def _count(result: AuditResult, state: FindingState) -> int:
    return sum(finding.state is state for finding in result.findings)


def _list_counts(result: AuditResult, kinds: type[Searched | Skipped]) -> str:
    """Return how many things of each kind there are, such as ``2 notebooks``."""
    items = []
    for kind in kinds:
        if count := result.counts[kind]:
            singular, plural = kind.value
            items.append(f"{count:,} {singular if count == 1 else plural}")
    if len(items) > 1:
        items[-2:] = [f"{items[-2]} and {items[-1]}"]
    return ", ".join(items)


def _unreadable_text(count: int) -> str:
    return f"{spell_count(count, 'place')} could not be read."
