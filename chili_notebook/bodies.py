"""Reads answers whole, up to a size."""

from __future__ import annotations

import httpx

from chili_notebook.errors import (
    ChiliError,
    ConnectionFailedError,
    UnexpectedAnswerError,
)
from chili_notebook.foreign import reason_of

_OF_THE_LINE = {"content-encoding", "content-length", "transfer-encoding"}


def whole_answer(response: httpx.Response, at_most: int) -> httpx.Response:
    """Read the body of an answer, and give the answer with it.

    Raises:
        UnexpectedAnswerError: If it is larger than `at_most` bytes.
        ConnectionFailedError: If it breaks off.
    """
    content = bytearray()
    try:
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > at_most:
                break
    except httpx.HTTPError as error:
        raise broken_off(response, error) from None
    url = response.request.url
    if len(content) > at_most:
        raise UnexpectedAnswerError(
            f"The answer of {url.host}{url.path} is larger than {at_most:,} bytes.",
            hint="Read it piece by piece with chili.stream(...).",
        )
    # The body has been decoded, so that its first length and encoding are wrong.
    headers = [
        (name, value)
        for name, value in response.headers.multi_items()
        if name.lower() not in _OF_THE_LINE
    ]
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=bytes(content),
        request=response.request,
        history=response.history,
        extensions=response.extensions,
    )


def broken_off(response: httpx.Response, error: httpx.HTTPError) -> ChiliError:
    """Give the error for an answer that ended before its end."""
    url = response.request.url
    return ConnectionFailedError(
        f"The answer of {url.host}{url.path} broke off ({reason_of(error)}).",
        hint="Try again; GraFx has carried the request out.",
    )
