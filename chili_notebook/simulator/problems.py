"""Error answers of the Environment API: problem documents as its reference shows."""

from __future__ import annotations

from http import HTTPStatus
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

_RFC_7231 = {400: "6.5.1", 404: "6.5.4", 410: "6.5.9"}


class ProblemError(Exception):
    """Ends a request with a problem document.

    Args:
        status: The HTTP status.
        detail: What went wrong.
        title: What is wrong in general; by default the status's phrase.
        kind: The ``type``; by default the URI that the reference prints.
    """

    def __init__(
        self, status: int, detail: str = "", *, title: str = "", kind: str = ""
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.title = title or HTTPStatus(status).phrase
        self.kind = kind or _type_uri(status)

    def body(self) -> dict[str, Any]:
        """Give the problem document."""
        told = {"detail": self.detail} if self.detail else {}
        trace_id = f"00-{token_hex(16)}-{token_hex(8)}-00"
        return {
            "type": self.kind,
            "title": self.title,
            "status": self.status,
            **told,
            "traceId": trace_id,
        }


async def answer_problem(_request: Request, error: Exception) -> JSONResponse:
    """Answer with the problem document of a `ProblemError`."""
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for it alone
    return problem_answer(error)


def problem_answer(
    error: ProblemError, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Make the answer that tells a problem."""
    bearer = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}  # noqa: PLR2004
    return JSONResponse(
        error.body(),
        error.status,
        headers={**bearer, **(headers or {})},
        media_type="application/problem+json",
    )


def _type_uri(status: int) -> str:
    section = _RFC_7231.get(status)
    if section:
        return f"https://tools.ietf.org/html/rfc7231#section-{section}"
    return f"https://httpstatuses.io/{status}"
