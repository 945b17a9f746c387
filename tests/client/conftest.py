"""Fixtures for the tests of the client against the simulator."""

from __future__ import annotations

import io
from importlib import resources

import pytest
from PIL import ImageFont


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


@pytest.fixture(scope="session")
def fredoka():
    """Return a font file that the simulator has."""
    folder = resources.files("font_fredoka_one") / "files"
    return (folder / "FredokaOne-Regular.ttf").read_bytes()


@pytest.fixture(scope="session")
def other_font(fredoka):
    """Return a font whose family the simulator does not have."""
    content = fredoka
    for encoding in ("ascii", "utf-16-be"):
        content = content.replace(
            "Fredoka".encode(encoding), "Kestrel".encode(encoding)
        )
    assert ImageFont.truetype(io.BytesIO(content)).getname()[0] == "Kestrel One"
    return content
