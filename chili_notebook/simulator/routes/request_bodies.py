"""Read the bodies of requests: JSON objects and uploaded files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile

from chili_notebook.simulator.routes.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file of a form."""

    name: str
    content: bytes


def read_json_object(content: bytes, parameter: str) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        content: The body.
        parameter: The name of the body in GraFx's error.

    Raises:
        ProblemError: 500 if the body is not a JSON object, as GraFx responds; 400 if
            it cannot be serialized again.
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
    if not is_serializable(body):
        raise ProblemError(
            400,
            "The body contains a lone surrogate or a number that JSON does not have",
        )
    return body


def is_serializable(value: object) -> bool:
    """Return whether a value from a JSON body can be serialized again.

    Python also reads lone surrogates, ``NaN`` and ``1e999``, which JSON does not have.
    """
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def require_text(body: dict[str, Any], key: str) -> str:
    """Return a field that must be a text.

    Raises:
        ProblemError: 400 if the field is missing, blank or not a text.
    """
    value = body.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ProblemError(400, f"{key} is required, and must be text")
    return value


async def read_upload(request: Request, field: str, max_bytes: int) -> UploadedFile:
    """Return the file in a field of a multipart form.

    Raises:
        ProblemError: 400 without a file, 413 if the body is too large.
    """
    if int(request.headers.get("content-length", 0)) > max_bytes:
        raise ProblemError(413, "The file is too large")
    async with request.form() as form:
        file = form.get(field)
        if not isinstance(file, UploadFile) or not file.filename:
            raise ProblemError(400, f"The form has no file in the field '{field}'")
        return UploadedFile(file.filename, await file.read())
