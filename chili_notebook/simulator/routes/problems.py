"""Error responses of the Environment API: problem documents as in its reference."""

from __future__ import annotations

from http import HTTPStatus
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

_RFC_7231_SECTIONS = {400: "6.5.1", 404: "6.5.4", 410: "6.5.9"}


class ProblemError(Exception):
    """A request ends with a problem document.

    Args:
        status: The HTTP status.
        detail: The error.
        title: The class of errors; by default, the phrase of the status.
        type_uri: The ``type``; by default, the URI that the reference shows.
    """

    def __init__(
        self, status: int, detail: str = "", *, title: str = "", type_uri: str = ""
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.title = title or HTTPStatus(status).phrase
        self.type_uri = type_uri or _type_uri(status)

    def body(self) -> dict[str, Any]:
        """Return the problem document."""
        return {
            "type": self.type_uri,
            "title": self.title,
            "status": self.status,
            **({"detail": self.detail} if self.detail else {}),
            "traceId": f"00-{token_hex(16)}-{token_hex(8)}-00",
        }


async def handle_problem(_request: Request, error: Exception) -> JSONResponse:
    """Respond with the problem document of a `ProblemError`."""
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for this class
    return problem_response(error)


def problem_response(
    error: ProblemError, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the response with a problem document."""
    bearer = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}  # noqa: PLR2004
    return JSONResponse(
        error.body(),
        error.status,
        headers={**bearer, **(headers or {})},
        media_type="application/problem+json",
    )


def _type_uri(status: int) -> str:
    section = _RFC_7231_SECTIONS.get(status)
    if section:
        return f"https://tools.ietf.org/html/rfc7231#section-{section}"
    return f"https://httpstatuses.io/{status}"
