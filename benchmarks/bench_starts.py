"""Compare first steps in fresh kernels and scripts with those of other packages."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager

from jupyter_client.manager import start_new_kernel
from side_by_side import compare, credentials_for, missing, stub_server

TIMED = """
import time
start = time.perf_counter()
{code}
print(1000 * (time.perf_counter() - start))
"""
LOAD = "get_ipython().run_line_magic('load_ext', {!r})"
LOGIN = (
    f"{LOAD.format('chili_notebook')}\nget_ipython().run_line_magic('chili_login', '')"
)
FIELDS = """
import os, httpx
httpx.post(os.environ["CHILI_TOKEN_URL"], json={
    "grant_type": "client_credentials", "audience": "https://chiligrafx.com",
    "client_id": os.environ["CHILI_CLIENT_ID"],
    "client_secret": os.environ["CHILI_CLIENT_SECRET"]}).json()
"""
CARD = f"""
import dotenv, ipywidgets
from IPython.display import display
dotenv.load_dotenv()
{FIELDS}
display(ipywidgets.HTML("<b>Signed in</b>"))
"""
DATABRICKS = """
import os
from databricks.sdk.oauth import ClientCredentials
ClientCredentials(client_id=os.environ["CHILI_CLIENT_ID"],
    client_secret=os.environ["CHILI_CLIENT_SECRET"],
    token_url=os.environ["CHILI_TOKEN_URL"], use_header=True).token()
"""


@contextmanager
def kernel():
    """Start a kernel; return a function that runs code in it and returns its seconds.

    A notebook accepts input, so the card is the live one.
    """
    manager, client = start_new_kernel(kernel_name="python3", stderr=subprocess.DEVNULL)

    def run(code):
        printed = []

        def collect(message):
            assert message["msg_type"] != "error", message["content"]["evalue"]
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        client.execute_interactive(
            TIMED.format(code=code), allow_stdin=True, output_hook=collect, timeout=60
        )
        return float("".join(printed).split()[-1]) / 1000

    try:
        yield run
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def in_kernel(code):
    """Return a function that runs code in a fresh kernel and returns its seconds."""

    def once():
        with kernel() as run:
            return run(code)

    return once


def in_script(code):
    """Return a function that runs code in a fresh interpreter."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True) and None


def rows(*, smoke=False):
    """Return the rows of the table."""
    rounds = 1 if smoke else 5
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for code in ("from chili_notebook import login", "import httpx"):
        in_script(code)()  # compiles
    result = [
        compare(
            "`from chili_notebook import login`, new process",
            in_script("from chili_notebook import login"),
            in_script("import httpx"),
            peer="import httpx",
            rounds=rounds,
            aim="≤ 1.40",
        )
    ]
    result.append(
        compare(
            "`%load_ext chili_notebook`, fresh kernel",
            in_kernel(LOAD.format("chili_notebook")),
            in_kernel(LOAD.format("dotenv")),
            peer="dotenv",
            rounds=rounds,
            aim="≤ 1.00",
        )
        if not (gone := missing("dotenv"))
        else gone
    )
    for grant_s in (0.0,) if smoke else (0.0, 0.15):
        with stub_server(grant_s=grant_s) as origin:
            credentials_for(origin)
            peers = [
                ("httpx", "httpx.post", FIELDS, "≤ 1.10" if grant_s else ""),
                ("dotenv", "dotenv + httpx + card", CARD, "" if grant_s else "≤ 1.05"),
                ("databricks.sdk", "databricks-sdk", DATABRICKS, ""),
            ]
            for module, peer, code, aim in peers[1:2] if smoke else peers:
                what = (
                    "first `%chili_login`, live card, "
                    f"endpoint of {grant_s * 1000:.0f} ms"
                )
                result.append(
                    missing(module)
                    or compare(
                        what,
                        in_kernel(LOGIN),
                        in_kernel(code),
                        peer=peer,
                        rounds=rounds,
                        aim=aim,
                    )
                )
    return [*result, *later_logins(rounds, cells=2 if smoke else 500)]


def later_logins(rounds, *, cells):
    """Return the rows of logins that are not the first of their kernel."""
    again = LOGIN.splitlines()[-1]
    with stub_server() as origin:
        credentials_for(origin)
        with kernel() as run, kernel() as run_after_cells:
            run(LOGIN)
            run_after_cells(LOGIN)
            for number in range(cells):
                run_after_cells(f"print({number}, 'of many cells')")
            return [
                compare(
                    "later `%chili_login`",
                    lambda: run(again),
                    lambda: run(FIELDS),
                    peer="httpx.post",
                    rounds=5 * rounds,
                    aim="≤ 1.00",
                ),
                compare(
                    f"later `%chili_login`, after {cells} cells",
                    lambda: run_after_cells(again),
                    lambda: run(again),
                    peer="the same after one cell",
                    rounds=5 * rounds,
                    aim="≤ 1.10",
                ),
            ]
