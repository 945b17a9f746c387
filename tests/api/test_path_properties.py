"""Ids, paths and addresses of any spelling: none climbs out, none changes the host."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chili_notebook.api.base import Calls
from chili_notebook.api.client import Chili
from chili_notebook.api.files import File
from chili_notebook.api.ids import segment
from chili_notebook.auth.credentials import Credentials, Origin
from chili_notebook.auth.environment import Environment
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.errors import ChiliError, ConfigurationError, InsecureURLError
from chili_notebook.http.urls import is_loopback, require_safe
from fakes import Clock, Protector

HOST = "cp-abc-123.chili-publish.online"
BASE = "/grafx/"
ROOT = f"{BASE}api/v1/environment/cp-abc-123/"
PIECES = [
    *["a", "ü", "0", "..", ".", "/", "\\", "//", "?", "#", "&", ";", ":", "@", " "],
    *["%", "%2e", "%2E%2e", "%2f", "%5c", "%00", "%0a", "%252e", "\n", "\t", "\0"],
    *["\ud800", "https:", "http:", "HTTPS://", "evil.example", "127.0.0.1", "["],
    *["localhost", "xn--", "\u2025", "\uff0e", "\u2215", f"https://{HOST}", BASE],
]
SCHEMES = ["http://", "https://", "HTTP://", "http:", "//"]
spellings = st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.text()
quick = settings(deadline=None)


class Recorder:
    """Takes whatever is sent, and keeps it."""

    def __init__(self):
        self.sent = []

    def __call__(self, request):
        """Answer a request."""
        self.sent.append(request)
        body = {"id": "x", "data": {"id": "x", "taskId": "x"}}
        return httpx.Response(200, json=body)


def client_of(recorder, kind=Chili):
    """Give a client of an environment of GraFx's, before that recorder."""
    source = TokenManager(Protector(), clock=Clock())
    environment = Environment("cp-abc-123", "production", f"https://{HOST}/grafx")
    source.sign_in(
        Credentials(".env", Origin.ENV_FILE, access_token=Secret("a.b.c")), environment
    )
    chili = kind(source)
    transport = httpx.MockTransport(recorder)
    chili._http = (environment.base_url, httpx.Client(transport=transport))
    return chili


def received(path):
    """Give where a path leads on a server that decodes it and resolves its dots."""
    return posixpath.normpath(unquote(path).replace("\\", "/"))


X = {"id": "x", "name": "X"}
BY_ID = {
    "templates/{}": lambda chili, one: chili.templates.get(one),
    "templates/{}/download": lambda chili, one: replace(
        chili.templates._read({}), id=one
    ).document(),
    "projects/{}": lambda chili, one: chili.projects.delete(one),
    "media/{}": lambda chili, one: chili.media.get(one),
    "output/settings/{}": lambda chili, one: chili.outputs.settings.get(one),
    "templates/x/preview/{}": lambda chili, one: chili.templates._read(X).preview(one),
    "media/x/preview/{}": lambda chili, one: chili.media._read(X).preview(one),
    "font-styles/x/preview/{}": lambda chili, one: (
        chili.fonts._read(X)._read_style(X).preview(one)
    ),
}


@quick
@given(st.sampled_from(list(BY_ID)), spellings)
@example("templates/{}", "..")
@example("templates/{}", "/")
@example("templates/{}", "..\\..\\x")
@example("templates/{}", "a/../../../b")
@example("templates/{}", "\ud800")
@example("templates/{}", "x?force=true#y")
def test_an_id_is_one_segment_of_its_path_or_refused(path, one):
    """What the server gets decodes to the id, and to nothing beside or above it."""
    grafx = Recorder()
    try:
        BY_ID[path](client_of(grafx), one)
    except ConfigurationError:
        assert grafx.sent == []
        return
    (request,) = grafx.sent
    assert request.url.host == HOST
    before, after = path.split("{}")
    raw = request.url.raw_path.decode()
    assert raw.startswith(ROOT + before)
    assert raw.endswith(after)
    sent = raw.removeprefix(ROOT + before).removesuffix(after)
    assert "/" not in sent
    assert unquote(sent) == one
    assert received(raw).startswith((ROOT + before).rstrip("/") + "/")


@pytest.mark.parametrize("format", ["png?x=1", "png/../../x", "..", "png#", "", None])
def test_a_setting_is_made_below_the_settings_or_not_at_all(format):  # noqa: A002 - GraFx's word
    """A format that is none changes neither path nor query."""
    grafx = Recorder()
    try:
        client_of(grafx).outputs.settings.create(format, name="a")
    except ConfigurationError:
        assert grafx.sent == []
        return
    (request,) = grafx.sent
    assert request.url.query == b""
    assert unquote(request.url.raw_path.decode()).startswith(f"{ROOT}output/settings/")


@given(spellings)
@example(" /\\ ")
def test_a_segment_is_the_id_in_safe_letters(one):
    """An id that is taken comes out again, and its letters mean nothing in a path."""
    try:
        escaped = segment(one)
    except ConfigurationError:
        return
    assert unquote(escaped) == one
    assert not set(escaped) & set("/\\?#&;: \n")


