"""Which URLs may be sent a secret."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import httpx
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.errors import InsecureURLError
from chili_notebook.http.urls import is_loopback, require_safe

PIECES = [
    *["a", "ü", "0", "..", "/", "\\", "//", "?", "#", "&", ";", ":", "@", " ", "%2f"],
    *["\n", "\t", "\0", "\ud800", "evil.example", "127.0.0.1", "[", "localhost"],
    *["xn--", "\uff0e", "\u2215"],
]
SCHEMES = ["", "http://", "https://", "HTTP://", "http:", "//"]
texts = st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.text()


@given(st.tuples(st.sampled_from(SCHEMES), texts).map("".join))
@example("http://127.0.0.1@evil.example/")
@example("http://127.0.0.1\\@evil.example/")
@example("http://localhost#@evil.example/")
@example("http://evil.example\\@localhost/")
@example("http://[::1]:1/")
@example("http://[::1%25a]/")
@example("HTTPS:// ")
@example("https://evil.example\u00fc/")
def test_a_safe_url_is_safe_as_httpx_reads_it(text):
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
