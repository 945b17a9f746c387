"""Make errors from the API's problem documents (RFC 7807) and from interrupts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx

from chili_notebook.auth.tokens import ADVISORY_S
from chili_notebook.display.wording import spell_duration
from chili_notebook.errors import (
    APIError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
)
from chili_notebook.http.reading import json_object, one_line
from chili_notebook.http.transport import SAFE_METHODS, retry_after_s

if TYPE_CHECKING:
    from chili_notebook.auth.tokens import Token

_BY_STATUS: dict[int, type[APIError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    429: TooManyRequestsError,
}
_SERVER = 500
_CHECK_BODY = "Compare the parameters and the body with the environment's Swagger page."
_HINTS = {
    400: _CHECK_BODY,
    404: "Check the ID, and the environment's technical name in CHILI_ENVIRONMENT.",
    410: "Start again: repeat the listing or the output.",
    413: "Send less in one request.",
    422: _CHECK_BODY,
    429: "Wait a little, and make fewer calls at the same time.",
}
_TOO_LARGE = {
    "output": "GraFx takes at most 10,000 rows or 10 MB of variables, and 20 MB in "
    "total. Send the rows in several outputs.",
    "media": "GraFx, or a gateway before it, takes no file of this size. Upload a "
    "smaller one.",
}
_NO_TEMPLATE = (
    "There is probably no such template: GraFx responds with 500 for a missing one. "
    "Copy the ID from chili.templates.list()."
)
_CANNOT_RENEW = (
    "It is your own access token, which cannot be fetched again. Copy a new one from "
    "GraFx into CHILI_ACCESS_TOKEN, or set CHILI_CLIENT_ID and CHILI_CLIENT_SECRET, "
    "and run %chili_login again. Check that it belongs to this environment."
)
_IN_ENVIRONMENT = re.compile(r"/environment/[^/]+/(.+)")
_SCOPE_NOUNS = {
    "templates": "template",
    "template-collections": "template_collection",
    "projects": "myproject",
    "media": "media",
    "fonts": "font",
    "font-families": "font",
    "font-styles": "font",
}


class InterruptedCallError(KeyboardInterrupt):
    """The user has interrupted a request or a wait.

    The message says how to continue.

    Args:
        message: What was interrupted.
        hint: What to do next.

    Example:
        try:
            output = task.wait()
        except KeyboardInterrupt as error:
            print(error)
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}"

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines instead of the frames of the interrupted call.
        return [f"KeyboardInterrupt: {self.message}", f"→ {self.hint}"]


def interrupted_error(method: str) -> InterruptedCallError:
    """Return the error for a request that the user has interrupted.

    Args:
        method: The HTTP method of the request.
    """
    hint = "Run the cell again."
    if method.upper() not in SAFE_METHODS:
        hint = "GraFx may have carried it out. Check before you run it again."
    return InterruptedCallError("You interrupted a request to GraFx.", hint=hint)


def error_from(
    response: httpx.Response,
    *,
    token: Token | None,
    renewable: bool = True,
    now: float | None = None,
) -> APIError:
    """Return the error for a response with an error status.

    Problem documents look as in GraFx's API reference (RFC 7807); some have their
    status as text.

    Args:
        response: The response, whose body has been read.
        token: The current token.
        renewable: Whether there are credentials to fetch another token.
        now: The time, in seconds since the epoch.
    """
    status = response.status_code
    problem = json_object(_without_token(response))
    title = one_line(problem.get("title"))
    detail = one_line(problem.get("detail")) or one_line(problem.get("message"))
    error_class = _BY_STATUS.get(status, ServerError if status >= _SERVER else APIError)
    request = response.request
    reason = detail or title or response.reason_phrase or "without a reason"
    fields = _field_errors(problem)
    trace_id = one_line(problem.get("traceId"))
    if status == _SERVER and (title or detail) and _names_a_template(request):
        hint = _NO_TEMPLATE
    elif status in {401, 403}:
        on_401 = _cache_hint(token, now) if renewable else _CANNOT_RENEW
        hint = _refused_hint(response, token, on_401=on_401)
    else:
        hint = _hint(response)
    if trace_id and status >= _SERVER:
        hint += f" CHILI's support may ask for the trace ID {trace_id}."
    error = error_class(
        f"GraFx responded {status} to {request.method} {one_line(request.url.path)}: "
        f"{reason}{f' ({fields})' if fields else ''}",
        hint=hint,
        status_code=status,
        title=title,
        detail=detail,
        trace_id=trace_id,
    )
    if isinstance(error, ForbiddenError):
        error.scope = _missing_scope(request, token)
    if isinstance(error, TooManyRequestsError):
        error.retry_after_s = retry_after_s(response)
    return error


