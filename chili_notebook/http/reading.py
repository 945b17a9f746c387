"""Read responses of other programs, which may hold anything."""

from __future__ import annotations

import json
import ssl
from itertools import groupby
from typing import Any, TypeVar

import httpx

_E = TypeVar("_E", bound=BaseException)
_TRANSFER_HEADERS = {b"content-encoding", b"content-length", b"transfer-encoding"}


def read_up_to(response: httpx.Response, at_most: int) -> httpx.Response:
    """Return a response with its body, and without its request.

    Args:
        response: A response whose body has not been read.
        at_most: Stop reading after this many bytes. The caller must check the length.
    """
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > at_most:
            break
    # The body has been decoded, so the original length and encoding are wrong.
    # Bytes, because other programs send more than the ASCII that httpx encodes.
    headers = [
        (name, value)
        for name, value in response.headers.raw
        if name.lower() not in _TRANSFER_HEADERS
    ]
    return httpx.Response(response.status_code, headers=headers, content=bytes(content))


def json_object(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object in a response, empty if there is not one."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def one_line(value: object, *, at_most: int = 500) -> str:
    """Return a text as one printable line of bounded length, empty if it is not a text.

    Text of another program must not break the lines of a message, reverse its letters
    or move the cursor of a terminal.
    """
    if not isinstance(value, str):
        return ""
    runs = groupby(value[: 2 * at_most], key=str.isprintable)
    text = "".join("".join(run) if printable else " " for printable, run in runs)
    return text.strip()[:at_most]


def reason_of(error: Exception) -> str:
    """Return in one clause why a request got no response.

    It quotes no URL and no header: these may contain a password.
    """
    certificate_error = cause_of(error, ssl.SSLCertVerificationError)
    if certificate_error is not None:
        reason = one_line(certificate_error.verify_message, at_most=200)
        return f"its certificate is not valid: {reason}"
    if cause_of(error, httpx.InvalidURL) is not None:
        return "the address that it leads to is not a URL"
    if isinstance(error, httpx.TimeoutException):
        return "no response in time"
    if isinstance(error, httpx.LocalProtocolError | UnicodeError):
        return "the request contains characters that cannot be sent"
    return one_line(str(error), at_most=200) or type(error).__name__


def cause_of(error: BaseException, kind: type[_E]) -> _E | None:
    """Return the first error of a class among an error and its causes."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, kind):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None
