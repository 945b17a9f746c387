"""Reads answers whole, up to a size."""

from __future__ import annotations

from typing import Any

import httpx

from chili_notebook.errors import ConnectionFailedError, UnexpectedAnswerError
from chili_notebook.http.foreign import reason_of

_OF_THE_LINE = {"content-encoding", "content-length", "transfer-encoding"}


def read_up_to(response: httpx.Response, at_most: int, **more: Any) -> httpx.Response:
    """Give an answer with its body, of which more than `at_most` bytes are not read.

    Args:
        response: The answer, whose body has not been read.
        at_most: Past so many bytes reading ends; who asks looks at the length.
        more: What `httpx.Response` is to know besides, such as its request.
    """
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > at_most:
            break
    # The body has been decoded, so that its first length and encoding are wrong.
    headers = [
        (name, value)
        for name, value in response.headers.multi_items()
        if name.lower() not in _OF_THE_LINE
    ]
    return httpx.Response(
        response.status_code, headers=headers, content=bytes(content), **more
    )


def whole_answer(response: httpx.Response, at_most: int) -> httpx.Response:
    """Read the body of an answer, and give the answer with it.

    Raises:
        UnexpectedAnswerError: If it is larger than `at_most` bytes.
    """
    whole = read_up_to(
        response,
        at_most,
        request=response.request,
        history=response.history,
        extensions=response.extensions,
    )
    if len(whole.content) > at_most:
        url = response.request.url
        raise UnexpectedAnswerError(
            f"The answer of {url.host}{url.path} is larger than {at_most:,} bytes.",
            hint="Read it piece by piece with chili.stream(...).",
        )
    return whole


def broken_off(
    response: httpx.Response, error: httpx.HTTPError
) -> ConnectionFailedError:
    """Give the error for an answer that ended before its end."""
    request, url = response.request, response.request.url
    return ConnectionFailedError(
        f"The answer of {url.host}{url.path} broke off ({reason_of(error)}).",
        hint="Try again."
        if request.method in {"GET", "HEAD", "OPTIONS"}
        else "GraFx has probably carried it out: look before you repeat it.",
    )