def guess_scope(method: str, path: str) -> str:
    """Return the scope that a call probably needs, empty if unknown.

    GraFx publishes no list of calls and scopes. This one is inferred from the names of
    the scopes, so it is a hint for people, and no code must depend on it.

    Args:
        method: The HTTP method.
        path: The path of the call's URL.
    """
    parts = _path_in_environment(path)
    if parts[0] == "output":
        animated = parts[1:2] in (["gif"], ["mp4"], ["animation"])
        return "output:animated" if animated else "output:static"
    noun = _SCOPE_NOUNS.get(parts[0], "")
    if not noun:
        return ""
    if method.upper() not in {"GET", "HEAD"}:
        return f"{noun}:write"
    return f"{noun}:list" if len(parts) == 1 else f"{noun}:read"


def _without_token(response: httpx.Response) -> httpx.Response:
    """Return the body of a response without the token of its request.

    A gateway may repeat the headers of a request. Messages are shortened, and a part of
    a token is not found later.
    """
    sent = response.request.headers.get("authorization", "")
    token = sent.rpartition(" ")[2].encode()
    if not token or token not in response.content:
        return response
    body = response.content.replace(token, b"***")
    return httpx.Response(response.status_code, content=body)


def _path_in_environment(path: str) -> list[str]:
    """Return the path's segments inside the environment; ``[""]`` if there are none."""
    match = _IN_ENVIRONMENT.search(path)
    return match.group(1).strip("/").split("/") if match else [""]


def _hint(response: httpx.Response) -> str:
    status = response.status_code
    wait_s = retry_after_s(response)
    if status == 429 and wait_s:  # noqa: PLR2004
        return f"GraFx asks to wait for {spell_duration(wait_s)}."
    if status == 413:  # noqa: PLR2004
        noun = _path_in_environment(response.request.url.path)[0]
        return _TOO_LARGE.get(noun, _HINTS[status])
    if status >= _SERVER:
        return "GraFx, or a gateway before it, failed. Try again later."
    return _HINTS.get(status, "")


def _refused_hint(response: httpx.Response, token: Token | None, *, on_401: str) -> str:
    request = response.request
    if "authorization" not in request.headers:
        return (
            "The token was not sent there: it is sent to the environment's own address "
            "and nowhere else."
        )
    if response.status_code == 401:  # noqa: PLR2004
        return on_401
    return _scopes_hint(token, guess_scope(request.method, request.url.path))


def _names_a_template(request: httpx.Request) -> bool:
    noun, *rest = _path_in_environment(request.url.path)
    # `templates/preview/tasks/…` is about a task.
    return noun == "templates" and rest[:1] not in ([], [""], ["preview"])


def _field_errors(problem: Mapping[str, Any]) -> str:
    """Return in one line what ASP.NET says about single fields."""
    errors = problem.get("errors")
    reasons = errors.items() if isinstance(errors, Mapping) else ()
    return one_line("; ".join(f"{name}: {reason}" for name, reason in reasons))


def _cache_hint(token: Token | None, now: float | None) -> str:
    renewed_at = token.expires_at - ADVISORY_S if token and token.expires_at else None
    when = ""
    if renewed_at is not None and (now is None or now < renewed_at):
        moment = datetime.fromtimestamp(renewed_at, UTC)
        when = f" (at about {moment:%H:%M} UTC on {moment.day} {moment:%b})"
    return (
        "GraFx serves the same token again until about an hour before it expires"
        f"{when}. So a renewed token can be refused like the first, and changed "
        "permissions take effect only with the next one. Check that the integration "
        "belongs to this environment."
    )


def _missing_scope(request: httpx.Request, token: Token | None) -> str:
    """Return the scope that a refused call probably needs, if the token lacks it."""
    scopes = token.scopes if token and "authorization" in request.headers else None
    needed = guess_scope(request.method, request.url.path)
    return needed if scopes is not None and needed not in scopes else ""


def _scopes_hint(token: Token | None, needed: str) -> str:
    scopes = token.scopes if token else None
    listed = "unknown" if scopes is None else " ".join(sorted(scopes)) or "none"
    needs = f"Such a call probably needs {needed}. " if needed else ""
    return (
        f"{needs}The token's scopes: {listed}. Permissions that were added after "
        "the token was issued take effect only with the next token. A token works only "
        "in the environment that its integration belongs to."
    )
