"""Which URLs may be sent a secret."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.errors import InsecureURLError
from chili_notebook.http.urls import checked_url, is_loopback, require_safe

PIECES = [
    *["a", "ü", "0", "..", "/", "\\", "//", "?", "#", "&", ";", ":", "@", " ", "%2f"],
    *["\n", "\t", "\0", "\ud800", "evil.example", "127.0.0.1", "[", "localhost"],
    *["xn--", "\uff0e", "\u2215"],
]
SCHEMES = ["", "http://", "https://", "HTTP://", "http:", "//"]
texts = st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.text()


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
def test_https_and_loopback_urls_are_accepted(url):
    """A secret may be sent over https, and over plain http to this machine only."""
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
        "https://user:password@example.com/",
        "https://[::1",
        "https://example.com:99999/",
        "file:///etc/passwd",
        "example.com",
        "",
    ],
)
def test_other_urls_raise_a_clause_without_the_url(url):
    """Plain http, other schemes and user names are refused, and not repeated."""
    with pytest.raises(ValueError, match=r"^(is|holds|contains) ") as caught:
        checked_url(url)
    assert not url or url not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("127.0.0.1.nip.io", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host, expected):
    """Loopback is decided by the text of the host, without a name lookup."""
    assert is_loopback(host) is expected


@given(st.tuples(st.sampled_from(SCHEMES), texts).map("".join))
@example("http://127.0.0.1@evil.example/")
@example("http://127.0.0.1\\@evil.example/")
@example("http://localhost#@evil.example/")
@example("http://evil.example\\@localhost/")
@example("http://[::1]:1/")
@example("http://[::1%25a]/")
@example("HTTPS:// ")
@example("https://evil.example\u00fc/")
def test_safe_url_is_safe_as_httpx_reads_it(text):
    """A URL that passes leads over https or to this machine, and contains no user."""
    try:
        require_safe(text, subject="The URL", hint="Use https.")
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
