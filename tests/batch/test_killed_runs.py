"""Processes that are killed at random moments, and orders counted at the server."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

from chili_notebook.simulator import Simulator

CELLS = """
from chili_notebook import login

with login(env_file="simulator.env") as chili:
    template = chili.templates.list(search="Market price tag")[0]
    rows = [
        {"sku": f"s{number}", "Product": f"Jam {number}", "Price": "2"}
        for number in range(60)
    ]
    prints = chili.outputs.batch(template, rows, "jpg", folder="out", name="{sku}")
    print("prepared", flush=True)
    prints.run()
    print(prints.counts, flush=True)
"""


def start():
    """Start the cells in a process, and return it when they are prepared."""
    process = subprocess.Popen(
        [sys.executable, "-c", CELLS], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "prepared\n"
    return process


def test_a_process_that_is_killed_many_times_orders_each_row_once():
    """Orders are as many as rows that are done or unknown, and no file is missing."""
    chance = random.Random(12)  # noqa: S311 - the same moments each time
    with Simulator(render_seconds=0.2, slots=4, draws=False) as simulator:
        lines = [f"{key}={value}" for key, value in simulator.variables().items()]
        env_file = Path("simulator.env")
        env_file.touch(0o600)
        env_file.write_text("\n".join(lines))
        for _ in range(6):
            process = start()
            try:
                process.wait(chance.uniform(0.0, 0.6))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
        process = start()
        counts = eval(process.stdout.read())  # noqa: S307 - our own print
        process.wait()
        process.stdout.close()
        done, unknown = counts["done"], counts["unknown"]
        assert done + unknown == 60
        assert done <= simulator.started_outputs <= 60
        assert len(list(Path("out").glob("*.jpg"))) == done
        assert {path.name for path in Path("out").glob("[!s]*")} == {
            "ledger.lock",
            "ledger.sqlite",
        }
