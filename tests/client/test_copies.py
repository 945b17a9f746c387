"""Copies and pickles of everything that a user can hold."""

from __future__ import annotations

import copy
import pickle
from dataclasses import asdict, is_dataclass, replace

import pandas as pd
import pytest

NOUNS = {
    "client": lambda chili: chili,
    "token": lambda chili: chili.token,
    "templates": lambda chili: chili.templates,
    "projects": lambda chili: chili.projects,
    "media": lambda chili: chili.media,
    "fonts": lambda chili: chili.fonts,
    "outputs": lambda chili: chili.outputs,
    "settings": lambda chili: chili.outputs.settings,
}
LISTINGS = {
    "list of templates": lambda chili: chili.templates.list(),
    "list of media": lambda chili: chili.media.list(),
    "list of fonts": lambda chili: chili.fonts.list(),
    "list of settings": lambda chili: chili.outputs.settings.list(),
    "pages": lambda chili: chili.pages("templates"),
}
ITEMS = {
    "template": lambda chili: chili.templates.list()[0],
    "project": lambda chili: chili.projects.create(chili.templates.list()[0]),
    "media file": lambda chili: chili.media.list()[0],
    "font family": lambda chili: chili.fonts.list()[0],
    "font style": lambda chili: chili.fonts.list()[0].styles()[0],
    "task": lambda chili: chili.outputs.start(chili.templates.list()[0], "png"),
}
DATA = {
    "variables": lambda chili: chili.templates.list()[0].variables(),
    "layouts": lambda chili: chili.templates.list()[0].layouts(),
    "setting": lambda chili: chili.outputs.settings.list()[0],
    "picture": lambda chili: chili.media.list()[0].thumbnail(),
    "output": lambda chili: chili.outputs.create(chili.templates.list()[0], "png"),
    "gallery": lambda chili: chili.media.list().gallery(at_most=2),
    "environment": lambda chili: chili.environment,
}


def of(makers):
    """Parametrize a test with each of these makers."""
    return pytest.mark.parametrize("make", makers.values(), ids=makers)


@of(NOUNS | LISTINGS)
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_what_is_signed_in_is_the_same_object(chili, make, copied):
    """A copy uses the same connections, and counts the same renders."""
    original = make(chili)
    assert copied(original) is original


@of(ITEMS | DATA)
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_an_item_is_equal(chili, make, copied):
    """Code that copies its arguments works with items and with data."""
    original = make(chili)
    assert copied(original) == original


@of(ITEMS | DATA)
def test_fields_of_an_item_become_a_dict(chili, make):
    """`dataclasses.asdict` and `replace` work with each dataclass."""
    item = make(chili)
    if is_dataclass(item):
        assert asdict(item).keys() == asdict(replace(item)).keys()


def test_a_deep_copy_of_an_item_does_not_share_its_json(chili):
    """A change of the copy's `raw` leaves the original as it is."""
    template = chili.templates.list()[0]
    copy.deepcopy(template).raw["name"] = "changed"
    assert template.raw["name"] == template.name


@of(LISTINGS)
def test_a_listing_becomes_a_data_frame(chili, make):
    """`pandas.DataFrame` takes a listing, and a slice of it."""
    listing = make(chili)
    assert len(pd.DataFrame(listing)) == len(list(listing))
    assert len(pd.DataFrame(listing[:2])) == len(listing[:2])


@of(NOUNS | LISTINGS | ITEMS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_of_what_is_signed_in_is_refused(chili, make, protocol):
    """The error says what to do in a worker process."""
    with pytest.raises(TypeError, match=r"Call chili_notebook\.login\(\)"):
        pickle.dumps([make(chili)], protocol)


@of(DATA)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_data_can_be_pickled(chili, make, protocol):
    """A worker process gets the same data, and tables still show as tables."""
    data = make(chili)
    received = pickle.loads(pickle.dumps(data, protocol))  # noqa: S301 - our own
    assert received == data
    if hasattr(data, "_repr_mimebundle_"):
        assert received._repr_mimebundle_() == data._repr_mimebundle_()
