"""Reads what other programs sent, and says what went wrong in sending."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\uffff]+")


def json_object(response: httpx.Response) -> dict[str, Any]:
    """Give the JSON object in an answer, empty if there is none."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def one_line(value: object, *, at_most: int = 500) -> str:
    """Give a text as one printable line of bounded length; empty if it is none."""
    if not isinstance(value, str):
        return ""
    return _UNPRINTABLE.sub(" ", value).strip()[:at_most]


def reason_of(error: Exception) -> str:
    """Say in one clause why a request got no answer."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return str(error) or type(error).__name__
