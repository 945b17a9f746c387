"""Send requests: proxies, TLS, timeouts, retries, the user agent."""

from __future__ import annotations

import os
import socket
import ssl
import sys
import time
from contextlib import suppress
from copy import copy
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import httpx
from httpx_retries import Retry, RetryTransport

from chili_notebook import __version__
from chili_notebook.errors import (
    ConfigurationError,
    ConnectionFailedError,
    InsecureURLError,
)
from chili_notebook.http.reading import cause_of, one_line, reason_of
from chili_notebook.http.time_limit import LimitedBackend
from chili_notebook.http.urls import is_loopback, unsafe_reason

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
USER_AGENT = f"chili_notebook/{__version__} python-httpx/{version('httpx')}"

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_NO_RETRY = Retry(total=0)
ONCE = {"retry": _NO_RETRY}
"""The ``extensions`` of a request that must not be retried."""
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
)
_OTHER_SOCKS = {"socks", "socks4", "socks4a"}
# Codes of OpenSSL: self-signed, or issued by a certificate that is not known here.
_UNKNOWN_ISSUER = {18, 19, 20, 21}
_TRUST_ISSUER = (
    "If your organization inspects the traffic, set SSL_CERT_FILE to a file with its "
    "root certificate in PEM format; or install truststore and run "
    "truststore.inject_into_ssl() before you sign in. REQUESTS_CA_BUNDLE is not read."
)
_BUSY = {429, 503}
_LONGEST_PAUSE_S = 15.0
ONE_DAY_S = 86_400.0
"""A server that asks to wait for longer is understood to mean a day."""
_LONGEST_SILENCE_S = 20.0  # nobody waits longer than that without a message


class _Retry(Retry):
    """Retry safe methods a few times, and never wait for long without a message."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        super().__init__(
            total=4,
            allowed_methods=SAFE_METHODS,
            status_forcelist=(502, 504),
            validate_response=_raise_if_soon_free,
            retry_on_exceptions=(
                httpx.HTTPStatusError,
                httpx.ConnectError,
                httpx.ConnectTimeout,
                httpx.ReadError,
                httpx.RemoteProtocolError,
            ),
            backoff_factor=0.5,
            max_backoff_wait=_LONGEST_PAUSE_S,
            total_timeout=_LONGEST_SILENCE_S,
        )
        self._sleep = sleep

    def increment(self) -> Self:
        following = copy(self)
        following.attempts_made += 1
        return following

    def sleep(self, response: httpx.Response | Exception) -> None:
        wait_s = 0.0
        if isinstance(response, httpx.Response):
            wait_s = min(retry_after_s(response), _LONGEST_PAUSE_S)
        left_s = _LONGEST_SILENCE_S - self.elapsed_sleep
        pause_s = min(wait_s or self.backoff_strategy(), left_s)
        self._sleep(pause_s)
        self.elapsed_sleep += pause_s


def _raise_if_soon_free(response: httpx.Response) -> None:
    """Raise, so that a busy server is asked again if it does not ask for a long wait.

    A status alone cannot decide: a response that asks to wait for an hour is returned.
    """
    if response.status_code in _BUSY and retry_after_s(response) <= _LONGEST_PAUSE_S:
        response.raise_for_status()


def retry_after_s(response: httpx.Response) -> float:
    """Return how many seconds a response asks to wait, 0 if it does not.

    A time of more than a day, which a long number may be, counts as a day.
    """
    try:
        wait_s = _NO_RETRY.parse_retry_after(response.headers.get("retry-after", ""))
    except (ValueError, OverflowError):
        return 0.0
    return min(wait_s, ONE_DAY_S)


class _NoCookies(httpx.Cookies):
    """A jar that stays empty."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Store nothing."""


class _ClientWithoutCookies(httpx.Client):
    """A client that stores no cookies, since the token alone signs in.

    Reading the cookies of a response takes a seventh of a call over the loopback
    interface, and a stored cookie would let one call change the next.
    """

    @property
    def cookies(self) -> httpx.Cookies:
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, _cookies: object) -> None:
        pass


_NO_COOKIES = _NoCookies()


