"""The effects of the faults: they replace or change what the application does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response

from chili_notebook.simulator.routes.authorization import read_bearer
from chili_notebook.simulator.routes.outputs import TASK_SOURCES, TASK_STATUSES
from chili_notebook.simulator.routes.problems import ProblemError, problem_response
from chili_notebook.simulator.routes.token_endpoint import TOKEN_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from chili_notebook.simulator.state.environment import EnvironmentState
    from chili_notebook.simulator.state.faults import Fault

CloseConnection = Callable[["Scope"], None]

# GraFx does not publish which number means which word.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "type": ("Item", "Directory"),
    "status": TASK_STATUSES,
    "source": TASK_SOURCES,
    "format": ("PDF", "JPG", "PNG", "GIF", "MP4", "HTML"),
}


@dataclass(frozen=True, slots=True)
class FaultContext:
    """What the effect of a fault needs besides the request.

    Attributes:
        state: The state of the environment.
        app: The application without the fault.
        close_connection: Closes the connection of a request.
    """

    state: EnvironmentState
    app: ASGIApp
    close_connection: CloseConnection


Effect = Callable[["Fault", FaultContext, "Scope", "Receive", "Send"], Awaitable[None]]


def apply_fault(fault: Fault, context: FaultContext) -> ASGIApp:
    """Return an application that responds with the effect of a fault."""
    effect = EFFECTS[fault.name]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await effect(fault, context, scope, receive, send)

    return app


async def _delay(
    fault: Fault, context: FaultContext, scope: Scope, receive: Receive, send: Send
) -> None:
    await asyncio.sleep(fault.seconds)
    await context.app(scope, receive, send)


async def _expire_token(
    _fault: Fault, context: FaultContext, scope: Scope, receive: Receive, send: Send
) -> None:
    authorization = Headers(scope=scope).get("authorization", "")
    context.state.issuer.expire(read_bearer(authorization))
    await context.app(scope, receive, send)


async def _drop_connection(
    _fault: Fault, context: FaultContext, scope: Scope, _receive: Receive, _send: Send
) -> None:
    context.close_connection(scope)


async def _cut_body(
    _fault: Fault, context: FaultContext, scope: Scope, receive: Receive, send: Send
) -> None:
    start, body = await _collect_response(context.app, scope, receive)
    await send(start)
    half = {"type": "http.response.body", "body": body[: len(body) // 2]}
    await send({**half, "more_body": True})
    context.close_connection(scope)


def _responding(respond: Callable[[Fault, FaultContext, Scope], Response]) -> Effect:
    """Return the effect that responds without the application."""

    async def effect(
        fault: Fault, context: FaultContext, scope: Scope, receive: Receive, send: Send
    ) -> None:
        await respond(fault, context, scope)(scope, receive, send)

    return effect


def _throttle(fault: Fault, context: FaultContext, scope: Scope) -> Response:
    wait = {"Retry-After": f"{fault.seconds:g}"}
    if not scope["path"].endswith(TOKEN_PATH):
        return problem_response(ProblemError(fault.status, "Too many requests"), wait)
    reset_at = round(context.state.clock() + fault.seconds)
    body = {
        "error": "too_many_requests",
        "error_description": "Global limit has been reached",
    }
    limits = {
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(reset_at),
    }
    return JSONResponse(body, fault.status, headers=wait | limits)


def _respond_html(fault: Fault, _context: FaultContext, _scope: Scope) -> Response:
    phrase = f"{fault.status} {HTTPStatus(fault.status).phrase}"
    page = f"<html><head><title>{phrase}</title></head><body>{phrase}</body></html>"
    return HTMLResponse(page, fault.status)


def _refuse_token(fault: Fault, _context: FaultContext, _scope: Scope) -> Response:
    return problem_response(ProblemError(fault.status))


def _rewriting(rewrite: Callable[[dict[str, Any]], None]) -> Effect:
    """Return the effect that rewrites JSON objects in responses."""

    async def effect(
        _fault: Fault,
        context: FaultContext,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        start, content = await _collect_response(context.app, scope, receive)
        headers = MutableHeaders(raw=start["headers"])
        if content and "json" in headers.get("content-type", ""):
            body = json.loads(content)
            if isinstance(body, dict):
                rewrite(body)
            content = json.dumps(body).encode()
            headers["content-length"] = str(len(content))
        await send(start)
        await send({"type": "http.response.body", "body": content})

    return effect


def _use_words(body: dict[str, Any]) -> None:
    if isinstance(body.get("status"), int):
        body["status"] = str(body["status"])
    for item in _items(body):
        for key, words in _WORDS.items():
            number = item.get(key)
            if isinstance(number, int) and number in range(len(words)):
                item[key] = words[number]


def _use_numbers(body: dict[str, Any]) -> None:
    for item in _items(body):
        for key, words in _WORDS.items():
            if item.get(key) in words:
                item[key] = words.index(item[key])


def _remove_links(body: dict[str, Any]) -> None:
    body.pop("links", None)


def _items(body: dict[str, Any]) -> list[dict[str, Any]]:
    data = body.get("data")
    items = data if isinstance(data, list) else [data]
    return [item for item in items if isinstance(item, dict)]


async def _collect_response(
    app: ASGIApp, scope: Scope, receive: Receive
) -> tuple[Message, bytes]:
    """Return the first message and the body of a response instead of sending it."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, *parts = messages
    return start, b"".join(part.get("body", b"") for part in parts)


EFFECTS: Mapping[str, Effect] = {
    "slow": _delay,
    "throttled": _responding(_throttle),
    "html_error": _responding(_respond_html),
    "dropped": _drop_connection,
    "cut_short": _cut_body,
    "token_expires": _expire_token,
    "token_refused": _responding(_refuse_token),
    "words": _rewriting(_use_words),
    "numbers": _rewriting(_use_numbers),
    "no_links": _rewriting(_remove_links),
}
