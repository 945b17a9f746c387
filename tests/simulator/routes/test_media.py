"""Tests of the media: listings, previews, uploads and changes."""

from __future__ import annotations

import random
from io import BytesIO

import pytest
from PIL import Image

from simulator_api import download_of


def png_of(colour, size=(60, 40)):
    """Return a PNG of one colour."""
    content = BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return content.getvalue()


RED = png_of("red")


@pytest.fixture
def upload(api):
    """Return a function that uploads a file."""

    def upload(content, file_name="red.png", **query):
        return api.post("media", params=query, files={"file": (file_name, content)})

    return upload


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"folder": "/Brand"}, {"olive-branch", "garden-tiles"}),
        ({"folder": "/"}, set()),
        (
            {"folder": "/", "includeFolders": "true"},
            {"Brand", "Photos", "Products", "Upload"},
        ),
        (
            {"folder": "/Brand", "includeFolders": "true"},
            {"Marks", "olive-branch", "garden-tiles"},
        ),
        (
            {"folder": "/Brand/", "includeItemsFromSubfolders": "true"},
            {"olive-branch", "garden-tiles", "quillmere-mark", "quillmere-mark-light"},
        ),
        ({"search": "MARK"}, {"quillmere-mark", "quillmere-mark-light"}),
        ({"search": "/products"}, {"coffee-bag", "honey-jar"}),
        ({"search": "mark", "folder": "/Photos"}, set()),
    ],
)
def test_listing_is_limited_by_folder_and_search(shared_api, query, names):
    """A folder, its subfolders and a text select the items (page "Media")."""
    items = shared_api.get("media", params=query).json()["data"]
    assert {item["name"] for item in items} == names


def test_next_page_is_of_the_same_folder(shared_api):
    """The cursor contains the folder."""
    page = shared_api.get("media", params={"folder": "/Products", "limit": 1}).json()
    second = shared_api.get(page["links"]["nextPage"]).json()
    names = {item["name"] for item in page["data"] + second["data"]}
    assert names == {"coffee-bag", "honey-jar"}
    assert second["links"] is None


def test_directory_lists_all_folders(shared_api):
    """Folders without files of their own are listed too."""
    items = shared_api.get("media/directory").json()["data"]
    paths = [item["id"] for item in items]
    assert paths == ["/Brand", "/Brand/Marks", "/Photos", "/Products", "/Upload"]
    assert {item["type"] for item in items} == {"Directory"}


def test_item_has_the_documented_fields(shared_api):
    """The fields are those that GraFx's media connector reads."""
    (item, *_) = shared_api.get("media").json()["data"]
    assert set(item) == {
        "id",
        "name",
        "relativePath",
        "extension",
        "type",
        "width",
        "height",
        "metaData",
    }
    assert shared_api.get(f"media/{item['id']}").json() == {"data": item, "links": {}}


def test_download_of_a_sample_is_a_png_of_its_size(shared_api):
    """The file has the name, the format and the size of the item."""
    (item,) = shared_api.get("media", params={"search": "olive"}).json()["data"]
    file = shared_api.get(f"media/{item['id']}/download")
    assert file.headers["content-disposition"].endswith('"olive-branch.png"')
    picture = Image.open(BytesIO(file.content))
    assert picture.format == "PNG"
    assert picture.size == (item["width"], item["height"])


@pytest.mark.parametrize("path", ["preview/{}", "preview?previewType={}"])
@pytest.mark.parametrize(("kind", "longest_px"), [("thumbnail", 240), ("medium", 640)])
def test_preview_is_ready_after_repeated_requests(shared_api, path, kind, longest_px):
    """GraFx's media connector repeats its request until it is a 200."""
    (item,) = shared_api.get("media", params={"search": "honey"}).json()["data"]
    url = f"media/{item['id']}/{path.format(kind)}"
    while (response := shared_api.get(url)).status_code == 202:
        assert response.json()["links"]["taskInfo"]
    assert max(Image.open(BytesIO(response.content)).size) == longest_px


def test_preview_task_can_be_polled(api):
    """The task is like that of a document's preview."""
    (item, *_) = api.get("media").json()["data"]
    started = api.get(f"media/{item['id']}/preview/thumbnail")
    assert started.status_code == 202
    done = api.get(started.json()["links"]["taskInfo"])
    assert download_of(api, done).content.startswith(b"\x89PNG")


def test_preview_is_not_larger_than_the_file(api, upload):
    """A small picture is not scaled up."""
    asset = upload(png_of("red", (30, 20))).json()
    path = f"media/{asset['id']}/preview/x4096"
    while (response := api.get(path)).status_code == 202:
        pass
    assert Image.open(BytesIO(response.content)).size == (30, 20)


