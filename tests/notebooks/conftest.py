"""Fixtures for the tests that run notebooks, kernels and scripts."""

from __future__ import annotations

import time

import nbformat
import pytest

from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Server, TokenEndpoint, login_urls


@pytest.fixture(scope="module")
def endpoint():
    """Return a token endpoint that uses the real clock, as kernels do."""
    return TokenEndpoint(time.time)


@pytest.fixture
def login_variables(endpoint):
    """Return the variables that sign in to the token endpoint, by name."""
    with Server(endpoint) as server:
        yield {
            "CHILI_CLIENT_ID": CLIENT_ID,
            "CHILI_CLIENT_SECRET": CLIENT_SECRET,
            "CHILI_ENVIRONMENT": "cp-abc-123",
            **login_urls(server),
        }


@pytest.fixture
def write_notebook():
    """Return a function that writes `notebook.ipynb` with these code cells."""

    def write(cells):
        kernel = {"name": "python3", "display_name": "", "language": "python"}
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": kernel},
        )
        nbformat.write(notebook, "notebook.ipynb")

    return write
