"""Fixtures for the tests of batches: a render service, and batches of it."""

from __future__ import annotations

import pytest
from render_service import RenderService


@pytest.fixture
def service():
    """Return a render service with a controlled clock."""
    return RenderService()


@pytest.fixture
def prepare(service):
    """Return a function that prepares a batch of the service's template."""

    def prepare(table=6, kind="jpg", *, chili=None, **options):
        rows = rows_of(table) if isinstance(table, int) else table
        options = {"folder": "out", "name": "{sku}"} | options
        return (chili or service.client()).outputs.batch("t", rows, kind, **options)

    return prepare


def rows_of(count):
    """Return a table with so many valid rows."""
    return [
        {"sku": f"s{number}", "Product": f"Jam {number}", "Price": str(number + 1)}
        for number in range(count)
    ]
