"""Fixtures for the tests of the client against the simulator."""

from __future__ import annotations

import pytest


@pytest.fixture
def chili(simulator, signed_in):
    """Return a client that is signed in to the simulator and uses its clock."""
    with signed_in(simulator) as client:
        yield client
