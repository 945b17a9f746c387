"""Compare batches and single renders with the ideal, and preparing with reading.

The simulator serves in a process of its own.
"""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
from side_by_side import Row

from chili_notebook import login

ROOT = Path(__file__).parents[1]
SERVE = (sys.executable, "-m", "chili_notebook.simulator", "--no-drawing")
SHORT = [(1, 0.2, 30), (8, 0.6, 80), (32, 0.6, 320)]
HEADINGS = ("sku", "Product", "Unit", "Price", "On offer", "Old price", "Picture")


@contextmanager
def served(*options):
    """Serve the simulator, and return a signed-in client and the server's origin."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*SERVE, *map(str, options)], stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            lines = iter(process.stdout.readline, "\n")
            variables = dict(line.strip().split("=", 1) for line in lines)
            os.environ.update(variables)
            with login() as chili:
                yield chili, variables["CHILI_BASE_URL"].removesuffix("/grafx")
        finally:
            process.send_signal(signal.SIGINT)


def prepare(chili, table, folder):
    """Prepare a batch of the simulator's price tag."""
    template = chili.templates.list(search="Market price tag")[0]
    return chili.outputs.batch(template, table, "jpg", folder=folder, name="{sku}")


def request_count(origin):
    """Return how many requests the server has answered."""
    counts = httpx.get(f"{origin}/simulator/counts").json()
    return sum(counts["requests"].values())


def time_run(slots, render_s, count):
    """Run a batch, and print its time and its requests."""
    rows = [
        {"sku": f"s{number}", "Product": f"Jam {number}", "Price": "2"}
        for number in range(count)
    ]
    options = ("--slots", slots, "--render-seconds", render_s)
    with served(*options) as (chili, origin), tempfile.TemporaryDirectory() as folder:
        batch = prepare(chili, rows, folder)
        before, start = request_count(origin), time.perf_counter()
        batch.run(concurrency=2 * slots)
        taken_s = time.perf_counter() - start
        requests = request_count(origin) - before - 1
        assert batch.counts["done"] == count
    ideal_s = count / slots * render_s
    return Row(
        f"batch, {slots} slots, renders of {render_s} s",
        f"ideal of {ideal_s:.0f} s",
        taken_s / ideal_s,
        f"{requests / count:.1f} requests an output",
    )


def time_render(render_s):
    """Make an output of a template, and compare with its render time."""
    with served("--render-seconds", render_s) as (chili, _origin):
        template = chili.templates.list(search="Business card")[0]
        chili.outputs.create(template, "jpg")
        start = time.perf_counter()
        chili.outputs.create(template, "jpg")
        taken_s = time.perf_counter() - start
    aim = "≤ 1.50" if render_s < 1 else "≤ 1.10"
    what = f"one later render of {render_s} s"
    return Row(what, "render time", taken_s / render_s, f"{taken_s:.2f} s", aim)


def time_preparing(count):
    """Prepare a table, and print its time against reading it, and the memory."""
    with served() as (chili, _origin), tempfile.TemporaryDirectory() as folder:
        prepare(
            chili, [{"sku": "a", "Product": "Jam", "Price": "1"}], f"{folder}/first"
        )
        table = Path(folder) / "table.csv"
        with table.open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(HEADINGS)
            writer.writerows(
                (f"Q{n}", f"Jam {n}", "small", "4.50", "false", "0", "honey-jar")
                for n in range(count)
            )
        start = time.process_time()
        with table.open(newline="") as stream:
            for _row in csv.DictReader(stream):
                pass
        read_s = time.process_time() - start
        start = time.process_time()
        prepare(chili, table, f"{folder}/batch")
        prepared_s = time.process_time() - start
    return Row(
        f"batch, {count:,} rows prepared",
        "csv.DictReader",
        prepared_s / read_s,
        f"{prepared_s:.2f} s of processor time",
    )


def rows(*, smoke=False):
    """Return the rows of the table."""
    if smoke:
        return [time_run(8, 0.2, 8), time_render(0.2), time_preparing(100)]
    return [
        *(time_run(*case) for case in SHORT),
        *(time_render(render_s) for render_s in (0.2, 1, 5)),
        time_preparing(10_000),
    ]
