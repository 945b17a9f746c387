"""Files: their names, where they are saved, and how they show themselves."""

from __future__ import annotations

import io
from zipfile import ZipFile

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook import Media
from chili_notebook.api.file_names import same_file_key
from chili_notebook.api.files import File
from chili_notebook.api.items import item_reader
from chili_notebook.errors import ConfigurationError, UnexpectedAnswerError

PIECES = ["a", "ü", "..", ".", "/", "\\", ":", " ", "%2f", "\n", "\0", "\ud800", "'"]
names = st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.text()
MEDIA = {"id": "a", "name": "Logo", "extension": "png"}
HEADERS = ["{}", "a; {}", 'a; filename="{}"', "a; filename*={}''x", "a; filename*0*={}"]


def file_of(name, disposition=None, content_type=None):
    """Return the file in a response with these headers."""
    headers = [(b"Content-Type", content_type)] if content_type is not None else []
    if disposition is not None:
        headers.append((b"Content-Disposition", disposition.encode("utf-8", "replace")))
    return File.from_response(httpx.Response(200, headers=headers), name=name)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="a;b.png"', "a;b.png"),
        ("attachment; FILENAME = plain.png", "plain.png"),
        ("attachment; filename*=UTF-8''na%C3%AFve.png", "naïve.png"),
        (
            "attachment; filename=na_ve.png; filename*=UTF-8''na%C3%AFve.png",
            "naïve.png",
        ),
        ('attachment; filename="../../.bashrc"', "bashrc"),
        ('attachment; filename="D:x.png"', "D-x.png"),
        ('attachment; filename="Flyer 10/2026.png"', "Flyer 10-2026.png"),
        (f'attachment; filename="{"x" * 300}.png"', "x" * 146 + ".png"),
        ("attachment", "t.png"),
        (None, "t.png"),
    ],
)
def test_name_in_a_header_becomes_a_short_plain_name(disposition, name):
    """Every spelling of RFC 6266 is read; nothing in a name leads to a folder."""
    assert file_of("t.png", disposition).file_name == name


@given(names, st.none() | st.tuples(st.sampled_from(HEADERS), names))
@example("../../x", None)
@example("a\\..\\b", None)
@example("x", ("a; filename*={}''x", "undefined"))
@example("x", ("a; filename*={}''x", "idna"))
def test_any_name_is_a_name_without_folders(name, header):
    """A file is saved in the folder that the user names, whatever GraFx calls it."""
    disposition = header[0].format(header[1]) if header else None
    file_name = file_of(name, disposition).file_name
    assert file_name
    assert not set(file_name) & set("/\\:\0\n")
    assert file_name not in {".", ".."}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Flyer 10/2026", "Card 10/2026"),
        ("A: front.png", "B: front.png"),
        ("Sheet (1/2)", "Sheet (2/2)"),
        ("a\\b.png", "c\\b.png"),
    ],
)
def test_names_with_a_slash_or_a_colon_stay_different(one, other):
    """The name of an item is a title and not a path: it keeps its beginning."""
    names = file_of(one).file_name, file_of(other).file_name
    assert names[0] != names[1]
    assert names[0][0] == one[0]


@pytest.mark.parametrize(
    ("name", "content_type", "saved_as"),
    [
        ("abc", b"image/png", "abc.png"),
        ("Flyer 1.5", b"image/jpeg", "Flyer 1.5.jpg"),
        ("a.png", b"image/jpeg", "a.jpg"),
        ("a.JPEG", b"image/jpeg", "a.JPEG"),
        ("a.xyz", b"application/octet-stream", "a.xyz"),
    ],
)
def test_a_file_name_ends_as_its_content_type_says(name, content_type, saved_as):
    """A name without a suffix, or with that of another type, is completed."""
    assert file_of(name, content_type=content_type).file_name == saved_as


