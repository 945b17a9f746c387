"""Check which URLs may be sent a secret."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from chili_notebook.errors import InsecureURLError


def checked_url(text: str) -> SplitResult:
    """Split a URL to which a secret may be sent.

    Raises:
        ValueError: If it is not https (or http to this machine), or names a user; the
            message says so in one clause, without the URL.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("is not an https URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user name or a password")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("is plain http to another machine; a secret needs https")
    return parts


def require_safe(url: str, *, told: str, hint: str) -> None:
    """Refuse an address to which no secret may be sent.

    Args:
        url: The address.
        told: The beginning of the message, before what is wrong with it.
        hint: What to do.

    Raises:
        InsecureURLError: If it is neither https nor on this machine.
    """
    try:
        checked_url(url)
    except ValueError as error:
        raise InsecureURLError(f"{told} {error}.", hint=hint) from None


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
