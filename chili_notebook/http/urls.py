"""Check which URLs may be sent a secret."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from chili_notebook.errors import InsecureURLError

if TYPE_CHECKING:
    import httpx

# Programs disagree on where a host ends if it contains other characters: httpx reads
# "evil.example\\.grafx.example" as one host, and requests as "evil.example".
_OUTSIDE_URLS = re.compile(r"[^\x21-\x7e]|[\\<>\"^`{|}]")
_OUTSIDE_HOSTS = re.compile(r"[^A-Za-z0-9.-]")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def checked_url(text: str) -> SplitResult:
    """Split a URL to which a secret may be sent, and which is read the same everywhere.

    The host must consist of letters, digits, hyphens and dots, or be an IPv6 address.

    Raises:
        ValueError: If it is not https (or http to this machine), contains a user name,
            or contains a character that programs read differently. The message says so
            in one clause, without the URL.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    has_user = "@" in parts.netloc
    # A netloc with a password is never stored in the cache.
    reason = "" if has_user else _checked_host(parts.scheme, parts.netloc, host)
    if has_user:
        reason = unsafe_reason(parts.scheme, host, has_user=True)
    unusual = _OUTSIDE_URLS.search(text)
    if unusual is not None and not reason:
        reason = f"contains the character {unusual[0]!a}"
    if reason:
        raise ValueError(reason)
    return parts


@lru_cache(maxsize=64)
def _checked_host(scheme: str, netloc: str, host: str) -> str:
    """Return why a host must not be sent a secret, empty if it may.

    Almost all calls go to the same few hosts.
    """
    reason = unsafe_reason(scheme, host, has_user=False)
    if reason or netloc.startswith("["):
        return reason
    unusual = _OUTSIDE_HOSTS.search(host)
    if unusual is not None:
        return f"contains the character {unusual[0]!a}"
    return "" if _HOST.fullmatch(host) else "does not contain a valid host name"


def origin_of(parts: SplitResult) -> str:
    """Return scheme, host and port of a checked URL, in lower case."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{'' if parts.port is None else f':{parts.port}'}"


def unsafe_reason(scheme: str, host: str, *, has_user: bool) -> str:
    """Return why a URL with these parts must not be sent a secret, empty if it may."""
    if scheme not in {"https", "http"} or not host:
        return "is not an https URL"
    if has_user:
        return "holds a user name or a password"
    if scheme == "http" and not is_loopback(host):
        return "is plain http to another machine; a secret needs https"
    return ""


def unsafe_url_reason(url: httpx.URL) -> str:
    """Return why the host of a URL must not be sent a secret, empty if it may.

    Args:
        url: A URL as httpx has parsed it, since that is where httpx sends the request.
    """
    if url.userinfo:
        return unsafe_reason(url.scheme, url.host, has_user=True)
    host, netloc = url.raw_host.decode("ascii"), url.netloc.decode("ascii")
    return _checked_host(url.scheme, netloc, host)


def require_safe(url: str, *, subject: str, hint: str) -> None:
    """Raise an error if no secret may be sent to a URL.

    Args:
        url: The URL.
        subject: The beginning of the message, before what is wrong with the URL.
        hint: What to do.

    Raises:
        InsecureURLError: If the URL is neither https nor on this machine.
    """
    try:
        checked_url(url)
    except ValueError as error:
        raise InsecureURLError(f"{subject} {error}.", hint=hint) from None


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine."""
    if host in {"localhost", "127.0.0.1"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
