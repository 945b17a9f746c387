"""How requests leave this machine: proxies, TLS, timeouts, our name."""

from __future__ import annotations

from importlib.metadata import version
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from chili_notebook import __version__
from chili_notebook.environments import is_loopback

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
USER_AGENT = f"chili_notebook/{__version__} python-httpx/{version('httpx')}"


def transport_for(url: str, *, connect_retries: int = 0) -> httpx.HTTPTransport:
    """Make a transport to the host of `url`, through the proxy that is set for it.

    A client that is given a transport, as the retrying one must be, no longer looks
    for proxies by itself.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxies = {} if is_loopback(host) or proxy_bypass(host) else getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return httpx.HTTPTransport(proxy=proxy, retries=connect_retries)
