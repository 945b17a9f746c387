"""Reads the bodies of requests: JSON, and forms that carry a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from email.message import Message

    from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as a form carries it."""

    name: str
    content: bytes


def json_object(content: bytes, parameter: str) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        content: The body.
        parameter: What GraFx's error calls it.

    Raises:
        ProblemError: 500, as GraFx answers a body that is none; 400 for one that no
            answer could repeat.
    """
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise ProblemError(
            500,
            f'Failed to read parameter "{parameter}" from the request body as JSON.',
        )
    if not can_be_answered(body):
        raise ProblemError(
            400, "The body holds half a character, or a number that JSON has not"
        )
    return body


def can_be_answered(value: object) -> bool:
    """Tell whether a value that was read can be written as JSON again.

    Python reads a lone surrogate, ``NaN`` and ``1e999``; none of them is in JSON.
    """
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def text_field(body: dict[str, Any], key: str) -> str:
    """Give a field that must be there and be text.

    Raises:
        ProblemError: 400 if it is not.
    """
    value = body.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ProblemError(400, f"{key} is needed, and must be text")
    return value


async def sent_file(request: Request, field: str, most_bytes: int) -> SentFile:
    """Give the file that a multipart form carries in a field.

    Raises:
        ProblemError: 400 without one, 413 for a body that is too large.
    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most_bytes:
            raise ProblemError(413, "The file is too large")
    kind = _headers(f"Content-Type: {request.headers.get('content-type', '')}")
    boundary = kind.get_boundary()
    if kind.get_content_type() != "multipart/form-data" or not boundary:
        raise ProblemError(400, "The body must be multipart/form-data")
    edge = b"\r\n--" + boundary.encode("utf-8", "surrogateescape")
    for part in (b"\r\n" + bytes(content)).split(edge)[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        headers = _headers(head.decode("utf-8", "replace").strip())
        named = headers.get_param("name", header="content-disposition")
        file_name = headers.get_filename()
        if named == field and file_name:
            return SentFile(file_name.encode(errors="replace").decode(), data)
    raise ProblemError(400, f"The form has no file in the field '{field}'")


def _headers(text: str) -> Message:
    return HeaderParser().parsestr(text)
