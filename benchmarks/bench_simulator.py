"""Prints what the simulator holds: ``python benchmarks/bench_simulator.py``.

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

ROOT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-m", "chili_notebook.simulator")
CONNECTIONS, REQUESTS_EACH = 4, 500


def main():
    """Serve, ask, and print how many answers came in a second."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            lines = iter(process.stdout.readline, "\n")
            report(dict(line.strip().split("=", 1) for line in lines))
        finally:
            process.send_signal(signal.SIGINT)


def report(variables):
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
        threading.Thread(target=ask, args=(url, headers)) for _ in range(CONNECTIONS)
    ]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - start
    count = CONNECTIONS * REQUESTS_EACH
    print(
        f"{count} listings of {CONNECTIONS} connections: {count / taken:.0f} a second"
    )


def ask(url, headers):
    """Ask for the listing again and again."""
    with httpx.Client(headers=headers) as client:
        for _ in range(REQUESTS_EACH):
            assert client.get(url).status_code == 200


if __name__ == "__main__":
    main()
