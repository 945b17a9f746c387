"""Makes errors of the API's problem documents (RFC 7807), and hints for what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chili_notebook.api.scopes import believed_scope
from chili_notebook.auth.tokens import ADVISORY_S
from chili_notebook.errors import (
    APIError,
    BadRequestError,
    ContentTooLargeError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
    UnprocessableContentError,
)
from chili_notebook.http.foreign import json_object, one_line

if TYPE_CHECKING:
    import httpx

    from chili_notebook.auth.tokens import Token

_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    410: GoneError,
    413: ContentTooLargeError,
    422: UnprocessableContentError,
    429: TooManyRequestsError,
}
_SERVER = 500
_HINTS = {
    400: "Check the parameters and the body against the environment's Swagger page.",
    404: "Check the id, and the environment's technical name in CHILI_ENVIRONMENT.",
    410: "Ask for it again from the start.",
    413: "Send less of it at a time.",
    429: "Wait a little; fewer calls side by side help.",
}
_TOO_LARGE = {
    "output": "GraFx takes at most 10,000 rows or 10 MB of variables, and 20 MB in "
    "all.",
    "media": "GraFx, or a gateway before it, takes no file of that size: give a "
    "smaller one.",
}
_NO_TEMPLATE = (
    "Probably there is no such template: GraFx answers 500 for one that is missing. "
    "Copy the id from chili.templates.list()."
)
_READY = (
    "It was given ready-made and cannot be refetched: copy a new one from GraFx into "
    "CHILI_ACCESS_TOKEN, or set CHILI_CLIENT_ID and CHILI_CLIENT_SECRET, and run "
    "%chili_login again. Check that it belongs to this environment."
)
_ASKED = re.compile(r"/environment/[^/]+/([^/]+)(?:/([^/]+))?")


def error_from(
    response: httpx.Response,
    *,
    token: Token | None,
    renewable: bool = True,
    now: float | None = None,
) -> APIError:
    """Make the error for an answer with an error status; its body has been read.

    Problem documents are as GraFx's API reference shows them (RFC 7807), some with
    their status as text.

    Args:
        response: The answer.
        token: The token at hand.
        renewable: Whether another one can be asked for.
        now: The time, in seconds since the epoch.
    """
    status = response.status_code
    problem = json_object(response)
    title = one_line(problem.get("title"))
    detail = one_line(problem.get("detail")) or one_line(problem.get("message"))
    kind = _BY_STATUS.get(status, ServerError if status >= _SERVER else APIError)
    request = response.request
    said = detail or title or response.reason_phrase or "without a reason"
    fields = _fields(problem)
    trace_id = one_line(problem.get("traceId"))
    unwelcome = _cache_hint(token, now) if renewable else _READY
    if status == _SERVER and (title or detail) and _names_a_template(request):
        hint = _NO_TEMPLATE
    elif status in {401, 403}:
        hint = _refused_hint(response, token, unwelcome=unwelcome)
    else:
        hint = _hint(response)
    if trace_id and status >= _SERVER:
        hint += f" CHILI's support may ask for the trace id {trace_id}."
    error = kind(
        f"GraFx answered {status} to {request.method} {one_line(request.url.path)}: "
        f"{said}{f' ({fields})' if fields else ''}",
        hint=hint,
        status_code=status,
        title=title,
        detail=detail,
        trace_id=trace_id,
    )
    if isinstance(error, ForbiddenError):
        error.scope = _lacking(request, token)
    return error


def _hint(response: httpx.Response) -> str:
    status = response.status_code
    wait = response.headers.get("retry-after", "")
    if status == 429 and wait.isdecimal():  # noqa: PLR2004
        return f"GraFx asks to wait for {wait} s."
    if status == 413:  # noqa: PLR2004
        return _TOO_LARGE.get(_asked(response.request)[0], _HINTS[status])
    if status >= _SERVER:
        return "GraFx, or a gateway before it, failed. Try again later."
    return _HINTS.get(status, "")


def _refused_hint(
    response: httpx.Response, token: Token | None, *, unwelcome: str
) -> str:
    request = response.request
    if "authorization" not in request.headers:
        return (
            "The token was not sent there: it goes to the environment's own address "
            "and nowhere else."
        )
    if response.status_code == 401:  # noqa: PLR2004
        return unwelcome
    return _scopes_hint(token, believed_scope(request.method, request.url.path))


def _asked(request: httpx.Request) -> tuple[str, str]:
    """Give the noun that a request is about and what follows it; each may be empty."""
    match = _ASKED.search(request.url.path)
    return (match.group(1), match.group(2) or "") if match else ("", "")


def _names_a_template(request: httpx.Request) -> bool:
    noun, one = _asked(request)
    return noun == "templates" and one not in {"", "preview"}  # of preview tasks


def _fields(problem: Mapping[str, Any]) -> str:
    """Give what ASP.NET says of single fields, in one line."""
    errors = problem.get("errors")
    told = errors.items() if isinstance(errors, Mapping) else ()
    return one_line("; ".join(f"{name}: {why}" for name, why in told))


def _cache_hint(token: Token | None, now: float | None) -> str:
    due = token.expires_at - ADVISORY_S if token and token.expires_at else None
    anew = ""
    if due is not None and (now is None or now < due):
        moment = datetime.fromtimestamp(due, UTC)
        anew = f" (at about {moment:%H:%M} UTC on {moment.day} {moment:%b})"
    return (
        "GraFx serves the same token again until about an hour before its end"
        f"{anew}, so a refetched token can be as unwelcome as the first, and changed "
        "permissions arrive only with the next one. Check that the integration "
        "belongs to this environment."
    )


def _lacking(request: httpx.Request, token: Token | None) -> str:
    """Give the scope that a refused call probably needs, if the token lacks it."""
    held = token.scopes if token and "authorization" in request.headers else None
    needed = believed_scope(request.method, request.url.path)
    return needed if held is not None and needed not in held else ""


def _scopes_hint(token: Token | None, needed: str) -> str:
    held = token.scopes if token else None
    listed = "unknown" if held is None else " ".join(sorted(held)) or "none"
    needs = f"Such a call probably needs {needed}. " if needed else ""
    return (
        f"{needs}The token's scopes: {listed}. Permissions given to the integration "
        "since then arrive only with the next token; a token works only in the "
        "environment that its integration belongs to."
    )
