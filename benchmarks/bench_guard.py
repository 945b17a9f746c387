"""Compare outputs with and without the guard.

A kernel protects what a session protects: a client secret and its tokens. Each job is
timed from its request to its end, alternately with and without the guard, so that both
run under the same load.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from side_by_side import compare

ROOT = Path(__file__).parents[1]
SET_UP = """
import base64, logging, os, sys
import ipywidgets
from IPython.display import HTML, Image, display
from chili_notebook.auth.secret import Secret
from chili_notebook.guard.install import Guard
guard = Guard()
shell = get_ipython()
for value in os.environ["BENCH_VALUES"].split():
    guard.registry.protect(Secret(value), label="benchmark", validity="")
row = "<tr><td class='n'>{}</td><td>Name of row {}</td><td>0.{}</td><td>Lorem</td></tr>"
page = HTML("\\n".join(row.format(n, n, n * 7919) for n in range(70_000))[:5_000_000])
text = "".join(f"line {n} of a long text, as it is\\n" for n in range(140_000))
picture = b"\\x89PNG\\r\\n\\x1a\\n" + os.urandom(2_000_000)
plotly = "application/vnd.plotly.v1+json"
numbers = {plotly: {"data": [{"y": [n * 0.7919 for n in range(400_000)]}]}}
texts = {plotly: {"data": [{"text": [f"label number {n} of the many rows in it"
                                     for n in range(100_000)]}]}}
records = {"application/json": [{"id": n, "name": f"name of row {n}", "size": n * 0.79,
                                 "is_new": False} for n in range(60_000)]}
logger = logging.getLogger("benchmark")
logger.addHandler(logging.StreamHandler())
logger.propagate = False
progress, sender = ipywidgets.IntProgress(max=1000), ipywidgets.Text()
try:
    import pandas
except ModuleNotFoundError:
    frame = None
else:
    frame = pandas.DataFrame({"number": range(5_000), "name": ["a name"] * 5_000})
"""
JOBS = {
    "20,000 prints": "for n in range(20_000): print('line', n, 'of many, as they are')",
    "60,000 long prints": "for n in range(60_000): print('a line of many ' * 13, n)",
    "200 flushed prints": "for n in range(200): print('line', n, flush=True)",
    "20,000 coloured prints": "for n in range(20_000):\n"
    "    print(f'\\x1b[1m\\x1b[32mline\\x1b[0m {n} \\x1b[34mof many\\x1b[0m')",
    "2,000 log lines": "for n in range(2000): logger.warning('line %d of many', n)",
    "one print of 5 MB": "print(text)",
    "5 MB of HTML": "display(page)",
    "200 displays": "for n in range(200): display(HTML(f'<b>number {n}</b>'))",
    "PNG of 2 MB": "display(Image(picture))",
    "widget buffer of 2 MB": "sender.send({}, buffers=[picture])",
    "1,000 widget updates": "for n in range(1000): progress.value = n + 1\n"
    "progress.value = 0",
    "tqdm.notebook": "from tqdm.notebook import tqdm\n"
    "for n in tqdm(range(500), mininterval=0): pass",
    "plotly, 100,000 texts": "display(texts, raw=True)",
    "plotly, 400,000 numbers": "display(numbers, raw=True)",
    "60,000 records": "display(records, raw=True)",
    "DataFrame of 5,000 rows": "display(HTML(frame.to_html()))",
    "100 secrets in HTML": "display(HTML(''.join(f'<p>{n} {value}</p>' "
    "for n in range(100 // len(os.environ['BENCH_VALUES'].split()) + 1) "
    "for value in os.environ['BENCH_VALUES'].split())))",
}


def rows(*, smoke=False):
    """Return the rows of the table."""
    result = []
    for number in (2,) if smoke else (1, 2, 5, 20):
        result += measure(number, 1 if smoke else 3, "200" if smoke else "")
    return result


def measure(number, rounds, wanted):
    """Run the jobs in a kernel that protects this number of secrets."""
    tokens = [
        f"eyJhbGciOiJSUzI1NiIs.eyJ{secrets.token_urlsafe(300)}."
        f"{secrets.token_urlsafe(256)}"
        for _ in range(number - 1)
    ]
    values = [secrets.token_urlsafe(48), *tokens]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "BENCH_VALUES": " ".join(values)}
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    )
    result = []
    with tempfile.TemporaryDirectory() as folder:
        manager.start_kernel(env=env, cwd=folder)
        client = manager.client()
        client.start_channels()
        client.wait_for_ready()
        try:
            run(client, SET_UP)
            for name, code in JOBS.items():
                if wanted in name:
                    secrets_ = "1 secret" if number == 1 else f"{number} secrets"
                    what = f"guard, {secrets_}: {name}"
                    result.append(report(client, what, code, rounds))
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    return result


def report(client, what, code, rounds):
    """Compare one job with and without the guard."""

    def timed(state):
        def job():
            run(client, f"guard.{state}(shell)")
            return run(client, code)

        return job

    return compare(
        what,
        timed("install"),
        timed("uninstall"),
        peer="without the guard",
        rounds=rounds,
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
