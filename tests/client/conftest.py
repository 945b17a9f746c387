"""Fixtures for the tests of the client against the simulator."""

from __future__ import annotations

import pytest


@pytest.fixture
def chili(simulator, signed_in):
    """Return a client that is signed in to the simulator and uses its clock."""
    with signed_in(simulator) as client:
        yield client


@pytest.fixture
def template(chili):
    """Return the template that the quickstart notebook renders."""
    return chili.templates.list(search="Spring social post")[0]


@pytest.fixture
def continue_after_failure(chili):
    """Return a PDF output setting with which GraFx leaves failed records out."""
    return chili.outputs.settings.create(
        "pdf", name="Continue", continueBatchOutputAfterFailure=True
    )
