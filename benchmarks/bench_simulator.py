"""Measure how many listings the simulator serves, and its slowest renders.

A process of its own serves. This one asks for listings over four connections, then for
an output of each template.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest.mock import patch

import httpx
from side_by_side import Row, seconds

from chili_notebook import login

ROOT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-m", "chili_notebook.simulator")
CONNECTIONS, REQUESTS_EACH = 4, 500
FORMATS = ("png", "jpg", "pdf", "gif")


def rows(*, smoke=False):
    """Return how many listings came in a second, and the slowest render."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            lines = iter(process.stdout.readline, "\n")
            variables = dict(line.strip().split("=", 1) for line in lines)
            with patch.dict(os.environ, variables):
                return [
                    report(variables, 5 if smoke else REQUESTS_EACH),
                    slowest_render(FORMATS[:1] if smoke else FORMATS),
                ]
        finally:
            process.send_signal(signal.SIGINT)


def report(variables, each):
    """Time the requests of all connections together."""
    fields = {
        "grant_type": "client_credentials",
        "audience": "https://chiligrafx.com",
        "client_id": variables["CHILI_CLIENT_ID"],
        "client_secret": variables["CHILI_CLIENT_SECRET"],
    }
    grant = httpx.post(variables["CHILI_TOKEN_URL"], json=fields).json()
    environment = variables["CHILI_ENVIRONMENT"]
    url = f"{variables['CHILI_BASE_URL']}/api/v1/environment/{environment}/templates"
    headers = {"Authorization": f"Bearer {grant['access_token']}"}
    threads = [
        threading.Thread(target=ask, args=(url, headers, each))
        for _ in range(CONNECTIONS)
    ]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - start
    rate = CONNECTIONS * each / taken
    what = f"simulator, listings over {CONNECTIONS} connections"
    return Row(what, "", None, f"{rate:.0f} a second")


def slowest_render(formats):
    """Make each output five times, and return the slowest of the fastest ones.

    The client asks for an output when it expects the end, which it has to learn.
    """
    taken = {}
    with login() as chili:
        for template in chili.templates.list():
            for output_format in formats:
                name = f"{template.name}, {output_format}"
                taken[name] = min(
                    seconds(lambda t=template, f=output_format: make(chili, t, f))
                    for _ in range(5)
                )
    name, slowest_s = max(taken.items(), key=lambda pair: pair[1])
    what = f"simulator, slowest render of {len(taken)} ({name})"
    return Row(what, "", None, f"{1000 * slowest_s:.0f} ms", "≤ 150 ms")


def make(chili, template, output_format):
    """Make an output."""
    chili.outputs.create(template, output_format)


def ask(url, headers, each):
    """Ask for the listing again and again."""
    with httpx.Client(headers=headers) as client:
        for _ in range(each):
            assert client.get(url).status_code == 200
