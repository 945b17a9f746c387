"""No channel sends a protected value from a real kernel to a front-end.

Each channel also runs without the guard: there it must send the value. The tests use
the ipykernel of this environment, and that of the Python in ``CHILI_OTHER_PYTHON``.
"""

from __future__ import annotations

import os
import sys

import pytest
from leaks.channels import CANARIES, CHANNELS
from leaks.kernels import run
from leaks.search import leaks, texts_in

PYTHONS = {"this": sys.executable, "other": os.environ.get("CHILI_OTHER_PYTHON", "")}
VALUES = tuple(CANARIES.values())


@pytest.fixture(scope="module", params=PYTHONS)
def python(request):
    """Return a Python whose ipykernel is tested."""
    if not PYTHONS[request.param]:
        pytest.skip("CHILI_OTHER_PYTHON names no Python with another ipykernel")
    return PYTHONS[request.param]


@pytest.fixture(scope="module")
def unguarded(python, tmp_path_factory):
    """Return everything that a kernel without the guard sends."""
    return run(python, tmp_path_factory.mktemp("unguarded"), guarded=False)


@pytest.fixture(scope="module")
def guarded(python, tmp_path_factory):
    """Return everything that a kernel with the guard sends."""
    return run(python, tmp_path_factory.mktemp("guarded"), guarded=True)


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_channel_is_masked(channel, unguarded, guarded):
    """Without the guard this channel sends a value; with the guard a mask."""
    bare = unguarded.channels[channel.name]
    if channel.needs and f"No module named '{channel.needs}'" in str(bare):
        pytest.skip(f"{channel.needs} is not installed")
    assert leaks(bare, VALUES), "this channel shows nothing"
    masked = guarded.channels[channel.name]
    assert leaks(masked, VALUES) == []
    assert "***" in "".join(texts_in(masked))


def test_saved_notebook_is_masked(unguarded, guarded):
    """Neither outputs nor widget state of the saved notebook contain a value."""
    assert leaks(unguarded.saved["cells"], VALUES)
    assert leaks(unguarded.saved["metadata"]["widgets"], VALUES)
    assert guarded.saved["metadata"]["widgets"]
    assert leaks(guarded.saved, VALUES) == []


def test_names_of_channels_are_unique():
    """The messages of a channel are collected by its name."""
    assert len({channel.name for channel in CHANNELS}) == len(CHANNELS)