def open_client(
    base_url: str,
    *,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> httpx.Client:
    """Return a client that retries safe methods and refuses unsafe URLs.

    Args:
        base_url: The host of this URL decides about the proxy.
        transport: What sends requests; by default the network.
        sleep: Called to wait between two attempts.
    """
    return _ClientWithoutCookies(
        transport=RetryTransport(transport or transport_for(base_url), _Retry(sleep)),
        timeout=TIMEOUT,
        headers={"User-Agent": USER_AGENT, "Accept": "application/json, */*"},
        event_hooks={"request": [_require_safe]},
    )


def no_response_error(
    method: str, url: httpx.URL, error: Exception
) -> ConnectionFailedError:
    """Return the error for a request that got no response.

    Args:
        method: The method of the request.
        url: Its URL; the error of a redirect names the URL that it led to.
        error: What was raised.
    """
    was_sent = not isinstance(error, _NOT_SENT)
    hint = hint_for(error, also="the environment's name")
    if method not in SAFE_METHODS:
        hint += (
            " GraFx may have carried out the request: check before you repeat it."
            if was_sent
            else " Nothing was sent."
        )
    with suppress(AttributeError, RuntimeError):  # the error knows no request
        url = error.request.url  # type: ignore[attr-defined]
    place = one_line(f"{url.host}{url.path}")
    message = f"{method} {place} got no response ({reason_of(error)})."
    failure = ConnectionFailedError(message, hint=hint)
    failure.was_sent = was_sent
    return failure


def cut_response_error(
    response: httpx.Response, error: httpx.HTTPError
) -> ConnectionFailedError:
    """Return the error for a response whose body ended too early."""
    request, url = response.request, response.request.url
    place = one_line(f"{url.host}{url.path}")
    return ConnectionFailedError(
        f"The response of {place} was cut off ({reason_of(error)}).",
        hint="Try again."
        if request.method in SAFE_METHODS
        else "GraFx has probably carried out the request: check before you repeat it.",
    )


def hint_for(error: Exception, *, also: str) -> str:
    """Return what to check after a request that got no response.

    Args:
        error: What was raised.
        also: What else to check if the error does not show the cause.
    """
    if cause_of(error, socket.gaierror) is not None:
        return f"Check {also}, then the network, the proxy or VPN."
    certificate_error = cause_of(error, ssl.SSLCertVerificationError)
    if certificate_error is None:
        return f"Check the network, the proxy or VPN, and {also}."
    if certificate_error.verify_code in _UNKNOWN_ISSUER:
        return _TRUST_ISSUER
    return f"Check the date of this machine, and {also}."


def proxy_for(scheme: str, host: str) -> str:
    """Return the URL of the proxy that this machine sets for a host, empty if none."""
    if not _may_set_proxies():
        return ""
    proxies = {} if proxy_bypass(host) else getproxies()
    proxy = proxies.get(scheme) or proxies.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def _may_set_proxies() -> bool:
    """Return whether this machine may set a proxy, in a tenth of the time."""
    if sys.platform in {"darwin", "win32"}:
        return True  # by other means than variables
    # In any case of letters, as `urllib` reads them.
    return b"_proxy" in b"\0".join(os.environb).lower()


def transport_for(
    url: str, *, connect_retries: int = 0, for_redirects: bool = True
) -> httpx.HTTPTransport:
    """Return a transport to the host of `url`, through the proxy that is set for it.

    An `httpx.Client` that is given a transport, such as the retrying one, no longer
    looks for proxies by itself.

    Args:
        url: The URL.
        connect_retries: How often a connection that cannot be opened is tried again.
        for_redirects: Whether the transport may be used for other URLs. For a plain
            http URL alone the certificates are not read, which takes a while.

    Raises:
        ConfigurationError: If the proxy or the certificates cannot be used.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = "" if is_loopback(host) else proxy_for(parts.scheme, host)
    try:
        is_plain = parts.scheme == "http" and not proxy and not for_redirects
        # A context without certificates trusts no server.
        trusted = (
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else certificates()
        )
    except OSError:  # ssl.SSLError included
        raise ConfigurationError(
            "The certificates of this machine cannot be read.",
            hint="Set SSL_CERT_FILE to the full path of a file in PEM format, and "
            "SSL_CERT_DIR to a folder of such files; or unset them.",
        ) from None
    try:
        return _LimitedTransport(trusted, proxy=proxy or None, retries=connect_retries)
    except ImportError:
        hint = "Install its support with: pip install 'httpx[socks]'"
    except (httpx.InvalidURL, ValueError):
        hint = (
            "Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY. Percent-encode the special "
            "characters of a password, such as %23 for #."
        )
    if proxy.partition(":")[0].lower() in _OTHER_SOCKS:
        hint = "Write socks5:// at its beginning, if the proxy supports SOCKS 5."
    # The message leaves out the proxy's URL: it may contain a password.
    raise ConfigurationError(
        f"The proxy that is set for {parts.scheme} cannot be used.", hint=hint
    )


class _LimitedTransport(httpx.HTTPTransport):
    """A transport whose requests respect their time limit."""

    def __init__(
        self, trusted: ssl.SSLContext, *, proxy: str | None, retries: int
    ) -> None:
        super().__init__(trusted, proxy=proxy, retries=retries)
        # httpx has no public name for it.
        self._pool._network_backend = LimitedBackend()  # noqa: SLF001


def certificates() -> ssl.SSLContext:
    """Return the certificates by which servers are checked.

    Reading them takes longer than most calls, so they are read again only if what they
    depend on has changed.

    Raises:
        OSError: If they cannot be read.
    """
    return _read_certificates(_certificate_version())


@lru_cache(maxsize=1)
def _read_certificates(_version: object) -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _certificate_version() -> tuple[object, ...]:
    """Return all that the certificates depend on.

    That is where they are, whether a file has changed there, and the class that reads
    them: `truststore` replaces it.
    """
    paths = [os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")]
    found = [path for path in paths if path] or [certifi.where()]
    states = [Path(path).stat() for path in found]
    changes = [(state.st_mtime_ns, state.st_size, state.st_ino) for state in states]
    return (ssl.SSLContext, *paths, *changes)


def _require_safe(request: httpx.Request) -> None:
    """Raise an error for plain http to another machine.

    httpx calls this for every request of a client, those of redirects included, so
    this is the one check that no call to the API can bypass. It uses the URL as httpx
    has parsed it, since that is where the request is sent.
    """
    url = request.url
    reason = unsafe_reason(url.scheme, url.host, has_user=bool(url.userinfo))
    if reason:
        raise InsecureURLError(
            f"The request was not sent: its URL {reason}.",
            hint="Use an https URL, as all of GraFx's are.",
        )
