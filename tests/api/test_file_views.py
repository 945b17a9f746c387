"""How files look in a notebook."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest
from PIL import Image

from chili_notebook.api.file_views import small_picture
from chili_notebook.api.files import File
from chili_notebook.errors import UnexpectedAnswerError


def picture(kind, width, height):
    """Return a picture of this size."""
    content = BytesIO()
    Image.new("RGB", (width, height), "#c8102e").save(content, kind)
    return content.getvalue()


def zip_of(*files):
    """Return a zip of these names and contents as a file."""
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return File(content.getvalue(), "application/zip", "batch.zip")


def show(content, content_type, name="a"):
    """Return what a notebook shows of a file, and the metadata of that."""
    return File(content, content_type, name)._repr_mimebundle_()


@pytest.mark.parametrize("kind", ["png", "jpeg"])
@pytest.mark.parametrize(
    ("size", "metadata"),
    [((1080, 1920), {"width": 270}), ((1080, 1080), {"width": 480}), ((900, 480), {})],
)
def test_a_high_picture_is_shown_smaller(kind, size, metadata):
    """A picture is at most 480 pixels high; its file has all its pixels."""
    bundle, shown_as = show(picture(kind, *size), f"image/{kind}")
    assert f"image/{kind}" in bundle
    assert shown_as.get(f"image/{kind}", {}) == metadata


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\0\0" * 9])
def test_a_picture_of_unknown_size_is_shown_as_it_is(content):
    """A broken picture is not an error of this package."""
    assert show(content, "image/jpeg")[1] == {}
    assert show(content, "image/png")[1] == {}


def test_videos_and_gifs_are_not_higher_than_the_screen():
    """A high one is shown as a whole, without scrolling."""
    video, _ = show(b"mp4", "video/mp4")
    assert 'style="max-width:100%;max-height:80vh"' in video["text/html"]
    gif, _ = show(b"gif", "image/gif")
    assert 'style="max-width:100%;max-height:480px"' in gif["text/html"]


def test_html_is_shown_in_a_frame_that_runs_nothing():
    """HTML is untrusted markup, which stays inside a sandbox."""
    bundle, _ = show(b"<b>'\"", "text/html")
    start = '<iframe sandbox srcdoc="&lt;b&gt;&#x27;&quot;"'
    assert bundle["text/html"].startswith(start)
    assert "box-sizing:border-box" in bundle["text/html"]


@pytest.mark.parametrize(
    "page",
    [
        '<img width="1080" height="1920">',
        '<meta name="ad.size" content="width=1080,height=1920">',
        "<style>#stage { width: 1080px; height: 1920px }</style>",
    ],
)
def test_html_of_a_known_size_is_scaled_to_fit(page):
    """The frame has the page's own size, so that nothing has to be scrolled."""
    shown = show(page.encode(), "text/html")[0]["text/html"]
    assert shown.startswith('<div style="width:270px;height:480px;overflow:hidden')
    assert "width:1080px;height:1920px;border:0;transform:scale(0.2500)" in shown


def test_a_zip_is_a_gallery_of_its_first_pictures():
    """Twelve pictures are shown, and a note has the number of all files."""
    png = picture("png", 2, 2)
    bundle, _ = zip_of(*((f"{n}.png", png) for n in range(14)))._repr_mimebundle_()
    assert bundle["text/html"].count("data:image/png;base64,") == 12
    assert "14 files, of which 2 are not shown" in bundle["text/html"]
    assert bundle["text/plain"].endswith(", 14 files>")


def test_other_files_of_a_zip_are_named_with_their_size():
    """What is not a picture has a caption, and no name is markup."""
    shown = zip_of(("a&b.mp4", b"x" * 5000))._repr_mimebundle_()[0]["text/html"]
    assert "5 kB" in shown
    assert "a&amp;b.mp4" in shown


