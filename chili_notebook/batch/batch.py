"""A batch: the rows of a table, and one output for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from queue import Empty
from typing import TYPE_CHECKING, Any, Self, overload

from chili_notebook.api.api_errors import InterruptedCallError
from chili_notebook.batch.merge import merge_parts
from chili_notebook.batch.options import PATIENCE_S, RunOptions
from chili_notebook.batch.plan import check_files, write_plan
from chili_notebook.batch.records import RowState
from chili_notebook.batch.rows import BatchProblems, BatchRow, BatchRows, read_row
from chili_notebook.batch.run import Run
from chili_notebook.batch.view import (
    HOW_TO_CONTINUE,
    after_error,
    batch_bundle,
    gallery_of,
    gallery_of_pages,
    interrupted_error,
    invalid_error,
    show_progress,
    summary_of,
)
from chili_notebook.batch.workers import ExecutorFetcher
from chili_notebook.display.progress import LiveLine
from chili_notebook.errors import ChiliError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from pathlib import Path

    from chili_notebook.batch.ledger import Ledger
    from chili_notebook.batch.order import OrderForm
    from chili_notebook.batch.records import Job, Preparation
    from chili_notebook.display.gallery import Gallery

_UPDATE_S = 0.5


def prepare(  # noqa: PLR0913 - each is named at the call
    form: OrderForm,
    table: object,
    *,
    folder: str | Path,
    name: str | None = None,
    columns: Mapping[str, str | None] | None = None,
    merge: str | None = None,
) -> Batch:
    """Read and check a table, and return its batch; see `Outputs.batch`."""
    try:
        ledger, preparation = write_plan(
            form, table, folder=folder, name=name, columns=columns, merge=merge
        )
    except KeyboardInterrupt:
        raise InterruptedCallError(
            "The preparation was interrupted.",
            hint="Nothing was ordered, and the folder is as it was before.",
        ) from None
    return Batch(form, ledger, preparation)


class Batch(Sequence[BatchRow]):
    """The rows of a table, and one output for each; ``chili.outputs.batch`` makes it.

    It is a sequence of `BatchRow`, and in a notebook it shows itself as a table. The
    rows are on the disk, in the ledger of its folder, and are read when needed.

    Attributes:
        folder: The folder of the files and the ledger.

    Example:
        rows = [{"Name": "Ada"}, {"Name": "Grace"}]
        prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
        prints.run()
        [row.path for row in prints]
    """

    def __init__(
        self, form: OrderForm, ledger: Ledger, preparation: Preparation
    ) -> None:
        self._form = form
        self._ledger = ledger
        self._preparation = preparation
        self._rows = BatchRows(self._opened)
        self.folder = ledger.folder

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> BatchRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[BatchRow]: ...
    def __getitem__(self, index: int | slice) -> BatchRow | list[BatchRow]:
        return self._rows[index]

    def __iter__(self) -> Iterator[BatchRow]:
        return iter(self._rows)

    @property
    def problems(self) -> BatchProblems:
        """What is wrong with the rows and columns of the table.

        Example:
            rows = [{"Name": "Ada"}, {"Nmae": "Grace"}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            prints.problems
        """
        return BatchProblems(self._opened)

    @property
    def invalid(self) -> BatchRows:
        """The rows that have a problem, and cannot be ordered.

        Example:
            rows = [{"Name": "Ada"}, {"Name": None}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            prints.invalid
        """
        return BatchRows(self._opened, [RowState.INVALID])

    @property
    def failures(self) -> BatchRows:
        """The rows whose output GraFx could not make, with the reason.

        Correct ``failures.to_frame()`` and pass it to ``chili.outputs.batch`` with the
        same folder, `name`, `columns` and other arguments.

        Example:
            rows = [{"Name": "Ada"}, {"Name": "Grace"}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            prints.run().failures
        """
        return BatchRows(self._opened, [RowState.FAILED])

    @property
    def unknown(self) -> BatchRows:
        """The rows whose order may have been carried out: its response was lost.

        ``run(retry_unknown=True)`` orders them again.

        Example:
            rows = [{"Name": "Ada"}, {"Name": "Grace"}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            prints.run().unknown
        """
        return BatchRows(self._opened, [RowState.UNKNOWN])

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each state; ``kept`` of those done were done before.

        Example:
            rows = [{"Name": "Ada"}, {"Name": "Grace"}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            prints.counts["ready"]
        """
        with self._opened() as ledger:
            return ledger.counts()

    @property
    def merged(self) -> Path | None:
        """The path of the merged PDF; ``None`` as long as there is none.

        Example:
            rows = [{"Name": "Ada"}, {"Name": "Grace"}]
            cards = chili.outputs.batch(
                template, rows, "pdf", folder="renders/book", merge="cards.pdf"
            )
            cards.run().merged
        """
        with self._opened() as ledger:
            merged = ledger.meta("merged")
        name = self._preparation.merge
        if not name or merged is None or merged[0] != self._preparation.id:
            return None
        path = self.folder / name
        return path if path.exists() else None

    def run(  # noqa: PLR0913 - each is named at the call
        self,
        limit: int | None = None,
        *,
        concurrency: int = 8,
        skip_invalid: bool = False,
        retry_unknown: bool = False,
        retry_failed: bool = False,
        patience_s: float = PATIENCE_S,
        executor: Executor | None = None,
        after: Callable[[Path, BatchRow], object] | None = None,
        profile: str | None = None,
    ) -> Self:
        """Order what is ready, and save the files; return this batch.

        What was ordered before is not ordered again: running tasks are waited for, and
        saved files are kept. Each order is in the ledger before it is sent, so the run
        can be interrupted or killed at any moment, and called again.

        Args:
            limit: How many outputs to order at most.
            concurrency: How many tasks are in flight at most.
            skip_invalid: Whether to leave out the rows that are invalid. A problem of
                the columns cannot be skipped.
            retry_unknown: Whether to order again what GraFx may have rendered.
            retry_failed: Whether to order again what has failed.
            patience_s: How long to wait in an outage of GraFx, in seconds.
            executor: An executor of `concurrent.futures`, dask or ipyparallel, whose
                workers wait for the outputs and save them. Orders are sent from here.
            after: Called as ``after(path, row)`` with each saved file; with an
                executor on the worker. It may be called again after a crash.
            profile: The profile with which the workers of an executor sign in; by
                default that of this client.

        Raises:
            VariableError: If the columns have a problem, or if there are invalid rows
                and they are not skipped.
            ConfigurationError: If an argument is wrong, or another process uses the
                folder.
            ConnectionFailedError: If GraFx could not be reached for `patience_s`.
            KeyboardInterrupt: If the user interrupts it. Call `run` again.
            ChiliError: If no order can succeed, such as after a 403.

        Example:
            rows = [{"Name": "Ada"}, {"Name": "Grace"}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            prints.run(limit=1)
            prints.run()
        """
        options = RunOptions(
            limit=limit,
            concurrency=concurrency,
            skip_invalid=skip_invalid,
            retry_unknown=retry_unknown,
            retry_failed=retry_failed,
            patience_s=patience_s,
            executor=executor,
            after=after,
            profile=profile,
        )
        self._require_valid(options)
        for _job in self._jobs_of_run(options):
            pass
        return self

    def as_completed(self, **options: Any) -> Iterator[BatchRow]:
        """Run, and yield each row when its file is saved or it has failed.

        Rows that were done before come first. Leaving the loop ends the run, as an
        interrupt does.

        Args:
            options: The arguments of `run`.

        Example:
            rows = [{"Name": "Ada"}, {"Name": "Grace"}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            for row in prints.as_completed():
                print(row.number, row.state)
        """
        self._require_valid(checked := RunOptions.of(options))
        return self._completed(checked)

    def to_frame(self) -> Any:
        """Return all rows as a pandas DataFrame, with state, file and reason.

        Raises:
            ConfigurationError: If pandas is not installed.

        Example:
            rows = [{"Name": "Ada"}, {"Name": "Grace"}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            prints.to_frame()
        """
        return self._rows.to_frame()

    def gallery(self, at_most: int = 60) -> Gallery:
        """Return a contact sheet of the saved files, or of the pages of the merged PDF.

        Args:
            at_most: How many files or pages it shows; the first ones of the table.

        Raises:
            ConfigurationError: If a file is not a picture or a PDF.

        Example:
            rows = [{"Name": "Ada"}, {"Name": "Grace"}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            prints.run().gallery()
        """
        merged = self.merged
        if merged is not None:
            return gallery_of_pages(merged, at_most=at_most)
        done = BatchRows(self._opened, [RowState.DONE])
        return gallery_of(done[:at_most])

    def __repr__(self) -> str:
        try:
            return f"<Batch: {summary_of(self.counts, self._preparation)}>"
        except ConfigurationError as error:
            return f"<Batch: {error.message}>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        try:
            summary = summary_of(
                self.counts, self._preparation, is_merged=self.merged is not None
            )
            return batch_bundle(self, summary, self.problems)
        except ConfigurationError as error:
            return {"text/plain": f"<Batch: {error.message}>"}

    @contextmanager
    def _opened(self) -> Iterator[Ledger]:
        """Open the ledger, if it still has the rows of this batch."""
        with self._ledger.reading():
            self._require_current()
            yield self._ledger

    def _require_current(self) -> None:
        if self._ledger.meta("preparation") != self._preparation.id:
            raise ConfigurationError(
                f"The folder {self.folder} was prepared again since, so this batch is "
                "no longer current.",
                hint="Use the newer batch, or call chili.outputs.batch() again.",
            )

    def _require_valid(self, options: RunOptions) -> None:
        """Raise an error for problems that a run does not skip, as those of columns."""
        # Without its column, each row would have the template's own value.
        with self._opened() as ledger:
            invalid = ledger.row_count(RowState.INVALID)
            of_table = ledger.problem_count(of_table=True) > 0
        if of_table or (invalid and not options.skip_invalid):
            raise invalid_error(0 if of_table else invalid, self.problems)

    def _completed(self, options: RunOptions) -> Iterator[BatchRow]:
        yield from BatchRows(self._opened, [RowState.DONE])
        for job in self._jobs_of_run(options):
            yield from self._rows_of(job)

    def _jobs_of_run(self, options: RunOptions) -> Iterator[Job]:
        """Run, and yield each output when it is saved or has failed.

        An interrupt, and the end of the caller's loop, stop the run.
        """
        try:
            with self._ledger.writing(), ExitStack() as stack:
                self._require_current()
                run = self._new_run(options, stack)
                kept = self._ledger.counts()["kept"]
                stopwatch = self._form.client.stopwatch
                line = stack.enter_context(LiveLine(clock=stopwatch))
                show = partial(show_progress, line, run.progress, kept, stopwatch)
                stack.callback(show, has_ended=True)
                stack.callback(run.stop)
                run.start()
                while True:
                    with suppress(Empty):
                        if (job := run.finished.get(timeout=_UPDATE_S)) is None:
                            break
                        yield job
                    show()
                self._raise_errors_of(run)
                if self._preparation.merge:
                    merge_parts(self._ledger, self._preparation)
        except KeyboardInterrupt:
            raise interrupted_error(self.counts) from None

    def _new_run(self, options: RunOptions, stack: ExitStack) -> Run:
        ledger = self._ledger
        ledger.start_run()
        check_files(ledger)
        if options.retry_unknown:
            ledger.forget_all(RowState.UNKNOWN)
        if options.retry_failed:
            ledger.forget_all(RowState.FAILED)
        fetcher = None
        if options.executor is not None:
            fetcher = stack.enter_context(
                ExecutorFetcher(options, self._form.client, self.folder)
            )
        return Run(self._form, ledger, options, rows_of=self._rows_of, fetcher=fetcher)

    def _rows_of(self, job: Job) -> list[BatchRow]:
        return [read_row(self._ledger, row) for row in self._ledger.rows_of(job.key)]

    def _raise_errors_of(self, run: Run) -> None:
        """Raise what has ended a run early."""
        if isinstance(run.error, ChiliError):
            run.error.hint = f"{run.error.hint} {HOW_TO_CONTINUE}".strip()
        if run.error is not None:
            raise run.error
        if run.after_errors:
            raise after_error(run.after_errors)
