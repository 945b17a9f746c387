"""Media and fonts: listed, fetched, previewed, and uploaded pictures used."""

from __future__ import annotations

import random
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from chili_notebook.simulator.drawing.fonts import FAMILIES


def png_of(colour, size=(60, 40)):
    """Give a PNG of one colour."""
    content = BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def upload(api):
    """Give what uploads a file and gives the answer."""

    def upload(content, name="red.png", **query):
        files = {"file": (name, content)}
        return api.post("media", params=query, files=files)

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
def test_a_listing_is_of_folders_and_words(reader, query, names):
    """A folder, what is below it and a word choose what is listed ("Media")."""
    listed = reader.get("media", params=query).json()["data"]
    assert {item["name"] for item in listed} == names


def test_a_cursor_keeps_the_folder(reader):
    """The second page of a folder is of the same folder."""
    page = reader.get("media", params={"folder": "/Products", "limit": 1}).json()
    second = reader.get(page["links"]["nextPage"]).json()
    names = {item["name"] for item in page["data"] + second["data"]}
    assert names == {"coffee-bag", "honey-jar"}
    assert second["links"] is None


def test_all_folders_are_listed(reader):
    """The directory has each folder and those above it."""
    listed = reader.get("media/directory").json()["data"]
    paths = [item["id"] for item in listed]
    assert paths == ["/Brand", "/Brand/Marks", "/Photos", "/Products", "/Upload"]
    assert {item["type"] for item in listed} == {"Directory"}


def test_an_asset_has_the_documented_fields(reader):
    """Fields are those that GraFx's own connector reads."""
    (item, *_) = reader.get("media").json()["data"]
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
    assert reader.get(f"media/{item['id']}").json() == {"data": item, "links": {}}


def test_an_original_has_the_size_of_its_record(reader):
    """A download is the whole picture under its own name."""
    (item,) = reader.get("media", params={"search": "olive"}).json()["data"]
    file = reader.get(f"media/{item['id']}/download")
    assert file.headers["content-disposition"].endswith('"olive-branch.png"')
    assert Image.open(BytesIO(file.content)).size == (item["width"], item["height"])


@pytest.mark.parametrize("form", ["preview/{}", "preview?previewType={}"])
@pytest.mark.parametrize(("kind", "longest"), [("thumbnail", 240), ("medium", 640)])
def test_a_preview_comes_to_who_asks_again(reader, form, kind, longest):
    """First 202, and after a few calls the picture, as GraFx's connector has it."""
    (item,) = reader.get("media", params={"search": "honey"}).json()["data"]
    path = f"media/{item['id']}/{form.format(kind)}"
    statuses = []
    while (answer := reader.get(path)).status_code == 202:
        statuses.append(answer.json()["links"]["taskInfo"])
    assert len(statuses) <= 5
    picture = Image.open(BytesIO(answer.content))
    assert max(picture.size) == longest


def test_a_preview_of_media_can_be_polled(api):
    """Its task answers as those of documents do."""
    (item, *_) = api.get("media").json()["data"]
    started = api.get(f"media/{item['id']}/preview/thumbnail")
    assert started.status_code == 202
    done = api.get(started.json()["links"]["taskInfo"])
    assert api.get(done.json()["links"]["download"]).content.startswith(b"\x89PNG")


def test_a_full_preview_is_no_larger_than_the_original(api, upload):
    """A small upload is not blown up."""
    asset = upload(png_of("red", (30, 20))).json()["data"]
    path = f"media/{asset['id']}/preview/x4096"
    while (answer := api.get(path)).status_code == 202:
        pass
    assert Image.open(BytesIO(answer.content)).size == (30, 20)


def test_an_upload_is_a_new_asset(api, upload):
    """A file comes back byte for byte, under its name, in the default folder."""
    content = png_of("red")
    made = upload(content)
    assert made.status_code == 201
    asset = made.json()["data"]
    assert asset["name"] == "red"
    assert asset["extension"] == "png"
    assert asset["relativePath"] == "/Upload"
    assert (asset["width"], asset["height"]) == (60, 40)
    assert api.get(f"media/{asset['id']}/download").content == content
    listed = api.get("media", params={"folder": "/Upload"}).json()["data"]
    assert listed == [asset]


def test_an_upload_has_the_name_and_folder_asked_for(api, upload):
    """Name and folderPath are in the query; the folder is there from then on."""
    asset = upload(png_of("red"), name="é.PNG", folderPath="/New/One").json()["data"]
    assert (asset["name"], asset["relativePath"]) == ("é", "/New/One")
    made = api.post(
        "media", params={"name": "chosen.png"}, files={"file": ("x.png", png_of("red"))}
    )
    assert made.json()["data"]["name"] == "chosen"
    folders = [item["id"] for item in api.get("media/directory").json()["data"]]
    assert {"/New", "/New/One"} <= set(folders)