def test_the_gallery_of_a_zip_stays_small():
    """A notebook with a batch can still be opened and stored in git."""
    large = picture("png", 2, 2) + bytes(1_000_000)
    batch = zip_of(*((f"{n}.png", large) for n in range(5)))
    assert len(batch._repr_mimebundle_()[0]["text/html"]) < 3_100_000


def test_a_zip_is_unpacked_into_a_folder_of_its_own(tmp_path):
    """Two batches in one folder do not overwrite each other's files."""
    batch = zip_of(("1.png", b"one"), ("deep/2.png", b"two"), ("folder/", b""))
    folder = batch.save("renders/")
    assert folder.resolve() == tmp_path / "renders" / "batch"
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        "1.png": b"one",
        "deep-2.png": b"two",
    }


@pytest.mark.parametrize("name", ["../../up.png", "/abs.png", "..\\up.png", "a"])
def test_a_file_of_a_zip_stays_in_its_folder(tmp_path, name):
    """Whatever the names in a zip are, nothing is written elsewhere."""
    folder = zip_of((name, b"x")).save(tmp_path / "deep" / "deeper")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == list(folder.iterdir())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_files_of_the_same_name_in_a_zip_are_numbered():
    """No file of a zip is lost."""
    files = zip_of(("a.png", b"1"), ("a.png", b"2"), ("x/", b"")).files()
    assert [file.file_name for file in files] == ["a.png", "a (2).png"]
    assert [file.content_type for file in files] == ["image/png"] * 2


def test_a_broken_zip_shows_itself_as_text_and_can_be_saved(tmp_path):
    """The error of unpacking is one of this package, and the bytes are available."""
    good = zip_of(("a.png", bytes(1000)))
    for content in (b"PK", good.content[:-3], good.content.replace(bytes(9), b"x" * 9)):
        broken = File(content, "application/zip", "batch.zip")
        assert set(broken._repr_mimebundle_()[0]) == {"text/plain"}
        with pytest.raises(UnexpectedAnswerError, match="cannot be unpacked") as caught:
            broken.save(tmp_path)
        assert ".zip" in caught.value.hint
        assert broken.save("all.zip").read_bytes() == content


def test_another_file_is_its_only_file():
    """Code for batches works for a single output too."""
    file = File(b"png", "image/png", "a.png")
    assert file.files() == [file]


def test_a_huge_picture_is_shown_without_a_warning():
    """Pillow warns of it, with a path of this machine that would be stored."""
    content = BytesIO()
    Image.new("1", (9600, 9600)).save(content, "png")
    shown = zip_of(("a.png", content.getvalue()))._repr_mimebundle_()[0]["text/html"]
    assert "data:image/png;base64," in shown


def test_a_photo_stands_upright_in_a_gallery():
    """Cameras store photos as they were held, with the way to turn them."""
    photo, exif = Image.new("RGB", (800, 600), "#c8102e"), Image.Exif()
    exif[0x0112] = 6  # turn it by a quarter
    content = BytesIO()
    photo.save(content, "jpeg", exif=exif)
    small, kind = small_picture(content.getvalue(), "image/jpeg")
    assert kind == "image/jpeg"
    assert Image.open(BytesIO(small)).size == (240, 320)


def test_a_picture_that_moves_keeps_moving():
    """It is not made smaller, since that would leave one frame."""
    frames = [Image.new("RGB", (900, 900), colour) for colour in ("red", "blue")]
    content = BytesIO()
    frames[0].save(content, "png", save_all=True, append_images=frames[1:])
    moving = content.getvalue(), "image/png"
    assert small_picture(*moving) == moving


def test_the_first_frame_is_enough_where_a_still_is_wanted():
    """A contact sheet with large animations stays small."""
    frames = [Image.effect_noise((900, 900), 90 + n).convert("P") for n in range(3)]
    content = BytesIO()
    frames[0].save(content, "gif", save_all=True, append_images=frames[1:])
    small, kind = small_picture(content.getvalue(), "image/gif", still=True)
    assert kind == "image/jpeg"
    assert Image.open(BytesIO(small)).size == (320, 320)
    assert len(small) < 400_000 < len(content.getvalue())
