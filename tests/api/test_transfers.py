"""Paths of downloaded files: safe on every disk, and different from each other."""

from __future__ import annotations

from pathlib import PurePosixPath

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook import TransferState
from chili_notebook.api.file_names import bare_name, same_file_key
from chili_notebook.api.transfers import paths_on_disk
from chili_notebook.errors import ServerError

TEXTS = st.text(max_size=6) | st.sampled_from(
    ["..", ".", "a", "A", "é", "e\u0301", "con", "NUL.png", "x.png", "ß", "ss", "a."]
)


@given(st.lists(st.tuples(st.lists(TEXTS, max_size=3).map("/".join), TEXTS)))
def test_paths_stay_below_the_folder_and_differ(files):
    """No part is empty, hidden or a climb; no two paths are the same file."""
    paths = paths_on_disk(files)
    assert len(paths) == len(files)
    assert len({same_file_key(str(path)) for path in paths}) == len(files)
    for path in paths:
        assert not path.is_absolute()
        assert not any(part.startswith(".") or not part for part in path.parts)
        assert not any(set(part) & set('\\:<>"|?*') for part in path.parts)
    folders = {same_file_key(str(parent)) for path in paths for parent in path.parents}
    assert not folders & {same_file_key(str(path)) for path in paths}


def test_equal_names_get_numbers():
    """The folders count too, and a file may have the name of a folder."""
    files = [("a", "x.png"), ("A", "X.PNG"), ("", "a"), ("a", "x.png")]
    expected = ["a/x.png", "A/X (2).PNG", "a (2)", "a/x (3).png"]
    assert paths_on_disk(files) == list(map(PurePosixPath, expected))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("con", "_con"),
        ("LPT1.png", "_LPT1.png"),
        ("console.png", "console.png"),
        ("what? why*.png", "what- why-.png"),
        ("ends with dots. .", "ends with dots"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", ""),
    ],
)
def test_name_can_be_used_on_every_system(text, name):
    """Windows reserves characters, names of devices, and dots at the end."""
    assert bare_name(text) == name


def test_reason_of_the_server_refuses_one_file(client_of, tmp_path):
    """GraFx may respond with 500 to a file that it cannot read; the others follow."""
    for name in ("a.png", "b.png"):
        tmp_path.joinpath(name).write_bytes(b"png")

    def api(request):
        if request.method == "GET":
            return httpx.Response(200, json={"data": []})
        if "a.png" in str(request.url):
            return httpx.Response(500, json={"title": "No", "detail": "Not a picture"})
        return httpx.Response(200, json={"id": "1"})

    first, second = client_of(api).media.upload_folder(tmp_path)
    assert (first.state, first.reason) == (TransferState.REFUSED, "Not a picture")
    assert second.state is TransferState.UPLOADED


def test_outage_ends_the_upload_of_a_folder(client_of, tmp_path):
    """An error 500 without a reason is not about one file."""
    for name in ("a.png", "b.png"):
        tmp_path.joinpath(name).write_bytes(b"png")
    title = {"title": "An error occurred while processing your request.", "status": 500}

    def api(request):
        if request.method == "GET":
            return httpx.Response(200, json={"data": []})
        return httpx.Response(500, json=title)

    with pytest.raises(ServerError):
        client_of(api).media.upload_folder(tmp_path)
