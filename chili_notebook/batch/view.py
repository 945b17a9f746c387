"""How a batch looks: its summary, its table, its progress and its contact sheet."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from chili_notebook.api.api_errors import InterruptedCallError
from chili_notebook.api.file_names import content_type_of
from chili_notebook.api.file_views import data_url, draw_pages, small_picture
from chili_notebook.api.problems import problem_line, problems_error
from chili_notebook.batch.records import Before
from chili_notebook.batch.rows import SHOWN, rows_bundle
from chili_notebook.display.gallery import Gallery, GalleryEntry
from chili_notebook.display.wording import (
    list_names,
    spell_count,
    spell_duration,
    spell_moment,
)
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from chili_notebook.batch.events import RunProgress
    from chili_notebook.batch.records import Job, Preparation
    from chili_notebook.batch.rows import BatchProblems, BatchRow
    from chili_notebook.display.progress import LiveLine
    from chili_notebook.errors import VariableError

HOW_TO_CONTINUE: Final = "Call run() again to continue: nothing is ordered twice."

_MOST_BYTES = 400_000
_NO_PAGES = "pip install 'chili-notebook[pdf]' shows PDFs"
_PICTURES = {"image/png", "image/jpeg", "image/gif"}
_MOST_PROBLEMS = 20
_FEW, _MOST_IN_ERROR = 5, 1000


def summary_of(
    counts: Mapping[str, int], preparation: Preparation, *, is_merged: bool = False
) -> str:
    """Return what is ready, what was done, and what a run will cost, as text."""
    total = sum(counts.values()) - counts["kept"]
    ready, kept = counts["ready"], counts["kept"]
    states = [f"{ready:,} ready", f"{counts['invalid']:,} invalid"]
    if counts["running"]:
        states.append(f"{counts['running']:,} running")
    if counts["done"] > kept:
        states.append(f"{counts['done'] - kept:,} done")
    states += [
        f"{counts[state]:,} {state}" for state in ("failed", "unknown") if counts[state]
    ]
    states.append(f"{kept:,} done before")
    lines = [f"{spell_count(total, 'row')}: {', '.join(states)}"]
    if ready:
        lines[0] += f"; will cost {spell_count(ready, 'render')}"
        lines += _changes_in_words(preparation)
    if counts["failed"]:
        lines.append("The reasons of those that failed are in `failures`")
    if counts["unknown"]:
        lines.append(
            "GraFx may have rendered the unknown ones: run(retry_unknown=True) orders "
            "them again"
        )
    if is_merged:
        done = spell_count(counts["done"], "row")
        lines.append(f"{preparation.merge} has the pages of {done}")
    if preparation.unused:
        shown = list_names(preparation.unused)
        noun = "column" if len(preparation.unused) == 1 else "columns"
        lines.append(f"Not used: the {noun} {shown}")
    lines += [note.rstrip(".") for note in preparation.notes]
    return ". ".join(lines)


def _changes_in_words(preparation: Preparation) -> list[str]:
    lines = []
    for change in preparation.changes:
        since = spell_moment(change.made_at)
        what = f"{change.count:,} changed since {since}"
        if change.reason is Before.TEMPLATE_CHANGED:
            what = (
                f"The template, its layout or its settings changed since {since}: "
                f"{spell_count(change.count, 'output')}"
            )
        lines.append(f"{what}, and will be rendered again")
    return lines


def batch_bundle(
    batch: Sequence[BatchRow], summary: str, problems: BatchProblems
) -> dict[str, str]:
    """Return the table of a batch, by media type."""
    rows = batch[:SHOWN]
    is_cut = len(rows) < len(batch)
    shown = f" The first {len(rows)} rows are shown." if is_cut else ""
    table = rows_bundle(rows, caption=f"{summary}.{shown}")
    if not len(problems):
        return table
    count = len(problems)
    listed = problems[:_MOST_PROBLEMS]
    more = f"<p>and {count - len(listed):,} more in <code>problems</code></p>"
    items = "".join(f"<li>{escape(problem_line(problem))}</li>" for problem in listed)
    html = f"<p>{spell_count(count, 'problem')}:</p><ul>{items}</ul>"
    if count > len(listed):
        html += more
    lines = [f"  {problem_line(problem)}" for problem in listed]
    if count > len(listed):
        lines.append(f"  and {count - len(listed):,} more in `problems`")
    return {
        "text/html": table["text/html"] + html,
        "text/plain": "\n".join(
            [table["text/plain"], f"{spell_count(count, 'problem')}:", *lines]
        ),
    }


def invalid_error(count: int, problems: BatchProblems) -> VariableError:
    """Return the error of a run that would leave out rows.

    Args:
        count: How many rows are invalid; 0 for a problem of the columns.
        problems: All problems.
    """
    first = problems[:_FEW]
    error = problems_error(problems[:_MOST_IN_ERROR])
    what = spell_count(count, "row") if count else "The table"
    verb = "has a problem" if count <= 1 else "have problems"
    lines = "".join(f"\n  {problem_line(problem)}" for problem in first)
    more = len(problems) - len(first)
    if more:
        lines += f"\n  and {more:,} more in `problems`"
    error.message = f"{what} {verb}, and nothing was ordered.{lines}"
    if count:
        error.hint = (
            "Correct the table, or call run(skip_invalid=True) to render the others."
        )
    else:
        error.hint = (
            "Correct the headings of the table, or `columns` and `name`, and call "
            "chili.outputs.batch() again."
        )
    return error


def after_error(errors: Sequence[tuple[Job, str]]) -> ConfigurationError:
    """Return the error of a run whose `after` has raised errors."""
    job, reason = errors[0]
    others = f" and for {len(errors) - 1} other outputs" if len(errors) > 1 else ""
    return ConfigurationError(
        f"`after` has failed for row {job.number}{others}: {reason}",
        hint="Correct it, and call run() again: it is called again for these.",
    )


def show_progress(
    line: LiveLine,
    progress: RunProgress,
    kept: int,
    stopwatch: Callable[[], float],
    *,
    has_ended: bool = False,
) -> None:
    """Show the progress of a run."""
    now = stopwatch()
    line.show(*run_line(progress, kept=kept, now=now, has_ended=has_ended))


def run_line(
    progress: RunProgress, *, kept: int, now: float, has_ended: bool = False
) -> tuple[str, str]:
    """Return the progress of a run in one line, as text and as HTML."""
    ended = progress.saved + progress.failed
    elapsed_s = now - progress.started_at
    parts = [f"{progress.saved:,} of {progress.total:,} done"]
    if kept:
        parts.append(f"{kept:,} kept")
    parts.append(f"{progress.failed:,} failed")
    if progress.running or not has_ended:
        parts.append(f"{progress.running:,} running")
    if progress.unknown:
        parts.append(f"{progress.unknown:,} unknown")
    if progress.expired:
        parts.append(f"{progress.expired:,} had expired at GraFx and are ready again")
    if ended and elapsed_s > 0 and not has_ended:
        rate = ended / elapsed_s
        parts.append(_rate_in_words(rate))
        parts.append(f"{spell_duration((progress.total - ended) / rate)} left")
    parts.append(f"{progress.ordered:,} ordered in this run")
    text = ", ".join(parts)
    if has_ended:
        text += f", in {spell_duration(elapsed_s)}"
        return text, f'<div style="opacity:0.7">{escape(text)}</div>'
    if progress.waits_for and progress.waits_since is not None:
        waited = spell_duration(now - progress.waits_since)
        text += f". Waiting for GraFx since {waited}: {progress.waits_for}"
    part = ended / progress.total if progress.total else 1.0
    html = (
        f'<div style="opacity:0.7"><progress value="{part:.3f}"></progress> '
        f"{escape(text)}</div>"
    )
    return text, html


def interrupted_error(counts: Mapping[str, int]) -> InterruptedCallError:
    """Return the error of an interrupted run."""
    total = sum(counts.values()) - counts["kept"]
    message = (
        f"The run was interrupted: {counts['done']:,} of {total:,} rows are done, "
        f"{counts['running']:,} are running at GraFx."
    )
    return InterruptedCallError(message, hint=HOW_TO_CONTINUE)


def gallery_of(rows: Sequence[BatchRow]) -> Gallery:
    """Return a contact sheet of saved files."""
    return Gallery(tuple(_entry_of(row) for row in rows if row.path is not None))


def gallery_of_pages(pdf: Path, *, at_most: int) -> Gallery:
    """Return a contact sheet of the pages of one PDF."""
    try:
        count, pages = draw_pages(pdf.read_bytes(), at_most=at_most)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        return Gallery((GalleryEntry(pdf.name, problem=problem),))
    if not pages:
        return Gallery((GalleryEntry(pdf.name, problem=_NO_PAGES),))
    entries = []
    for number, page in enumerate(pages, start=1):
        picture = data_url(*small_picture(page, "image/jpeg"))
        entries.append(GalleryEntry(f"page {number} of {count:,}", picture=picture))
    return Gallery(tuple(entries))


def _entry_of(row: BatchRow) -> GalleryEntry:
    path = row.path
    if path is None:
        return GalleryEntry(f"row {row.number}", problem="no file")
    content_type = content_type_of(path.name)
    try:
        content = path.read_bytes()
    except OSError as error:
        return GalleryEntry(path.name, problem=error.strerror or type(error).__name__)
    if content_type == "application/pdf":
        _pages, pictures = draw_pages(content, at_most=1)
        if not pictures:
            return GalleryEntry(path.name, problem=_NO_PAGES)
        content, content_type = pictures[0], "image/jpeg"
    if content_type not in _PICTURES:
        return GalleryEntry(path.name, problem=f"{path.suffix} is not a picture")
    content, content_type = small_picture(content, content_type, still=True)
    if len(content) > _MOST_BYTES:
        return GalleryEntry(
            path.name, problem="pip install pillow shows such a large picture"
        )
    return GalleryEntry(path.name, picture=data_url(content, content_type))


def _rate_in_words(per_second: float) -> str:
    if per_second >= 1:
        return f"{per_second:.1f} a second"
    return f"{per_second * 60:.1f} a minute"
