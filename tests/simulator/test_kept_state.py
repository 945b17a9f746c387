"""A folder keeps the simulator's state from one start to the next."""

from __future__ import annotations

import stat
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from chili_notebook.simulator import Simulator
from conftest import CLIENT_ID

LISTINGS = ("templates", "projects", "media", "output/settings", "template-collections")


@pytest.fixture
def started(connect):
    """Give what starts a simulator on a folder, and signs in to it."""

    @contextmanager
    def started(folder):
        with Simulator(data=folder) as simulator, connect(simulator) as api:
            yield simulator, api

    return started


def test_state_is_kept_in_a_folder(started):
    """Templates, projects, media, settings and the client itself are there again."""
    folder = Path("kept")
    content = BytesIO()
    Image.new("RGB", (30, 20), "red").save(content, "PNG")
    with started(folder) as (first, api):
        (template, *_) = api.get("templates").json()["data"]
        named = {"template": {"id": template["id"]}, "name": "Mine"}
        api.post("projects", json=named)
        api.put(f"templates/{template['id']}", params={"name": "Renamed"})
        api.post("media", files={"file": ("red.png", content.getvalue())})
        api.post("output/settings/pdf", json={"name": "Print"})
        api.post("template-collections", json={"name": "Autumn"})
        seen = {path: api.get(path).json() for path in LISTINGS}
        client = first.integration
    with started(folder) as (second, api):
        assert second.integration == client
        assert {path: api.get(path).json() for path in LISTINGS} == seen
        (red,) = api.get("media", params={"search": "red"}).json()["data"]
        file = api.get(f"media/{red['id']}/download")
        assert file.content == content.getvalue()
        api.delete(f"media/{red['id']}")
    assert not list(folder.glob(f"*{red['id']}*"))
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_deleted_stays_away(started):
    """The last collection, template, project and media do not come back."""
    folder = Path("kept")
    paths = ("template-collections", "templates", "projects", "media")
    with started(folder) as (_, api):
        for path in paths:
            for item in api.get(path).json()["data"]:
                assert api.delete(f"{path}/{item['id']}").is_success
    with started(folder) as (_, api):
        assert [api.get(path).json()["data"] for path in paths] == [[]] * 4


def test_without_a_folder_nothing_is_kept(started):
    """A simulator of its own begins anew, and writes nothing."""
    with started(None) as (first, api):
        api.post("template-collections", json={"name": "Autumn"})
    with started(None) as (second, api):
        listed = api.get("template-collections").json()["data"]
        assert [collection["name"] for collection in listed] == ["Shop window"]
        assert second.client_secret != first.client_secret
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("templates", "{"),
        ("templates", '[{"id": "a"}]'),
        ("media", '[{"id": "a"}]'),
        ("integration", f'{{"id": "{CLIENT_ID}"}}'),
        ("integration", '{"client_id": 1, "client_secret": 2}'),
        ("integration", "[]"),
        *(
            (name, content)
            for name in ("templates", "projects", "media", "collections", "settings")
            for content in ("[1]", '{"a": 1}', "5", '"a"', "\xff")
        ),
        ("collections", '[{"id": "a", "name": "b", "templates": [1]}]'),
        ("collections", "{}"),
        ("settings", "[]"),
        ("settings", "{}"),
    ],
)
def test_a_folder_of_something_else_is_refused(name, content):
    """What the simulator did not write is an error, and stays as it is."""
    file = Path("kept") / f"{name}.json"
    file.parent.mkdir()
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=r"."):
        Simulator(data=file.parent)
    assert file.read_bytes() == content.encode("latin-1")
