"""What an audit says of its findings: a table, and an error that fails a run."""

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


def rows_of(findings: Sequence[Finding]) -> list[tuple[str, str, str, str]]:
    """Give a row a finding."""
    return [
        (
            found.place,
            found.where,
            found.what,
            "mended" if found.state is FindingState.FIXED else found.remedy,
        )
        for found in findings
    ]


def summary_of(findings: Sequence[Finding], wanted: Sequence[KnownSecret]) -> str:
    """Say in one line what was looked for and found."""
    mended = sum(found.state is FindingState.FIXED for found in findings)
    sought = f"{len(wanted)} secret{'' if len(wanted) == 1 else 's'}"
    places = f"{len(findings)} place{'' if len(findings) == 1 else 's'}"
    return f"Looked for {sought}: found in {places}, {mended} of them mended."


def bundle_of(
    findings: Sequence[Finding], wanted: Sequence[KnownSecret]
) -> dict[str, str]:
    """Give the table of the findings, or the one line that there are none."""
    caption = summary_of(findings, wanted)
    if not findings:
        return {"text/plain": caption}
    return table_bundle(HEADINGS, rows_of(findings), caption=caption)


def require_clean(findings: Sequence[Finding]) -> None:
    """Fail if something was found that is not mended.

    Raises:
        SecretsFoundError: With what a leaked secret means.
    """
    left = [found for found in findings if found.state is not FindingState.FIXED]
    if not left:
        return
    fates = {
        f"The {found.secret.label}: {found.secret.fate}"
        for found in left
        if found.secret is not None
    }
    raise SecretsFoundError(
        f"Secrets stand in {len(left)} place{'' if len(left) == 1 else 's'}.",
        hint=" ".join(sorted(fates)) or "Look at what could not be read.",
    )
