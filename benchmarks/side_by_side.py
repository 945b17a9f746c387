"""Compare ways to do the same thing: interleaved in one run, medians of ratios.

Other programs on a machine change its speed from second to second. So every way runs
once in each round, one after the other, and what counts is the ratio within a round.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[1]
SERVER = Path(__file__).with_name("stub_server.py")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was measured.
        peer: What it was compared with.
        ratio: The median of the ratios; ``None`` if it is not a ratio.
        spread: The middle half of the ratios, or a remark.
        aim: The aim, as text.
    """

    what: str
    peer: str
    ratio: float | None
    spread: str
    aim: str = ""


def compare(  # noqa: PLR0913 - each is named at the call
    what: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    peer: str,
    rounds: int,
    aim: str = "",
) -> Row:
    """Run both in each round, in changing order, and return how they compare."""
    ratios, times = [], []
    for number in range(rounds):
        taken = {}
        for run in (ours, theirs) if number % 2 else (theirs, ours):
            taken[run] = seconds(run)
        ratios.append(taken[ours] / taken[theirs])
        times.append((taken[ours], taken[theirs]))
    our_s, their_s = (statistics.median(column) for column in zip(*times, strict=True))
    low, high = quartiles(ratios)
    return Row(
        what,
        peer,
        statistics.median(ratios),
        f"{low:.2f} to {high:.2f}; {our_s * 1000:.3g} / {their_s * 1000:.3g} ms",
        aim,
    )


def missing(module: str) -> Row | None:
    """Return a row that says that a peer is not installed; ``None`` if it is."""
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        found = None
    return None if found else Row("not measured", module, None, "is not installed")


def seconds(run: Callable[[], object]) -> float:
    """Return how long a function takes; if it returns a time, that time."""
    start = time.perf_counter()
    result = run()
    return result if isinstance(result, float) else time.perf_counter() - start


def quartiles(values: list[float]) -> tuple[float, float]:
    """Return the middle half of some values."""
    if len(values) == 1:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def table(rows: list[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = [
        "| what | beside | ratio | middle half; times | aim |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append(
            f"| {row.what} | {row.peer} | {ratio} | {row.spread} | {row.aim} |"
        )
    return "\n".join(lines)


@contextmanager
def stub_server(*, grant_s: float = 0.0, page_count: int = 1):
    """Serve a token endpoint and an API in a process of its own; return its origin."""
    command = (sys.executable, str(SERVER), str(grant_s), str(page_count))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def credentials_for(origin: str) -> Mapping[str, str]:
    """Return the keys that sign in to the stub server, and set them."""
    keys = {
        "CHILI_CLIENT_ID": "integration-0123456789",
        "CHILI_CLIENT_SECRET": "made-up-secret-of-the-benchmark-0123456789",
        "CHILI_ENVIRONMENT": "cp-abc-123",
        "CHILI_BASE_URL": f"{origin}/grafx",
        "CHILI_TOKEN_URL": f"{origin}/oauth/token",
    }
    os.environ.update(keys)
    return keys
