"""Files: their names, where they are saved, and how they show themselves."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.api.files import File
from chili_notebook.errors import ConfigurationError

PIECES = ["a", "ü", "..", ".", "/", "\\", ":", " ", "%2f", "\n", "\0", "\ud800", "'"]
names = st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.text()
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
        ('attachment; filename="../../.bashrc"', "bashrc"),
        ('attachment; filename="D:x.png"', "x.png"),
        (f'attachment; filename="{"x" * 300}.png"', "x" * 146 + ".png"),
        ("attachment", "t.png"),
        (None, "t.png"),
    ],
)
def test_name_in_a_header_becomes_a_short_plain_name(disposition, name):
    """Every spelling of RFC 6266 is read; folders and leading dots are removed."""
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
    assert not set(file_name) & set("/\\\0\n")
    assert file_name not in {".", ".."}


@pytest.mark.parametrize("letter", ["x", "\u00fc", "\u732b", "\U0001f336"])
def test_long_name_is_shortened_before_its_suffix(tmp_path, letter):
    """File systems limit the bytes of a name, in every script."""
    saved = file_of(f"{letter * 300}.png").save(tmp_path)
    assert saved.suffix == ".png"
    assert saved.name.startswith(letter * 30)


@pytest.mark.parametrize("name", ["../../up", "/abs", "a/b", "..", ""])
@pytest.mark.parametrize("extension", ["png", "png/../../../up", "/abs", None])
def test_download_of_media_stays_in_its_folder(client_of, tmp_path, name, extension):
    """Folders in a name or in an extension do not lead out of the folder."""
    folder = tmp_path / "one" / "two" / "three" / "four"
    folder.mkdir(parents=True)
    chili = client_of(lambda _request: httpx.Response(200, content=b"x"))
    media = chili.media._read({"id": "a", "name": name, "extension": extension})
    assert media.download(folder).parent == folder
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == list(folder.iterdir())


@given(st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace")))
@example(b'video/"><script>alert(1)</script>')
def test_content_type_is_never_markup(content_type):
    """A content type that is not a media type is not used."""
    file = file_of("x", content_type=content_type)
    bundle = file._repr_mimebundle_()
    assert isinstance(bundle["text/plain"], str)
    assert "<script" not in bundle.get("text/html", "")
    if content_type.startswith(b"video/"):
        assert file.content_type == "application/octet-stream"


def test_video_is_not_higher_than_the_screen():
    """A high video is scaled to the height of the screen."""
    video = File(b"mp4", "video/mp4", "story.mp4")._repr_mimebundle_()["text/html"]
    assert 'style="max-width:100%;max-height:80vh"' in video


def test_html_is_shown_in_a_frame_that_runs_nothing():
    """HTML is untrusted, so it is shown in a sandbox."""
    page = File(b"<b>'\"", "text/html", "a.html")._repr_mimebundle_()["text/html"]
    assert page.startswith('<iframe sandbox srcdoc="&lt;b&gt;&#x27;&quot;"')


def test_pdf_without_a_picture_of_its_page_is_shown_as_pdf(monkeypatch):
    """The front-end gets the file if it is broken or the extra `pdf` is missing."""
    broken = File(b"%PDF-", "application/pdf", "a.pdf")
    assert set(broken._repr_mimebundle_()) == {"text/plain", "application/pdf"}
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    assert set(broken._repr_mimebundle_()) == {"text/plain", "application/pdf"}


def test_save_to_a_path_that_cannot_be_written_raises():
    """The error is a ConfigurationError and not an OSError."""
    Path("file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        File(b"x", "image/png", "a.png").save(Path("file", "a.png"))
