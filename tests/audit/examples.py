"""Saved files that contain a secret, for the tests of the audit."""

from __future__ import annotations

import nbformat

from chili_notebook.auth.secret import Secret
from chili_notebook.guard.registry import KnownSecret

TOKEN = "eyJhbGciOiJub25lIn0.e30.c2lnbmF0dXJl/with+signs=="
KNOWN = (KnownSecret("access token", "It cannot be revoked.", Secret(TOKEN)),)


def write_notebook(path, *cells, widgets=None):
    """Write a notebook whose cells are pairs of source and output."""
    notebook = nbformat.v4.new_notebook()
    for source, text in cells:
        output = nbformat.v4.new_output("display_data", data={"text/plain": text})
        notebook.cells.append(nbformat.v4.new_code_cell(source, outputs=[output]))
    if widgets is not None:
        notebook.metadata["widgets"] = widgets
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def places_of(findings):
    """Return the place and the position of each finding."""
    return [(finding.place, finding.where) for finding in findings]
