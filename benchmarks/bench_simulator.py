"""Measure how many listings the simulator serves.

A process of its own serves, and this one asks for a listing over four connections.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
from side_by_side import Row

ROOT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-m", "chili_notebook.simulator")
CONNECTIONS, REQUESTS_EACH = 4, 500


def rows(*, smoke=False):
    """Return how many listings came in a second."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            lines = iter(process.stdout.readline, "\n")
            variables = dict(line.strip().split("=", 1) for line in lines)
            return [report(variables, 5 if smoke else REQUESTS_EACH)]
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


def ask(url, headers, each):
    """Ask for the listing again and again."""
    with httpx.Client(headers=headers) as client:
        for _ in range(each):
            assert client.get(url).status_code == 200