@quick
@given(spellings, st.sampled_from(["GET", "POST", "DELETE"]))
@example("//evil.example/x", "GET")
@example("/\\evil.example", "GET")
@example("..\\..\\cp-other\\templates", "GET")
@example("templates/%2e%2e%5c..", "GET")
@example("%2e%2e#", "GET")
@example("..#/x", "GET")
@example("https://evil.example", "GET")
@example("@evil.example", "GET")
@example("https://xn--/", "GET")
@example(f"https://{HOST}@evil.example/", "GET")
@example(f"https://{HOST}:443/grafx/x", "GET")
def test_a_path_stays_below_its_beginning_or_is_refused(path, method):
    """Only a full URL leads elsewhere, and only the own origin gets the token."""
    grafx = Recorder()
    try:
        client_of(grafx, Calls).request(method, path)
    except ChiliError:
        assert grafx.sent == []
        return
    (request,) = grafx.sent
    assert request.url.scheme == "https" or is_loopback(request.url.host)
    own = (request.url.scheme, request.url.host, request.url.port)
    assert ("authorization" in request.headers) == (own == ("https", HOST, None))
    if re.match(r"[a-z][a-z0-9+.-]*://", path, re.IGNORECASE):
        return
    assert request.url.host == HOST
    came = received(request.url.raw_path.decode().partition("?")[0])
    assert f"{came}/".startswith(BASE if path.startswith("/") else ROOT)


@given(spellings | st.tuples(st.sampled_from(SCHEMES), spellings).map("".join))
@example("http://127.0.0.1@evil.example/")
@example("http://127.0.0.1\\@evil.example/")
@example("http://localhost#@evil.example/")
@example("http://evil.example\\@localhost/")
@example("http://[::1]:1/")
@example("http://[::1%25a]/")
@example("HTTPS:// ")
@example("https://evil.example\u00fc/")
def test_what_is_safe_is_safe_for_who_sends_it_too(text):
    """An address that passes leads over https or to this machine, as httpx reads it."""
    try:
        require_safe(text, told="The address", hint="Use https.")
    except InsecureURLError:
        return
    try:
        url = httpx.URL(text)
        host = url.host
    except (httpx.InvalidURL, UnicodeError):
        return
    if url.scheme:  # without one nothing can be sent
        assert url.scheme == "https" or (url.scheme == "http" and is_loopback(host))
        assert not url.userinfo
    hostname = urlsplit(text).hostname
    if url.scheme and host.isascii() and hostname.isascii():
        assert unquote(host).lower() == unquote(hostname).lower()


@quick
@given(spellings)
@example("../../x")
@example("/etc/passwd")
@example("a\\..\\b")
def test_a_file_is_named_without_folders(told):
    """Whatever GraFx calls a thing, its file is saved into the folder that is named."""
    response = httpx.Response(200, content=b"x")
    name = File.read(response, name=f"{told}.png").file_name
    assert name
    assert not set(name) & set("/\\\0")
    assert name not in {".", ".."}


@pytest.mark.parametrize("letter", ["x", "\u00fc", "\u732b", "\U0001f336"])
def test_a_long_name_can_be_saved(tmp_path, letter):
    """A name is as long as file systems take, in any script, and keeps its ending."""
    response = httpx.Response(200, content=b"x")
    saved = File.read(response, name=f"{letter * 300}.png").save(tmp_path)
    assert saved.suffix == ".png"
    assert saved.name.startswith(letter * 30)
    assert saved.read_bytes() == b"x"


HEADERS = ["{}", "a; {}", 'a; filename="{}"', "a; filename*={}''x", "a; filename*0*={}"]


@quick
@given(
    st.sampled_from(HEADERS),
    spellings | st.sampled_from(["undefined", "idna", "utf-16''%ff", "''", "9" * 5000]),
)
@example("a; filename*={}''x", "undefined")
def test_any_disposition_gives_a_name(header, told):
    """A header that cannot be read is as good as none, and no name has folders."""
    raw = header.format(told).encode("utf-8", "replace")
    response = httpx.Response(200, headers=[(b"Content-Disposition", raw)])
    name = File.read(response, name="fallback").file_name
    assert name
    assert not set(name) & set("/\\\0\n")
    assert name not in {".", ".."}


@pytest.mark.parametrize("name", ["../../up", "/abs", "a/b", "..", ""])
@pytest.mark.parametrize("extension", ["png", "png/../../../up", "/abs", None])
def test_a_download_stays_in_its_folder(tmp_path, name, extension):
    """A medium with a strange name or type is written into the folder all the same."""
    folder = tmp_path / "one" / "two" / "three" / "four"
    folder.mkdir(parents=True)
    raw = {"id": "a", "name": name, "extension": extension}
    media = client_of(Recorder()).media._read(raw)
    assert media.download(folder).parent == folder
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == list(
        folder.iterdir()
    )
