"""What nouns and items show of themselves, and what completion offers."""

from __future__ import annotations

import pytest

import chili_notebook


@pytest.fixture
def chili(simulator, signed_in):
    """Return a client of the simulator."""
    with signed_in(simulator) as chili:
        yield chili


def test_noun_shows_its_methods_and_what_they_do(chili):
    """Its text names the methods, and its table explains each."""
    assert repr(chili.templates).startswith("<Templates: create, delete, get")
    lines = chili.outputs._repr_mimebundle_()["text/plain"].splitlines()
    assert lines[0].split() == ["Name", "What", "it", "does"]
    assert [line.split()[0] for line in lines[1:-1]] == [
        "batch()",
        "create()",
        "settings",
        "start()",
        "task()",
    ]
    assert all(len(line.split()) > 2 for line in lines)


@pytest.mark.parametrize(
    "make",
    [
        lambda chili: chili.fonts.list()[0],
        lambda chili: chili.outputs.settings.list()[0],
        lambda chili: chili.templates.list()[0].variables()[0],
        lambda chili: chili.templates.list()[0].layouts()[0],
    ],
)
def test_item_without_a_picture_shows_its_fields(make, chili):
    """Its class, ID or name and other fields are rows of a table."""
    item = make(chili)
    lines = item._repr_mimebundle_()["text/plain"].splitlines()
    assert lines[0] == type(item).__name__
    assert ["name", *item.name.split()] in [line.split() for line in lines]
    assert f">{item.name}</td>" in (item._repr_mimebundle_()["text/html"])


def test_completion_offers_what_users_need(chili):
    """The token, the client and the package show no attributes of libraries."""
    names = [name for name in dir(chili.token) if not name.startswith("_")]
    assert names == ["expired", "expires_at", "expires_in", "scopes"]
    assert not {"clock", "link", "sleep"} & set(dir(chili))
    public = {name for name in dir(chili_notebook) if not name.startswith("_")}
    hooks = {"load_ipython_extension", "unload_ipython_extension"}
    assert public - hooks == set(chili_notebook.__all__) - {"__version__"}
