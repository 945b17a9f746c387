"""Which environment: technical names, pasted URLs, addresses of calls."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.auth.environment import (
    DOMAINS,
    Environment,
    Location,
    base_url_for,
    call_url,
    locate,
)
from chili_notebook.errors import ConfigurationError
from chili_notebook.http.urls import checked_url, is_loopback

NAME = "cp-abc-123"
HOST = f"https://{NAME}.chili-publish.online"
BASE = f"{HOST}/grafx"
ENVIRONMENT = Environment(name=NAME, kind="production", base_url=BASE)
names = st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?\Z")


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
def test_any_url_of_the_environment_is_understood(pasted):
    """Whatever page was open in the browser, it tells name, kind and address."""
    location = locate(pasted)
    assert (location.name, location.kind) == (NAME, "production")
    assert location.base_url.lower() == BASE
    assert location.is_grafx


def test_a_technical_name_stands_for_itself():
    """The name as GraFx's settings show it says nothing of the kind."""
    assert locate(f" {NAME} ") == Location(name=NAME)


@given(
    names,
    st.sampled_from(sorted(DOMAINS)),
    st.sampled_from(["", "/", "/swagger/index.html", "/api/v1/environment/{}/media/1"]),
)
def test_what_is_told_leads_back(name, kind, path):
    """Name and kind make an address, and any page below it tells both again."""
    base = base_url_for(name, kind)
    assert locate(base + path.format(name)) == Location(name, kind, base)


@pytest.mark.parametrize(
    ("pasted", "name", "base"),
    [
        ("https://grafx.example.com/api/v1/environment/CP-1/x", "CP-1", ""),
        ("https://proxy.example.com/a/grafx/swagger/index.html", "", "/a/grafx"),
        ("http://127.0.0.1:8000/grafx/api/v1/environment/demo", "demo", "/grafx"),
    ],
)
def test_a_host_of_ones_own_is_told_by_its_path(pasted, name, base):
    """A proxy or a simulator is known by the API's path; its kind is not told."""
    location = locate(pasted)
    assert (location.name, location.kind) == (name, "")
    assert urlsplit(location.base_url).path == base
    assert not location.is_grafx


@pytest.mark.parametrize(
    ("pasted", "why"),
    [
        ("", "neither"),
        ("cp abc", "neither"),
        ("cp_abc", "neither"),
        ("-cp", "neither"),
        ("x" * 64, "neither"),
        ("0a1b2c3d-0000-1111-2222-0123456789ab", "GUID"),
        ("https://chiligrafx.com/environments/0a1b/studio", "GraFx platform"),
        ("https://www.chiligrafx.com/", "GraFx platform"),
        ("https://example.com/", "not an address of a GraFx environment"),
        ("https://chili-publish.online/", "not an address of a GraFx environment"),
        ("https://cp-a.chili-publish.online.evil.com/", "not an address"),
        ("https://evilchili-publish.online/", "not an address"),
        (f"http://{NAME}.chili-publish.online/grafx", "plain http"),
        (f"https://user:zq9@{NAME}.chili-publish.online/", "user name or a password"),
        (f"ftp://{NAME}.chili-publish.online/", "not an https URL"),
        (f"{BASE}/api/v1/environment/..%2f..%2fzq9/x", "technical name"),
        ("https://[::1", "not a URL"),
        (f"https://{NAME}.chili-publish.online:99999/", "not a URL"),
    ],
)
def test_what_is_no_environment_is_told_why(pasted, why):
    """Each misunderstanding has its own clause, which does not repeat the input."""
    with pytest.raises(ValueError, match=why) as caught:
        locate(pasted)
    assert "zq9" not in str(caught.value)


@given(st.text() | st.from_regex(r"\Ahttps?://[\w.\[\]:@%-]*(/[\w./%-]*)?\Z"))
@example("https://[v1.x]/")
@example("https://a\u2100b/")
def test_any_text_is_a_location_or_a_clause(text):
    """No text gives another error, and no address is unsafe for a secret."""
    try:
        location = locate(text)
    except ValueError as error:
        clause = str(error) if type(error) is ValueError else repr(error)
        assert clause.startswith(("is ", "holds ", "does "))
    else:
        assert location.name or location.base_url
        assert not location.base_url.endswith("/")
        if location.base_url:
            checked_url(location.base_url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/oauth/token",
        "http://127.0.0.1:8000/",
        "http://localhost/x",
        "http://[::1]:80/",
        "HTTPS://EXAMPLE.COM",
    ],
)
def test_https_and_this_machine_are_safe(url):
    """A secret may go over https anywhere, and in the clear to loopback only."""
    assert checked_url(url).hostname


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://192.168.0.1/",
        "http://0.0.0.0/",
        "https:///path",
        "https://user@example.com/",
        "file:///etc/passwd",
        "example.com",
        "",
    ],
)
def test_everything_else_is_unsafe(url):
    """Plain http, other schemes and names of users are refused."""
    with pytest.raises(ValueError, match=r"^(is|holds) "):
        checked_url(url)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("127.0.0.1.nip.io", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host, local):
    """A name is never looked up to find out."""
    assert is_loopback(host) is local


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
def test_calls_go_where_their_path_says(path, url):
    """A path is inside the environment or under the base, a full URL is itself."""
    assert call_url(ENVIRONMENT, path) == url


@given(st.text())
@example("a/%2e%2E/b")
@example("/../other")
@example("\\..\\x")
def test_no_path_leaves_the_environments_host(path):
    """A call without a scheme stays at the host and below the base."""
    if "://" in path:
        return
    try:
        url = call_url(ENVIRONMENT, path)
    except ConfigurationError as error:
        assert error.hint  # noqa: PT017 - an address is right too
    else:
        assert url.startswith(f"{BASE}/")
        assert not {".", ".."} & set(unquote(url.partition("?")[0]).split("/"))


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        (Environment(), "templates"),
        (Environment(), "/api/v1/info"),
        (Environment(base_url=BASE), "templates"),
        (ENVIRONMENT, "../cp-other/templates"),
    ],
)
def test_a_call_without_a_safe_address_says_what_to_do(environment, path):
    """Nothing is guessed: the error tells what to set or write."""
    with pytest.raises(ConfigurationError) as caught:
        call_url(environment, path)
    assert caught.value.hint


def test_hosts_are_told_with_their_ports():
    """The card and the errors name where the API and the token endpoint stand."""
    environment = Environment(
        base_url="http://127.0.0.1:81/grafx", token_url="http://127.0.0.1:82/token"
    )
    assert (environment.host, environment.token_host) == (
        "127.0.0.1:81",
        "127.0.0.1:82",
    )
    assert Environment().host == ""
