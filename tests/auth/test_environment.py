"""Reading environments from technical names and URLs, and the URLs of calls."""

from __future__ import annotations

import urllib.request
from urllib.parse import unquote, urlsplit

import httpx
import pytest
import requests
import urllib3
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.auth.environment import (
    DOMAINS,
    Environment,
    Location,
    base_url_for,
    call_url,
    locate,
    locate_base_url,
)
from chili_notebook.errors import ConfigurationError
from chili_notebook.http.urls import checked_url

NAME = "cp-abc-123"
HOST = f"https://{NAME}.chili-publish.online"
BASE = f"{HOST}/grafx"
ENVIRONMENT = Environment(name=NAME, kind="production", base_url=BASE)
technical_names = st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?\Z")


@pytest.mark.parametrize(
    "pasted",
    [
        BASE,
        f"{BASE}/",
        HOST,
        f"  {BASE}\n",
        f"{NAME}.chili-publish.online",
        f"{NAME}.chili-publish.online/grafx/swagger",
        f"https://{NAME.upper()}.Chili-Publish.Online/grafx",
        f"{BASE}/swagger/index.html",
        f"{BASE}/swagger/index.html?urls.primaryName=experimental",
        f"{BASE}/swagger/index.html#/Output/post_api_v1_environment__environment_",
        f"{BASE}/api/v1/environment/{NAME}",
        f"{BASE}/api/v1/environment/{NAME}/templates?limit=2",
        f"{BASE}/api/v1/environments/{NAME}/templates",
        f"{BASE}/api/v1/info",
        f"{BASE}/api/experimental/environment/{NAME}/output/tasks",
        f"{HOST}/interface.aspx?doc=1",
    ],
)
def test_every_url_of_an_environment_is_read(pasted):
    """Name, kind and base URL are read from the address of any page."""
    location = locate(pasted)
    assert (location.name, location.kind) == (NAME, "production")
    assert location.base_url.lower() == BASE
    assert location.is_grafx


def test_technical_name_has_no_kind_and_no_base_url():
    """A name as GraFx's settings show it is read as it is."""
    assert locate(f" {NAME} ") == Location(name=NAME)


@given(
    technical_names,
    st.sampled_from(sorted(DOMAINS)),
    st.sampled_from(["", "/", "/swagger/index.html", "/api/v1/environment/{}/media/1"]),
)
def test_location_is_read_back_from_its_base_url(name, kind, path):
    """A name and a kind make a base URL, from which both are read again."""
    base_url = base_url_for(name, kind)
    assert locate(base_url + path.format(name)) == Location(name, kind, base_url)


@pytest.mark.parametrize(
    ("pasted", "name", "path"),
    [
        ("https://grafx.example.com/api/v1/environment/CP-1/x", "CP-1", ""),
        ("https://proxy.example.com/a/grafx/swagger/index.html", "", "/a/grafx"),
        ("http://127.0.0.1:8000/grafx/api/v1/environment/demo", "demo", "/grafx"),
    ],
)
def test_proxy_or_simulator_is_recognised_by_the_path_of_the_api(pasted, name, path):
    """On another host the path contains the name; the kind is unknown."""
    location = locate(pasted)
    assert (location.name, location.kind) == (name, "")
    assert urlsplit(location.base_url).path == path
    assert not location.is_grafx


@pytest.mark.parametrize(
    ("pasted", "clause"),
    [
        ("", "is neither a technical name nor a URL"),
        ("cp abc", "is neither a technical name nor a URL"),
        ("cp_abc", "is neither a technical name nor a URL"),
        ("-cp", "is neither a technical name nor a URL"),
        ("x" * 64, "is neither a technical name nor a URL"),
        ("0a1b2c3d-0000-1111-2222-0123456789ab", "is the environment's GUID"),
        (
            "https://chiligrafx.com/environments/0a1b2c3d-0000-1111-2222-0123456789ab/x",
            "contains the environment's GUID",
        ),
        ("https://api.chiligrafx.com/swagger/index.html", "GraFx platform"),
        ("https://.chili-publish.online/grafx", "valid host name"),
        ("https://a.b.chili-publish.online/grafx", "is not an address"),
        ("https://www.chiligrafx.com/", "GraFx platform"),
        ("https://example.com/", "is not an address of a GraFx environment"),
        ("https://chili-publish.online/", "is not an address of a GraFx environment"),
        ("https://cp-a.chili-publish.online.evil.com/", "is not an address"),
        ("https://evilchili-publish.online/", "is not an address"),
        (f"http://{NAME}.chili-publish.online/grafx", "plain http"),
        (f"https://user:zq9@{NAME}.chili-publish.online/", "user name or a password"),
        (f"ftp://{NAME}.chili-publish.online/", "is not an https URL"),
        (f"{BASE}/api/v1/environment/..%2f..%2fzq9/x", "technical name"),
        (
            f"{BASE}/api/v1/environment/0a1b2c3d-0000-1111-2222-0123456789ab",
            "contains the environment's GUID",
        ),
        ("https://[::1", "is not a URL"),
        (f"https://{NAME}.chili-publish.online:99999/", "is not a URL"),
    ],
)
def test_other_text_raises_a_clause_without_the_text(pasted, clause):
    """Each misunderstanding has its own clause, which does not repeat the input."""
    with pytest.raises(ValueError, match=clause) as caught:
        locate(pasted)
    assert "zq9" not in str(caught.value)


