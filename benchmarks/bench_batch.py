"""Prints what batches cost: ``python benchmarks/bench_batch.py [--long]``.

For each number of slots and time of a render: the total time against the ideal, and the
requests for each output, with twice as many tasks in flight as slots. Then, for 1,000
and 100,000 rows: the time of preparing against reading the file, and the memory. A
process of its own serves. ``--long`` adds renders of 2 and 10 seconds.
"""

from __future__ import annotations

import csv
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

from chili_notebook import login

ROOT = Path(__file__).parents[1]
SERVE = (sys.executable, "-m", "chili_notebook.simulator", "--no-drawing")
SHORT = [(1, 0.2, 60), (8, 0.2, 320), (8, 0.6, 160), (32, 0.6, 640)]
LONG = [(8, 2.0, 80), (32, 2.0, 320), (8, 10.0, 40), (32, 10.0, 160)]
ROW_COUNTS = (1_000, 100_000)
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
    print(
        f"{slots:3} slots, renders of {render_s:4} s: {taken_s / ideal_s:.3f} of the "
        f"ideal {ideal_s:.0f} s, {requests / count:.1f} requests for each output"
    )


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
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count:,} rows prepared in {prepared_s:.2f} s, {prepared_s / read_s:.1f} "
        f"times csv.DictReader; {memory_mb:.0f} MB at most"
    )


def main():
    """Run each measurement; each table is prepared in a process of its own."""
    if len(sys.argv) == 3:
        time_preparing(int(sys.argv[2]))
        return
    for case in SHORT + LONG * ("--long" in sys.argv):
        time_run(*case)
    for count in ROW_COUNTS:
        command = [sys.executable, __file__, "--rows", str(count)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
