"""Compare first steps in fresh kernels and scripts with those of other packages."""

from __future__ import annotations

import os
import subprocess
import sys

import nbformat
from nbclient import NotebookClient
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


def in_kernel(code):
    """Return a function that runs code in a fresh kernel and returns its seconds."""

    def run():
        cell = nbformat.v4.new_code_cell(TIMED.format(code=code))
        notebook = nbformat.v4.new_notebook(cells=[cell])
        NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
        printed = [out["text"] for out in cell.outputs if "text" in out]
        return float("".join(printed).split()[-1]) / 1000

    return run


def in_script(code):
    """Return a function that runs code in a fresh interpreter."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True) and None


def rows(*, smoke=False):
    """Return the rows of the table."""
    rounds = 1 if smoke else 3
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
                ("dotenv", "dotenv + httpx + card", CARD, ""),
                ("databricks.sdk", "databricks-sdk", DATABRICKS, ""),
            ]
            for module, peer, code, aim in peers[1:2] if smoke else peers:
                what = (
                    "first `%chili_login`, plain card, "
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
    return result
