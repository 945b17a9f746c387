"""No protected value leaves a real kernel by any channel, and each channel is real.

Runs on the ipykernel of this environment, and on that of the Python that
``CHILI_OTHER_PYTHON`` names.
"""

from __future__ import annotations

import os
import sys

import pytest
from leaks.channels import CANARIES, CHANNELS
from leaks.kernels import run
from leaks.search import leaks

PYTHONS = {"this": sys.executable, "other": os.environ.get("CHILI_OTHER_PYTHON", "")}
VALUES = tuple(CANARIES.values())


@pytest.fixture(scope="module", params=PYTHONS)
def python(request):
    """Give a Python whose ipykernel is tried."""
    if not PYTHONS[request.param]:
        pytest.skip("CHILI_OTHER_PYTHON names no Python with another ipykernel")
    return PYTHONS[request.param]


@pytest.fixture(scope="module")
def unguarded(python, tmp_path_factory):
    """Give what leaves a kernel in which nothing is masked."""
    return run(python, tmp_path_factory.mktemp("unguarded"), guarded=False)


@pytest.fixture(scope="module")
def guarded(python, tmp_path_factory):
    """Give what leaves a kernel in which the values are protected."""
    return run(python, tmp_path_factory.mktemp("guarded"), guarded=True)


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_channel(channel, unguarded, guarded):
    """Without the guard a value leaves by this channel, and with it none does."""
    bare = unguarded.channels[channel.name]
    if channel.needs and f"No module named '{channel.needs}'" in str(bare):
        pytest.skip(f"{channel.needs} is not installed")
    assert leaks(bare, VALUES), "this channel shows nothing"
    assert leaks(guarded.channels[channel.name], VALUES) == []


def test_saved_notebook(unguarded, guarded):
    """Neither outputs nor widget state of the saved notebook hold a value."""
    assert leaks(unguarded.saved["cells"], VALUES)
    assert leaks(unguarded.saved["metadata"]["widgets"], VALUES)
    assert guarded.saved["metadata"]["widgets"]
    assert leaks(guarded.saved, VALUES) == []


def test_channels_have_names_of_their_own():
    """No two rows of the matrix are confused."""
    assert len({channel.name for channel in CHANNELS}) == len(CHANNELS)
