"""Media of the simulator: previews, downloads and uploads."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from chili_notebook import TransferState
from chili_notebook.errors import ConfigurationError, NotFoundError, ServerError


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
    bundle = media._repr_mimebundle_()
    assert "data:image/png;base64," in bundle["text/html"]
    assert f">{media.id}</td>" in bundle["text/html"]
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
        (b"bytes", {"name": 7}, "Expected a name, got a value of the type int"),
        (os.devnull, {"name": "a.png"}, "not a regular file"),
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


def states_of(transfers):
    """Return the state of each transfer, by its name."""
    return {one.name: one.state.value for one in transfers}


def write_tree(root, files):
    """Write files, and the folders that they are in."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_folder_is_uploaded_without_what_is_there(chili, tmp_path, png):
    """The second call uploads only what is new; files that GraFx refuses are named."""
    write_tree(
        tmp_path / "campaign",
        {
            "a.png": png,
            "spring/b.png": png,
            "spring/deep/c.jpeg": png,
            "notes.txt": b"text",
            "empty.png": b"",
            "broken.png": b"not a picture",
            ".hidden.png": png,
            ".git/d.png": png,
        },
    )
    done = chili.media.upload_folder("campaign", folder="Campaign/")
    assert states_of(done) == {
        "/Campaign/a.png": "uploaded",
        "/Campaign/broken.png": "refused",
        "/Campaign/empty.png": "refused",
        "/Campaign/notes.txt": "refused",
        "/Campaign/spring/b.png": "uploaded",
        "/Campaign/spring/deep/c.jpeg": "uploaded",
    }
    assert all(one.reason for one in done if one.state is TransferState.REFUSED)
    assert chili.media.get(done[0].id).relative_path == "/Campaign"
    write_tree(tmp_path / "campaign", {"spring/new.png": png})
    again = states_of(chili.media.upload_folder("campaign", folder="/Campaign"))
    assert again.pop("/Campaign/spring/new.png") == "uploaded"
    assert set(again.values()) == {"already there", "refused"}
    assert chili.media.list(folder="/Campaign", subfolders=True).total == 4


def test_names_that_grafx_takes_for_the_same_are_uploaded_once(chili, tmp_path, png):
    """The second file of a folder with such a name is refused, in each call."""
    write_tree(
        tmp_path / "same",
        {"a.jpg": png, "a.jpeg": png, "b.PNG": png, "b.png": png}
        | {"\u00e9.png": png, "e\u0301.png": png, "soft\u00ad.png": png},
    )
    for expected in ("uploaded", "already there"):
        states = states_of(chili.media.upload_folder("same", folder="/Same"))
        assert sorted(states.values()).count("refused") == 3
        assert sorted(states.values()).count(expected) == 4
        assert states["/Same/a.jpg"] == "refused"
    assert chili.media.list(folder="/Same").total == 4


def test_upload_of_a_folder_continues_after_an_error(chili, simulator, tmp_path, png):
    """An error of the server ends the call; the same call uploads the rest."""
    write_tree(tmp_path / "more", {"a.png": png, "b.png": png})
    simulator.state.faults.add("html_error", path="media", status=500, count=9)
    with pytest.raises(ServerError):
        chili.media.upload_folder("more")
    simulator.state.faults.clear()
    done = chili.media.upload_folder("more")
    assert len(done) == chili.media.list(folder="/Upload").total == 2


@pytest.mark.parametrize("path", ["missing", "file.png", "\0"])
def test_upload_of_no_folder_is_refused(chili, simulator, tmp_path, path):
    """A path that is missing or a file raises; nothing is sent."""
    (tmp_path / "file.png").write_bytes(b"a")
    with pytest.raises(ConfigurationError):
        chili.media.upload_folder(path)
    assert not [one for one in simulator.state.requests if "/media" in one.path]


def test_folder_is_downloaded_with_its_subfolders(chili, tmp_path):
    """The folders on disk are those of the library; what is on disk stays."""
    done = chili.media.download_folder("brand", folder="/Brand")
    assert states_of(done) == dict.fromkeys(
        [
            "garden-tiles.png",
            "olive-branch.png",
            "Marks/quillmere-mark.png",
            "Marks/quillmere-mark-light.png",
        ],
        "downloaded",
    )
    mark = tmp_path / "brand" / "Marks" / "quillmere-mark.png"
    with Image.open(mark) as picture:
        assert picture.size
    mark.write_bytes(b"mine")
    again = chili.media.download_folder("brand", folder="/Brand/")
    assert set(states_of(again).values()) == {"already there"}
    assert mark.read_bytes() == b"mine"
    assert len(chili.media.download_folder("all")) == chili.media.list().total


def test_names_that_collide_or_are_dangerous_are_changed_on_disk(chili, tmp_path, png):
    """No file leaves the folder, hides itself or replaces another one."""
    names = ["../../evil", "CON", ".hidden", "logo", "LOGO", "logo", "a/b", 'w?"<>|*']
    for name in names:
        picture = chili.media.upload(png, name="x.png", folder="/Odd/..")
        chili.media.rename(picture, name)
    done = chili.media.download_folder("odd", folder="/Odd")
    files = sorted(path for path in (tmp_path / "odd").rglob("*") if path.is_file())
    assert len(files) == len(done) == len(names)
    assert not (tmp_path.parent / "evil.png").exists()
    found = {path.name.lower() for path in files}
    assert len(found) == len(names)
    assert {"_con.png", "hidden.png", "logo (2).png", "logo (3).png"} <= found
    assert not any(set(name) & set('<>:"|?*\\') for name in found)


def test_file_is_renamed_moved_and_deleted(chili, png):
    """Each change can be read back; a deleted file cannot be read."""
    media = chili.media.upload(png, name="a.png")
    chili.media.rename(media, "hero")
    chili.media.move(media, "Campaign/Spring/")
    changed = chili.media.get(media)
    assert (changed.name, changed.relative_path) == ("hero", "/Campaign/Spring")
    assert changed.extension == "png"
    folders = {folder.path for folder in chili.media.folders()}
    assert {"/Campaign", "/Campaign/Spring"} <= folders
    chili.media.delete(media.id)
    with pytest.raises(NotFoundError):
        chili.media.get(media.id)


@pytest.mark.parametrize("folder", [None, 7])
def test_folder_of_a_download_is_a_text(chili, tmp_path, folder):
    """Nothing is guessed, and nothing is written."""
    with pytest.raises(ConfigurationError, match="Expected a folder"):
        chili.media.download_folder("out", folder=folder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["/", "", " / ", None, 7])
def test_root_folder_is_no_target(chili, simulator, folder):
    """GraFx takes no files there; nothing is sent."""
    media = chili.media.list()[0]
    before = len(simulator.state.requests)
    with pytest.raises(ConfigurationError):
        chili.media.move(media, folder)
    with pytest.raises(ConfigurationError):
        chili.media.rename(media, " ")
    assert len(simulator.state.requests) == before


def test_files_are_listed_by_folder_in_an_order(chili):
    """`subfolders` adds the files of the folders below."""
    names = [one.name for one in chili.media.list(folder="/Brand", sort_by="name")]
    assert names == ["garden-tiles", "olive-branch"]
    deep = chili.media.list(folder="/Brand", subfolders=True, sort_order="desc")
    assert deep.total == 4