@pytest.mark.parametrize("ending", ["ai", "eps", "pdf"])
def test_any_bytes_arrive_as_they_were_sent(api, upload, ending):
    """A form's file is taken out whole, line ends and dashes included."""
    rolls = random.Random(ending)  # noqa: S311 - no secret, and the same every time
    pieces = [b"\r\n", b"--", b"\n", b"\r", b"\x00", b"\xff", b"a", b"\r\n\r\n"]
    content = b"".join(rolls.choices(pieces, k=2000))
    asset = upload(content, f"file.{ending}").json()["data"]
    assert asset["width"] is None
    assert api.get(f"media/{asset['id']}/download").content == content


@pytest.mark.parametrize(
    ("name", "query", "content"),
    [
        ("a.gif", {}, png_of("red")),
        ("a", {}, png_of("red")),
        (".png", {}, png_of("red")),
        ("a.png", {"folderPath": "/"}, png_of("red")),
        ("a.png", {}, b"no picture"),
        ("a.png", {}, png_of("red")[:60]),
    ],
)
def test_an_upload_that_is_none_is_refused(api, upload, name, query, content):
    """Other types, the root folder and broken pictures are a 400 ("GraFx Media")."""
    before = api.get("media").json()["total"]
    assert upload(content, name, **query).status_code == 400
    assert api.get("media").json()["total"] == before


def test_a_form_without_the_field_is_refused(api):
    """The file is in the field ``file`` and nowhere else."""
    sent = {"picture": ("a.png", png_of("red"))}
    assert api.post("media", files=sent).status_code == 400


def test_an_asset_is_renamed_moved_and_deleted(api, upload):
    """PATCH and DELETE, whose shape is inferred, change what is listed."""
    asset = upload(png_of("red")).json()["data"]
    at = f"media/{asset['id']}"
    body = {"name": "crimson", "folderPath": "/Brand"}
    changed = api.patch(at, json=body).json()["data"]
    assert changed == asset | {"name": "crimson", "relativePath": "/Brand"}
    assert api.delete(at).status_code == 204
    assert api.get(at).status_code == 404
    assert api.get("media", params={"search": "crimson"}).json()["data"] == []


@pytest.mark.parametrize("key", ["id", "name", "file name"])
def test_an_upload_is_a_value_of_an_image_variable(api, upload, render, tag, key):
    """A picture is named in a row by its id or its name ("Variable data printing")."""
    asset = upload(png_of((255, 0, 255), (400, 400))).json()["data"]
    value = asset["id"] if key == "id" else {"name": "red"}.get(key, "red.png")
    done = render(templateId=tag["id"], variables=[{"Picture": value}])
    file = api.get(done.json()["links"]["download"]).content
    colours = Image.open(BytesIO(file)).convert("RGB").getcolors(1 << 20)
    near = [n for n, (r, g, b) in colours if r > 240 and g < 15 and b > 240]
    assert sum(near) > 1000


def test_a_deleted_picture_fails_its_record(api, render, tag):
    """What was taken out of the media can be shown no longer."""
    (jar,) = api.get("media", params={"search": "honey-jar"}).json()["data"]
    api.delete(f"media/{jar['id']}")
    failed = render(templateId=tag["id"], variables=[{"Picture": "honey-jar"}])
    assert failed.status_code == 500
    assert failed.json()["detail"].startswith("ImageLoadFailed")


def test_families_and_styles_are_those_of_the_fonts(reader):
    """Families count their styles, and each style names its family and its file."""
    families = reader.get("font-families").json()["data"]
    assert [family["name"] for family in families] == [f.name for f in FAMILIES]
    for family in families:
        styles = reader.get(f"font-families/{family['id']}/styles").json()["data"]
        assert len(styles) == family["fontStylesCount"]
        for style in styles:
            assert style["familyName"] == family["name"]
            assert style["fileName"].endswith(".ttf")
            assert style["fileSize"] > 1000


def test_families_are_searched_and_sorted_by_name(reader):
    """Search looks at the name alone, and sorting goes both ways."""
    by_name = {"sortBy": "name", "sortOrder": "desc"}
    names = [
        f["name"] for f in reader.get("font-families", params=by_name).json()["data"]
    ]
    assert names == sorted(names, reverse=True)
    found = reader.get("font-families", params={"search": "serif"}).json()
    assert [f["name"] for f in found["data"]] == ["Source Serif Pro"]
    assert (
        reader.get("font-families", params={"search": "3f1c6a52"}).json()["total"] == 0
    )


def test_a_font_shows_itself(reader):
    """Previews are drawn with the font itself, in a line or a square."""
    (family, *_) = reader.get("font-families").json()["data"]
    styles = reader.get(f"font-families/{family['id']}/styles").json()["data"]
    for shape in ("square", "line"):
        light, bold = (
            Image.open(
                BytesIO(reader.get(f"font-styles/{s['id']}/preview/{shape}").content)
            )
            for s in (styles[1], styles[-1])
        )
        assert (light.width == light.height) == (shape == "square")
        same_size = bold.resize(light.size)
        assert ImageChops.difference(light, same_size).getbbox()
