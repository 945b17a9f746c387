"""How requests leave this machine: proxies, TLS, timeouts, retries, our name."""

from __future__ import annotations

from importlib.metadata import version
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from httpx_retries import Retry

from chili_notebook import __version__
from chili_notebook.environments import is_loopback
from chili_notebook.errors import ConfigurationError

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
USER_AGENT = f"chili_notebook/{__version__} python-httpx/{version('httpx')}"

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
RETRY = Retry(
    total=4,
    allowed_methods=SAFE_METHODS,
    status_forcelist=(429, 502, 503, 504),
    retry_on_exceptions=(
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.ReadError,
        httpx.RemoteProtocolError,
    ),
    backoff_factor=0.5,
    max_backoff_wait=15.0,
    total_timeout=20.0,  # longer than that nobody waits without a word
)


def transport_for(url: str, *, connect_retries: int = 0) -> httpx.HTTPTransport:
    """Make a transport to the host of `url`, through the proxy that is set for it.

    A client that is given a transport, as the retrying one must be, no longer looks
    for proxies by itself.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxies = {} if is_loopback(host) or proxy_bypass(host) else getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        return httpx.HTTPTransport(proxy=proxy, retries=connect_retries)
    except OSError:
        raise ConfigurationError(
            "The certificates of this machine cannot be read.",
            hint="Correct SSL_CERT_FILE and SSL_CERT_DIR, or unset them.",
        ) from None
    except (ImportError, ValueError) as error:
        # Without the address: it may hold a password.
        kind = proxy.partition("://")[0] if proxy else "none"
        why = error.name if isinstance(error, ImportError) else ""
    raise ConfigurationError(
        f"The proxy that is set for {parts.scheme} ({kind}) cannot be used.",
        hint="Install it with: pip install 'httpx[socks]'"
        if why or kind.startswith("socks")
        else "Correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY.",
    )
