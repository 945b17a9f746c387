"""Saved files that contain a secret, for the tests of the audit."""

from __future__ import annotations

import os
import subprocess

import nbformat

from chili_notebook.audit.findings import AuditSettings, SecretFinder
from chili_notebook.audit.search import audit
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


def run_audit(*paths, known=KNOWN, fix=False, **sources):
    """Return the result of an audit of these paths."""
    settings = AuditSettings(SecretFinder(known), fix=fix)
    return audit(settings, paths, **sources)


def find(*paths, **options):
    """Return the findings of an audit of these paths."""
    return run_audit(*paths, **options).findings


def places_of(findings):
    """Return the place and the position of each finding."""
    return [(finding.place, finding.where) for finding in findings]


def git(*arguments, **environ):
    """Run git in the working directory, without the settings of this machine."""
    names = ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME")
    mails = ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL")
    fixed = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **dict.fromkeys(names, "a"),
        **dict.fromkeys(mails, "a@example.com"),
    }
    return subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | fixed | environ,
    ).stdout
