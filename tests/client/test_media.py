"""Media of the simulator: previews, downloads and uploads."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from chili_notebook.errors import ConfigurationError


@pytest.fixture(scope="module")
def png():
    """Return the bytes of a PNG."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "#c8102e").save(file, "PNG")
    return file.getvalue()


def test_media_are_listed_previewed_and_downloaded(chili, tmp_path):
    """A download is the original, in its own size; a preview is smaller."""
    media = chili.media.list()[0]
    assert chili.media.get(media.id) == media
    preview = media.preview("thumbnail")
    assert "image/png" in preview._repr_mimebundle_()[0]
    saved = media.download(tmp_path)
    assert saved.parent == tmp_path
    with Image.open(saved) as original:
        assert original.size == (media.width, media.height)
    assert max(Image.open(io.BytesIO(preview.content)).size) < media.width


def test_path_and_bytes_are_uploaded(chili, tmp_path, png):
    """An upload is found by its name, and its download has the same bytes."""
    path = tmp_path / "red.png"
    path.write_bytes(png)
    for source, name in ((path, None), (png, "bytes.png")):
        media = chili.media.upload(source, name=name)
        assert media in list(chili.media.list(search=media.name))
        assert media.download(tmp_path / "downloads").read_bytes() == png


@pytest.mark.parametrize("bytes_type", [bytes, bytearray, memoryview])
def test_any_type_of_bytes_is_uploaded_to_the_default_folder(
    chili, tmp_path, png, bytes_type
):
    """`folder=None` is the default folder."""
    media = chili.media.upload(bytes_type(png), name="red.png", folder=None)
    assert media.relative_path == "/Upload"
    assert media.download(tmp_path).read_bytes() == png
    assert media.metadata == media.raw["metaData"]


def test_upload_takes_the_extension_of_the_file(chili, tmp_path, monkeypatch, png):
    """A name without an extension gets that of the file; `~` is the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "red.png").write_bytes(png)
    media = chili.media.upload("~/red.png", name="hero")
    assert (media.name, media.extension) == ("hero", "png")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "has no name"),
        ({"name": "hero"}, "'hero' does not end with a file type"),
        ({"name": "hero.txt"}, "type 'txt'"),
    ],
)
def test_bytes_need_a_name_with_a_known_extension(chili, png, options, message):
    """The error states what is wrong with the name, and the hint lists the types."""
    with pytest.raises(ConfigurationError, match=message) as caught:
        chili.media.upload(png, **options)
    assert "png" in caught.value.hint


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        ("missing.png", {}, "missing.png"),
        ("~no-such-user/a.png", {}, "no such home folder"),
        (b"", {"name": "a.png"}, "empty"),
        (b"bytes", {"name": "a.png", "folder": "/"}, "folder"),
    ],
)
def test_wrong_file_is_refused_before_a_request(
    chili, simulator, file, options, message
):
    """A missing file, an empty file and the root folder raise; nothing is sent."""
    with pytest.raises(ConfigurationError, match=message):
        chili.media.upload(file, **options)
    assert not [one for one in simulator.state.requests if "/media" in one.path]


@pytest.mark.parametrize("as_path", [True, False])
def test_upload_is_replayed_after_401(chili, simulator, tmp_path, png, as_path):
    """The second request has a new token, and contains the complete file again."""
    path = tmp_path / "red.png"
    path.write_bytes(png)
    simulator.state.faults.add("token_expires", path="media")
    media = chili.media.upload(path if as_path else png, name="red.png")
    assert media.download(tmp_path / "downloads").read_bytes() == png
    uploads = [
        one
        for one in simulator.state.requests
        if one.method == "POST" and one.path.endswith("/media")
    ]
    assert len(uploads) == 2


def test_download_to_a_path_that_cannot_be_written_raises(chili):
    """The error is a ConfigurationError and not an OSError."""
    Path("file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="exists and is not a folder"):
        chili.media.list()[0].download(Path("file", "a.png"))
