"""Check which URLs may be sent a secret."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from chili_notebook.errors import InsecureURLError


def checked_url(text: str) -> SplitResult:
    """Split a URL to which a secret may be sent.

    Raises:
        ValueError: If it is not https (or http to this machine), or contains a user
            name. The message says so in one clause, without the URL.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    reason = unsafe_reason(parts.scheme, host or "", has_user="@" in parts.netloc)
    if reason:
        raise ValueError(reason)
    return parts


def unsafe_reason(scheme: str, host: str, *, has_user: bool) -> str:
    """Return why a URL with these parts must not be sent a secret, empty if it may."""
    if scheme not in {"https", "http"} or not host:
        return "is not an https URL"
    if has_user:
        return "holds a user name or a password"
    if scheme == "http" and not is_loopback(host):
        return "is plain http to another machine; a secret needs https"
    return ""


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
