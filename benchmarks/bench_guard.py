"""Print what the guard costs: ``python benchmarks/bench_guard.py``.

One kernel protects what a session protects: a client secret and a token. Each job is
timed from its request to its end, alternately with and without the guard, so that both
run under the same load.
"""

from __future__ import annotations

import os
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[1]
ROUNDS = 41
SET_UP = """
import os, sys
from IPython.display import HTML, display
from chili_notebook.auth.secret import Secret
from chili_notebook.guard.install import Guard
guard = Guard()
shell = get_ipython()
for value in os.environ["BENCH_VALUES"].split():
    guard.registry.protect(Secret(value), label="benchmark", validity="")
row = "<tr><td class='n'>{}</td><td>Name of row {}</td><td>0.{}</td><td>Lorem</td></tr>"
page = HTML("\\n".join(row.format(n, n, n * 7919) for n in range(70_000))[:5_000_000])
"""
JOBS = {
    "20,000 prints": "for n in range(20_000): print('line', n, 'of many, as they are')",
    "200 flushed prints": "for n in range(200): print('line', n, flush=True)",
    "5 MB of HTML": "display(page)",
    "200 displays": "for n in range(200): display(HTML(f'<b>number {n}</b>'))",
}


def main():
    """Run every job and print the ratios."""
    token = "eyJhbGciOiJSUzI1NiIs" + secrets.token_urlsafe(650)
    values = [secrets.token_urlsafe(48), token]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "BENCH_VALUES": " ".join(values)}
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    )
    with tempfile.TemporaryDirectory() as folder:
        manager.start_kernel(env=env, cwd=folder)
        client = manager.client()
        client.start_channels()
        client.wait_for_ready()
        try:
            run(client, SET_UP)
            for name, code in JOBS.items():
                report(client, name, code)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def report(client, name, code):
    """Time one job with and without the guard, and print how the two compare."""
    times = {"uninstall": [], "install": []}
    for _ in range(ROUNDS):
        for state, taken in times.items():
            run(client, f"guard.{state}(shell)")
            taken.append(run(client, code))
    off, on = (1000 * statistics.median(taken) for taken in times.values())
    least = min(times["install"]) / min(times["uninstall"])
    print(
        f"{name:20} off {off:7.1f} ms   on {on:7.1f} ms   "
        f"ratio {on / off:.3f} of medians, {least:.3f} of fastest"
    )


def run(client, code):
    """Run a cell; return the seconds until a front-end has received its end."""
    start = time.perf_counter()
    request = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=60)
        if (
            message["content"].get("execution_state") == "idle"
            and message["parent_header"].get("msg_id") == request
        ):
            taken = time.perf_counter() - start
            reply = client.get_shell_msg(timeout=60)["content"]
            assert reply["status"] == "ok", reply
            return taken


if __name__ == "__main__":
    main()
