"""How requests leave this machine: proxies, TLS, timeouts, retries, our name."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from httpx_retries import Retry, RetryTransport

from chili_notebook import __version__
from chili_notebook.errors import ConfigurationError, ConnectionFailedError
from chili_notebook.http.foreign import reason_of
from chili_notebook.http.urls import is_loopback, require_safe

if TYPE_CHECKING:
    from ssl import SSLContext

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
USER_AGENT = f"chili_notebook/{__version__} python-httpx/{version('httpx')}"

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
)
_ASKING_TO_WAIT = {429, 503}
_LONGEST_WAIT_S = 15.0


class _AskedToWaitError(Exception):
    """An answer that is worth waiting for a better one."""


def asked_wait_s(response: httpx.Response) -> float:
    """Give how many seconds an answer asks to wait; 0 if it does not."""
    try:
        return RETRY.parse_retry_after(response.headers.get("retry-after", ""))
    except ValueError:
        return 0.0


def _wait_if_asked(response: httpx.Response) -> None:
    """Have an answer waited for, unless it asks for longer than anybody would wait."""
    passing = response.status_code in _ASKING_TO_WAIT
    if passing and asked_wait_s(response) <= _LONGEST_WAIT_S:
        raise _AskedToWaitError


RETRY = Retry(
    total=4,
    allowed_methods=SAFE_METHODS,
    status_forcelist=(502, 504),
    validate_response=_wait_if_asked,
    retry_on_exceptions=(
        _AskedToWaitError,
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.ReadError,
        httpx.RemoteProtocolError,
    ),
    backoff_factor=0.5,
    max_backoff_wait=_LONGEST_WAIT_S,
    total_timeout=20.0,  # longer than that nobody waits without a word
)
ONCE = {"retry": RETRY.copy_with(total=0)}
"""What a request carries in its ``extensions`` if it is not to be retried."""


def client_for(base_url: str, retry: Retry) -> httpx.Client:
    """Make a client whose requests to the host of `base_url` are retried."""
    return httpx.Client(
        transport=RetryTransport(transport_for(base_url), retry),
        timeout=TIMEOUT,
        headers={"User-Agent": USER_AGENT, "Accept": "application/json, */*"},
        event_hooks={"request": [_require_safe]},
    )


def unanswered(method: str, url: httpx.URL, error: Exception) -> ConnectionFailedError:
    """Give the error for a request that got no answer."""
    was_sent = not isinstance(error, _BEFORE_SENDING)
    hint = "Check the network, the proxy or VPN, and the environment's name."
    if method not in SAFE_METHODS:
        hint += (
            " GraFx may have carried the request out all the same: look before you "
            "repeat it."
            if was_sent
            else " Nothing was sent."
        )
    told = f"{method} {url.host}{url.path} got no answer ({reason_of(error)})."
    failure = ConnectionFailedError(told, hint=hint)
    failure.was_sent = was_sent
    return failure


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
        set_for = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        verify = _certificates(*set_for)
        return httpx.HTTPTransport(verify, proxy=proxy, retries=connect_retries)
    except OSError:
        raise ConfigurationError(
            "The certificates of this machine cannot be read.",
            hint="Correct SSL_CERT_FILE and SSL_CERT_DIR, or unset them.",
        ) from None
    except (ImportError, ValueError) as error:
        # Without the address: it may hold a password.
        kind = proxy.partition("://")[0] if proxy else "none"
        lacks_package = isinstance(error, ImportError) or kind.startswith("socks")
    raise ConfigurationError(
        f"The proxy that is set for {parts.scheme} ({kind}) cannot be used.",
        hint="Install it with: pip install 'httpx[socks]'"
        if lacks_package
        else "Correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY.",
    )


@lru_cache(maxsize=1)
def _certificates(_file: str | None, _folder: str | None) -> SSLContext:
    """Read what servers are checked by: it takes longer than most calls do.

    It is read again once the variables that say where it is have changed.
    """
    return httpx.create_ssl_context()


def _require_safe(request: httpx.Request) -> None:
    """Refuse plain http to another machine, redirects included."""
    require_safe(
        str(request.url),
        told="The request was not sent: its address",
        hint="GraFx's addresses are https.",
    )