@pytest.mark.parametrize("content_type", ["application/octet-stream", "", "x"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\3\4", "application/zip"),
        (b"<html>", "application/octet-stream"),
    ],
)
def test_type_that_is_not_stated_is_that_of_the_content(
    content_type, content, expected
):
    """A storage service may not know what it stores."""
    headers = {"content-type": content_type}
    response = httpx.Response(200, headers=headers, content=content)
    assert File.from_response(response, name="x").content_type == expected


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<html>Sign in to the proxy</html>"),
        httpx.Response(200, json={"error": "no"}),
        httpx.Response(200, json=None),
        httpx.Response(200, content=b"null", headers={"content-type": "text/json"}),
        httpx.Response(200, json="no"),
        httpx.Response(200),
        httpx.Response(202),
        httpx.Response(204),
    ],
)
@pytest.mark.parametrize(
    "fetch",
    [
        lambda chili: chili.outputs.task("t", "png").wait().save("x"),
        lambda chili: item_reader(Media, chili)(MEDIA).download("x/"),
        lambda chili: item_reader(Media, chili)(MEDIA).download("x.png"),
        lambda chili: item_reader(Media, chili)(MEDIA).preview().save("x"),
    ],
)
def test_response_without_a_file_is_not_saved(client_of, tmp_path, fetch, answer):
    """The page of a proxy, an error, or nothing at all is not taken for the file."""

    def api(request):
        if request.url.path.endswith(("/t", "/preview/medium")):
            links = {"download": f"{request.url}/download"}
            return httpx.Response(200, json={"data": {}, "links": links})
        return answer

    with pytest.raises(UnexpectedAnswerError, match="is not a file") as caught:
        fetch(client_of(api))
    assert caught.value.hint
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_output_may_be_a_page(client_of):
    """The format html is a page, and so may be a task whose format is not known."""

    def api(request):
        if request.url.path.endswith("/download"):
            return httpx.Response(200, html="<html>")
        return httpx.Response(200, json={"data": {}})

    for format in ("html", None):  # noqa: A001 - GraFx's word
        output = client_of(api).outputs.task("t", format).wait()
        assert output.content_type == "text/html"


def test_names_in_a_zip_differ_on_every_disk(tmp_path):
    """For some file systems, "A.png" and "a.png" are the same file."""
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        for name in ("A.png", "a.png", "x/a.PNG", "\u00e9.png", "e\u0301.png"):
            archive.writestr(name, name)
    saved = File(content.getvalue(), "application/zip", "all.zip").save(tmp_path)
    assert saved.is_dir()
    names = [path.name for path in saved.iterdir()]
    assert len({same_file_key(name) for name in names}) == len(names) == 5


def test_a_suffix_of_another_type_is_refused(tmp_path):
    """A JPG that is called a.pdf could not be opened; the hint has the right name."""
    file = File(b"jpg", "image/jpeg", "x.jpg")
    with pytest.raises(ConfigurationError, match=r"must end with \.jpg or \.jpeg") as e:
        file.save("a.pdf")
    assert "'a.jpg'" in e.value.hint
    assert "'a.pdf/'" in e.value.hint
    assert list(tmp_path.glob("*")) == []
    assert file.save("a.JPEG").read_bytes() == b"jpg"


def test_a_file_of_an_unknown_type_takes_any_suffix():
    """Nothing is known about its content, so the user decides."""
    assert File(b"x", "application/octet-stream", "x").save("a.dat").name == "a.dat"


@pytest.mark.parametrize("letter", ["x", "\u00fc", "\u732b", "\U0001f336"])
def test_long_name_is_shortened_before_its_suffix(tmp_path, letter):
    """File systems limit the bytes of a name, in every script."""
    saved = file_of(f"{letter * 300}.png").save(tmp_path)
    assert saved.suffix == ".png"
    assert saved.name.startswith(letter * 30)


def test_a_download_of_media_keeps_its_name(client_of, tmp_path):
    """Media are called as people like, also with a slash, and have a type."""
    chili = client_of(lambda _request: httpx.Response(200, content=b"x"))
    media = item_reader(Media, chili)(
        {"id": "a", "name": "Logo 1/2", "extension": "jpg"}
    )
    assert media.download(tmp_path) == tmp_path / "Logo 1-2.jpg"
    assert media.download("logo.jpeg").exists()
    with pytest.raises(ConfigurationError, match="does not fit"):
        media.download("logo.png")


@pytest.mark.parametrize("name", ["../../up", "/abs", "a/b", "..", ""])
@pytest.mark.parametrize("extension", ["png", "png/../../../up", "/abs", None])
def test_download_of_media_stays_in_its_folder(client_of, tmp_path, name, extension):
    """Folders in a name or in an extension do not lead out of the folder."""
    folder = tmp_path / "one" / "two" / "three" / "four"
    folder.mkdir(parents=True)
    chili = client_of(lambda _request: httpx.Response(200, content=b"x"))
    media = item_reader(Media, chili)({"id": "a", "name": name, "extension": extension})
    assert media.download(folder).parent == folder
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == list(folder.iterdir())


@given(st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace")))
@example(b'video/"><script>alert(1)</script>')
def test_content_type_is_never_markup(content_type):
    """A content type that is not a media type is not used."""
    file = file_of("x", content_type=content_type)
    bundle, _metadata = file._repr_mimebundle_()
    assert isinstance(bundle["text/plain"], str)
    assert "<script" not in bundle.get("text/html", "")
    if content_type.startswith(b"video/"):
        assert file.content_type == "application/octet-stream"
