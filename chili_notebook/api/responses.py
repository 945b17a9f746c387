"""Reads the API's answers: envelopes, items, links and fields.

The documentation disagrees with itself in places (numbers or words, wrapped or bare);
the tolerance for that is all here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from chili_notebook.auth.environment import API_PATH, grafx_kind
from chili_notebook.errors import UnexpectedAnswerError
from chili_notebook.http.foreign import one_line
from chili_notebook.http.urls import is_loopback

_MOST_DIGITS = 18


def body_of(response: httpx.Response) -> Any:
    """Parse a JSON answer.

    Raises:
        UnexpectedAnswerError: If it is none.
    """
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        kind = response.headers.get("content-type", "no content type").partition(";")[0]
    raise UnexpectedAnswerError(
        f"GraFx's answer to {one_line(response.request.url.path)} is not JSON "
        f"({one_line(kind)}, {len(response.content):,} bytes).",
        hint="A gateway or proxy may have answered in its place. Try again later.",
    )


def item_of(response: httpx.Response) -> Mapping[str, Any]:
    """Give the one item of an answer, wrapped in ``data`` or bare.

    Raises:
        UnexpectedAnswerError: If there is none.
    """
    body = body_of(response)
    if isinstance(body, Mapping):
        data = body.get("data", body)
        if isinstance(data, Mapping):
            return data
    raise UnexpectedAnswerError(
        f"GraFx's answer to {one_line(response.request.url.path)} holds no item."
    )


def links_of(response: httpx.Response) -> Mapping[str, Any]:
    """Give the links of an answer; ``null`` and absent are empty."""
    body = body_of(response)
    links = body.get("links") if isinstance(body, Mapping) else None
    return links if isinstance(links, Mapping) else {}


def link_in(response: httpx.Response, key: str, *, base_url: str) -> str:
    """Give a link of an answer as a full URL, empty if there is none.

    Links are read against the answer's own address. One to the API by another address
    of it, such as GraFx's own behind a proxy, leads to the base URL; one to a host
    that is neither GraFx's nor the base URL's stays as it is.

    Raises:
        UnexpectedAnswerError: If it is no URL.
    """
    text = links_of(response).get(key)
    if not isinstance(text, str) or not text.strip():
        return ""
    try:
        url = response.request.url.join(text.strip())
    except (httpx.InvalidURL, ValueError):
        told = f"The link {key} of GraFx's answer is not a URL."
        raise UnexpectedAnswerError(told) from None
    api = API_PATH.search(url.path)
    if api is None or not _is_ours(url, httpx.URL(base_url)):
        return str(url)
    if str(url).startswith(f"{base_url}/"):
        return str(url)
    return f"{base_url}{url.raw_path.decode()[api.start() :]}"


def _is_ours(url: httpx.URL, base: httpx.URL) -> bool:
    host = url.raw_host.decode("ascii")
    if grafx_kind(host) is not None:
        return True
    # A proxy may lose its port in links; on this machine ports tell servers apart.
    same_port = url.port == base.port or not is_loopback(host)
    return url.raw_host == base.raw_host and same_port


def text_in(raw: Mapping[str, Any], key: str) -> str | None:
    """Give a text field; numbers as text, anything else as ``None``."""
    value = raw.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return None
    # JSON can spell half a character, which can be neither shown nor sent.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def whole_number_in(raw: Mapping[str, Any], key: str) -> int | None:
    """Give a field with a whole number from 0, which may be spelled as text."""
    text = text_in(raw, key) or ""
    whole = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if whole else None


def texts_in(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Give the texts of a list; anything else in it is left out."""
    listed = raw.get(key)
    items = listed if isinstance(listed, list) else []
    return tuple(item for item in items if isinstance(item, str))


def entry_type_in(raw: Mapping[str, Any]) -> str | None:
    """Give an entry's type, which older pages number: ``item`` or ``directory``."""
    word = (text_in(raw, "type") or "").lower()
    return {"0": "item", "1": "directory"}.get(word, word) or None


def moment_in(raw: Mapping[str, Any], *keys: str) -> datetime | None:
    """Give the first of `keys` that holds an ISO time; one without zone is UTC."""
    for key in keys:
        try:
            moment = datetime.fromisoformat(raw[key])
        except (KeyError, TypeError, ValueError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
