"""What the tests of this folder share."""

from __future__ import annotations

import time

import pytest

from fakes import TokenEndpoint


@pytest.fixture(scope="module")
def endpoint():
    """Give the behaviour of a token endpoint, by the real clock, as kernels read."""
    return TokenEndpoint(time.time)
