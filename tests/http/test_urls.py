"""Which URLs may be sent a secret."""

from __future__ import annotations

import pytest

from chili_notebook.http.urls import checked_url, is_loopback


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