@given(st.text() | st.from_regex(r"\Ahttps?://[\w.\[\]:@%-]*(/[\w./%-]*)?\Z"))
@example("https://[v1.x]/")
@example("https://a\u2100b/")
def test_any_text_is_a_safe_location_or_a_clause(text):
    """No text raises another error, and no base URL is unsafe for a secret."""
    try:
        location = locate(text)
    except ValueError as error:
        clause = str(error) if type(error) is ValueError else repr(error)
        assert clause.startswith(("is ", "holds ", "contains ", "does "))
    else:
        assert location.name or location.base_url
        assert not location.base_url.endswith("/")
        if location.base_url:
            checked_url(location.base_url)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("templates", f"{BASE}/api/v1/environment/{NAME}/templates"),
        (
            "media?search=a/../b",
            f"{BASE}/api/v1/environment/{NAME}/media?search=a/../b",
        ),
        (
            "media?search=https://example.com/",
            f"{BASE}/api/v1/environment/{NAME}/media?search=https://example.com/",
        ),
        ("/api/v1/info", f"{BASE}/api/v1/info"),
        ("//example.com/x", f"{BASE}//example.com/x"),
        ("https://example.com/x", "https://example.com/x"),
    ],
)
def test_call_url_is_relative_to_the_environment_or_to_the_base_url(path, url):
    """A leading slash means the base URL; a full URL is returned unchanged."""
    assert call_url(ENVIRONMENT, path) == url


@given(st.text())
@example("a/%2e%2E/b")
@example("/../other")
@example("\\..\\x")
def test_relative_path_never_leaves_the_base_url(path):
    """A path without a scheme stays at the host and below the base URL."""
    if "://" in path:
        return
    try:
        url = call_url(ENVIRONMENT, path)
    except ConfigurationError as error:
        assert error.hint  # noqa: PT017 - a URL is right too
    else:
        assert url.startswith(f"{BASE}/")
        assert not {".", ".."} & set(unquote(url.partition("?")[0]).split("/"))


@pytest.mark.parametrize(
    ("environment", "path", "message"),
    [
        (Environment(), "templates", "No environment is set"),
        (Environment(), "/api/v1/info", "No environment is set"),
        (Environment(base_url=BASE), "templates", "No environment is set"),
        (ENVIRONMENT, "../cp-other/templates", 'The path contains "." or ".." segment'),
    ],
)
def test_call_without_a_safe_url_raises_an_error_with_a_hint(
    environment, path, message
):
    """The error states what is wrong, and the hint what to set or write."""
    with pytest.raises(ConfigurationError) as caught:
        call_url(environment, path)
    assert caught.value.message.startswith(message)
    assert caught.value.hint


def test_host_and_token_host_contain_the_port():
    """The card and the errors show host and port of the API and of the endpoint."""
    environment = Environment(
        base_url="http://127.0.0.1:81/grafx", token_url="http://127.0.0.1:82/token"
    )
    assert (environment.host, environment.token_host) == (
        "127.0.0.1:81",
        "127.0.0.1:82",
    )
    assert Environment().host == ""


def test_platform_url_with_a_technical_name_is_read():
    """An address of the platform is enough if it contains the technical name."""
    assert locate(f"https://chiligrafx.com/environments/{NAME}/studio/templates") == (
        Location(name=NAME)
    )


@pytest.mark.parametrize(
    "character", ["\\", ";", ",", "%2f", "%00", "%23", "_", "ü", " "]
)
def test_unusual_character_in_a_host_is_refused_and_named(character):
    """Programs disagree on where such a host ends, so no secret is sent there."""
    url = f"https://evil.example{character}.chili-publish.online/grafx"
    with pytest.raises(ValueError, match="contains the character"):
        locate(url)
    with pytest.raises(ValueError, match="contains the character"):
        locate_base_url(url)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"https://{NAME}.chili-publish.online", BASE),
        (f"https://{NAME.upper()}.Chili-Publish.online/", BASE),
        (f"{BASE}/", BASE),
        (f"{BASE}/api/v1/environment/{NAME}/media", BASE),
        ("https://proxy.example.com/a/", "https://proxy.example.com/a"),
        ("https://PROXY.example.com:8443", "https://proxy.example.com:8443"),
        ("http://[::1]:8000/grafx", "http://[::1]:8000/grafx"),
    ],
)
def test_base_url_is_completed_on_the_hosts_of_grafx_only(text, expected):
    """``/grafx`` is added on GraFx's own hosts; hosts are written in lower case."""
    assert locate_base_url(text).base_url == expected


def test_platform_is_not_a_base_url():
    """The address of the platform's own API is refused before any request."""
    with pytest.raises(ValueError, match="GraFx platform"):
        locate_base_url("https://api.chiligrafx.com/")


HOST_PIECES = st.sampled_from(
    [
        *(
            "evil.example",
            "cp-abc",
            ".",
            "\\",
            "/",
            "@",
            "#",
            "?",
            ";",
            ":",
            "%2f",
            "%5c",
        ),
        *("[", "]", " ", "\t", "\n", "\0", "ü", "\uff0e", ".chili-publish.online", "_"),
    ]
)


@given(st.lists(HOST_PIECES, max_size=6).map("".join))
@example("evil.example\\.chili-publish.online")
@example("evil.example/.chili-publish.online")
def test_accepted_base_url_has_one_host_for_every_client(host):
    """httpx, requests and urllib send a request to the host that was checked."""
    try:
        location = locate_base_url(f"https://{host}/grafx")
    except ValueError:
        return
    checked = urlsplit(location.base_url).hostname
    assert httpx.URL(location.base_url).host == checked.strip("[]")
    assert (
        requests.Request("GET", location.base_url)
        .prepare()
        .url.startswith(f"https://{checked}")
    )
    assert urllib3.util.parse_url(location.base_url).host == checked
    request = urllib.request.Request(location.base_url)  # noqa: S310 - it is not sent
    assert request.host.split(":")[0] == checked
    if location.is_grafx:
        assert checked.endswith(
            (".chili-publish.online", ".chili-publish-sandbox.online")
        )
