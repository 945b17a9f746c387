"""Read the API's responses: envelopes, items, links and fields.

GraFx's documentation contradicts itself in places (numbers or words, wrapped or bare).
This module accepts every documented form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from chili_notebook.auth.environment import API_PATH, grafx_kind
from chili_notebook.errors import UnexpectedAnswerError
from chili_notebook.http.reading import one_line
from chili_notebook.http.urls import is_loopback

_MOST_DIGITS = 18
_ENTRY_TYPES = {"0": "item", "1": "directory"}


def body_of(response: httpx.Response) -> Any:
    """Return the JSON of a response.

    Raises:
        UnexpectedAnswerError: If the body is not JSON.
    """
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        kind = response.headers.get("content-type", "no content type").partition(";")[0]
    raise UnexpectedAnswerError(
        f"GraFx's response to {one_line(response.request.url.path)} is not JSON "
        f"({one_line(kind)}, {len(response.content):,} bytes).",
        hint="A gateway or proxy may have responded in its place. Try again later.",
    )


def is_page(response: httpx.Response, start: bytes) -> bool:
    """Return whether a response is a web page, such as that of a proxy.

    Args:
        response: The response.
        start: The start of its body.
    """
    content_type = response.headers.get("content-type", "").lower()
    return "html" in content_type and start[:100].lstrip().startswith(b"<")


def refuse_page(response: httpx.Response) -> None:
    """Raise an error for a web page in response to a call that changes something.

    Raises:
        UnexpectedAnswerError: If it is one.
    """
    if is_page(response, response.content):
        raise UnexpectedAnswerError(
            f"GraFx's response to {one_line(response.request.url.path)} is a web page.",
            hint="A gateway or proxy may have responded in its place. Check whether "
            "the call was carried out before you repeat it.",
        )


def item_of(response: httpx.Response) -> Mapping[str, Any]:
    """Return the one item of a response, wrapped in ``data`` or bare.

    Raises:
        UnexpectedAnswerError: If the response contains no item.
    """
    body = body_of(response)
    if isinstance(body, Mapping):
        data = body.get("data", body)
        if isinstance(data, Mapping):
            return data
    raise UnexpectedAnswerError(
        f"GraFx's response to {one_line(response.request.url.path)} contains no item."
    )


def links_in(body: object) -> Mapping[str, Any]:
    """Return the links of a JSON body, empty for ``null`` and for absent links."""
    links = body.get("links") if isinstance(body, Mapping) else None
    return links if isinstance(links, Mapping) else {}


def link_in(response: httpx.Response, key: str, *, base_url: str) -> str:
    """Return a link of a response as a full URL, empty if there is none.

    A relative link is resolved against the URL of the response. GraFx's links may use
    another host name of the API than a proxy's base URL; these are rewritten to the
    base URL. Links to other hosts are unchanged.

    Raises:
        UnexpectedAnswerError: If the link is not a URL.
    """
    return resolve_link(response, links_in(body_of(response)), key, base_url=base_url)


def resolve_link(
    response: httpx.Response, links: Mapping[str, Any], key: str, *, base_url: str
) -> str:
    """Return one of the links of a response, whose JSON has been read, as `link_in`."""
    text = links.get(key)
    text = text.strip() if isinstance(text, str) else ""
    is_plain = text.isascii() and text.isprintable() and "/." not in text
    if not text or (is_plain and text.startswith(f"{base_url}/")):
        return text  # the usual form is not worth the time of parsing it
    try:
        url = response.request.url.join(text)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL()
    if not url.is_absolute_url:
        raise UnexpectedAnswerError(f"The link {key} of GraFx's response is not a URL.")
    api = API_PATH.search(url.path)
    if api is None or not _is_own(url, httpx.URL(base_url)):
        return str(url)
    if str(url).startswith(f"{base_url}/"):
        return str(url)
    return f"{base_url}{url.raw_path.decode()[api.start() :]}"


def _is_own(url: httpx.URL, base: httpx.URL) -> bool:
    """Return whether a URL leads to the same API as the base URL."""
    host = url.raw_host.decode("ascii")
    if grafx_kind(host) is not None:
        return True
    # A proxy may lose its port in links; on this machine ports tell servers apart.
    same_port = url.port == base.port or not is_loopback(host)
    return url.raw_host == base.raw_host and same_port


def text_in(raw: Mapping[str, Any], key: str) -> str | None:
    """Return a text field, a number as its digits, anything else as ``None``."""
    value = raw.get(key)
    if not isinstance(value, str):
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return str(value) if is_number else None
    if value.isascii():
        return value
    # JSON can contain a lone surrogate, which can be neither shown nor sent.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text_reader(
    key: str, default: str | None = None
) -> Callable[[Mapping[str, Any]], str | None]:
    """Return the function that returns a text field, as `text_in`."""

    def read(raw: Mapping[str, Any]) -> str | None:
        value = raw.get(key)
        if type(value) is str and value.isascii() and value:
            return value  # nearly all texts: without another call
        text = text_in(raw, key)
        return text if text or default is None else default

    return read


def whole_number_in(raw: Mapping[str, Any], key: str) -> int | None:
    """Return a field with a whole number from 0, which may be a text of digits."""
    text = text_in(raw, key) or ""
    is_whole = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_whole else None


def texts_in(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the texts of a list, without its other values."""
    listed = raw.get(key)
    items = listed if isinstance(listed, list) else []
    return tuple(item for item in items if isinstance(item, str))


def entry_type_in(raw: Mapping[str, Any]) -> str | None:
    """Return ``item`` or ``directory``, which older pages write as 0 or 1."""
    word = (text_in(raw, "type") or "").lower()
    return _ENTRY_TYPES.get(word, word) or None


def moment_in(raw: Mapping[str, Any], *keys: str) -> datetime | None:
    """Return the first ISO time among `keys`; one without a time zone is UTC."""
    for key in keys:
        try:
            moment = datetime.fromisoformat(raw[key])
        except (KeyError, TypeError, ValueError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
