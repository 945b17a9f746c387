"""Compare an audit for 20 secrets with one for a single secret.

The folder has generated notebooks of one megabyte each.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from pathlib import Path

from side_by_side import compare

from chili_notebook.audit.findings import AuditSettings, SecretFinder
from chili_notebook.audit.search import audit
from chili_notebook.auth.secret import Secret
from chili_notebook.guard.registry import KnownSecret

MEGABYTE = 1_000_000


def rows(*, smoke=False):
    """Return the rows of the table."""
    megabytes, rounds = (1, 1) if smoke else (50, 5)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(megabytes):
            write_notebook(Path(folder, f"{number}.ipynb"))

        def search(count):
            known = [
                KnownSecret(f"secret {number}", "", Secret(secrets.token_urlsafe(36)))
                for number in range(count)
            ]
            settings = AuditSettings(SecretFinder(known))
            return lambda: audit(settings, [Path(folder)])

        return [
            compare(
                f"audit of {megabytes} MB, 20 secrets",
                search(20),
                search(1),
                peer="the same with one secret",
                rounds=rounds,
            )
        ]


def write_notebook(path):
    """Write a notebook of one megabyte: texts, and a picture in hexadecimal."""
    text = [f"line {number} of the output\n" for number in range(15_000)]
    picture = secrets.token_hex(MEGABYTE // 4)
    data = {"text/plain": text, "image/png": picture}
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    cell = {"cell_type": "code", "source": "show()", "metadata": {}, "id": "a"}
    cell |= {"execution_count": 1, "outputs": [output]}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook, indent=1))