def test_upload_is_stored_unchanged(api, upload):
    """The item has the file's name and size, and the default folder."""
    created = upload(RED)
    assert created.status_code == 201
    asset = created.json()
    assert (asset["name"], asset["extension"]) == ("red", "png")
    assert asset["relativePath"] == "/Upload"
    assert (asset["width"], asset["height"]) == (60, 40)
    assert api.get(f"media/{asset['id']}/download").content == RED
    items = api.get("media", params={"folder": "/Upload"}).json()["data"]
    assert items == [asset]


def test_upload_has_the_given_name_and_folder(api, upload):
    """The name may have an extension; a name that is only one is not used."""
    for file_name, query, name in (
        ("é.PNG", {"folderPath": "/New/One"}, "é"),
        ("x.png", {"name": "chosen.png"}, "chosen"),
        ("x.png", {"name": ".png"}, "x"),
    ):
        asset = upload(RED, file_name, **query).json()
        assert asset["name"] == name
        assert asset["relativePath"] == query.get("folderPath", "/Upload")
    folders = [item["id"] for item in api.get("media/directory").json()["data"]]
    assert {"/New", "/New/One"} <= set(folders)


@pytest.mark.parametrize("extension", ["ai", "eps", "pdf"])
def test_upload_of_other_files_is_stored_unchanged(api, upload, extension):
    """Line ends and dashes in a file do not change it."""
    generator = random.Random(extension)  # noqa: S311 - reproducible, not secret
    pieces = [b"\r\n", b"--", b"\n", b"\r", b"\x00", b"\xff", b"a", b"\r\n\r\n"]
    content = b"".join(generator.choices(pieces, k=2000))
    asset = upload(content, f"file.{extension}").json()
    assert asset["width"] is None
    assert api.get(f"media/{asset['id']}/download").content == content


@pytest.mark.parametrize(
    ("name", "query", "content"),
    [
        ("a.gif", {}, RED),
        ("a", {}, RED),
        (".png", {}, RED),
        ("a.png", {"folderPath": "/"}, RED),
        ("a.png", {}, b"not a picture"),
        ("a.png", {}, RED[:60]),
    ],
)
def test_invalid_upload_is_refused(shared_api, name, query, content):
    """Other types, the root folder and broken pictures are refused ("GraFx Media")."""
    before = shared_api.get("media").json()["total"]
    files = {"file": (name, content)}
    assert shared_api.post("media", params=query, files=files).status_code == 400
    assert shared_api.get("media").json()["total"] == before


@pytest.mark.parametrize(
    "request_body",
    [
        {"files": {"picture": ("a.png", RED)}},
        {"data": {"file": "text"}},
        {"content": b"no form"},
    ],
    ids=["another field", "a text", "no form"],
)
def test_body_without_a_file_is_refused(shared_api, request_body):
    """The file must be in the field ``file`` of a multipart form."""
    assert shared_api.post("media", **request_body).status_code == 400


def test_asset_is_renamed_moved_and_deleted(api, upload):
    """PATCH and DELETE, which are inferred, change the listing."""
    asset = upload(RED).json()
    path = f"media/{asset['id']}"
    body = {"name": "crimson", "folderPath": "/Brand"}
    changed = api.patch(path, json=body).json()["data"]
    assert changed == asset | {"name": "crimson", "relativePath": "/Brand"}
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.get("media", params={"search": "crimson"}).json()["data"] == []


@pytest.mark.parametrize("key", ["id", "name", "file name"])
def test_upload_is_a_value_of_an_image_variable(api, upload, create_output, key):
    """A row names a picture by its ID or its name ("Variable data printing")."""
    asset = upload(png_of((255, 0, 255), (400, 400))).json()
    value = {"id": asset["id"], "name": "red", "file name": "red.png"}[key]
    file = download_of(api, create_output(variables=[{"Picture": value}])).content
    colours = Image.open(BytesIO(file)).convert("RGB").getcolors(1 << 20)
    counts = [n for n, (r, g, b) in colours if r > 240 and g < 15 and b > 240]
    assert sum(counts) > 1000


def test_deleted_picture_fails_the_record(api, create_output):
    """An output with a picture that was deleted fails."""
    (jar,) = api.get("media", params={"search": "honey-jar"}).json()["data"]
    api.delete(f"media/{jar['id']}")
    failed = create_output(variables=[{"Picture": "honey-jar"}])
    assert failed.status_code == 500
    assert failed.json()["detail"].startswith("ImageLoadFailed")
