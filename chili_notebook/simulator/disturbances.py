"""What each fault does: it stands before the application and changes what happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response

from chili_notebook.simulator.access import bearer
from chili_notebook.simulator.problems import ProblemError, problem_answer
from chili_notebook.simulator.task_list import SOURCES, STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from chili_notebook.simulator.faults import Fault
    from chili_notebook.simulator.world import World

HangUp = Callable[["Scope"], None]

_ITEM_TYPES = ("Item", "Directory")
_FORMATS = ("PDF", "JPG", "PNG", "GIF", "MP4", "HTML")
# Which number means which word is not published.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "type": _ITEM_TYPES,
    "status": STATUSES,
    "source": SOURCES,
    "format": _FORMATS,
}


@dataclass(frozen=True, slots=True)
class Stage:
    """What a disturbance works on.

    Attributes:
        world: What the simulator holds.
        app: What would answer.
        hang_up: Ends the connection of a request.
    """

    world: World
    app: ASGIApp
    hang_up: HangUp


Disturb = Callable[["Fault", Stage, "Scope", "Receive", "Send"], Any]


def disturbed(fault: Fault, stage: Stage) -> ASGIApp:
    """Give an application that answers as the fault wants it."""
    disturb = DISTURBANCES[fault.name]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await disturb(fault, stage, scope, receive, send)

    return app


async def _slow(
    fault: Fault, stage: Stage, scope: Scope, receive: Receive, send: Send
) -> None:
    await asyncio.sleep(fault.seconds)
    await stage.app(scope, receive, send)


async def _token_expires(
    _fault: Fault, stage: Stage, scope: Scope, receive: Receive, send: Send
) -> None:
    stage.world.issuer.expire(bearer(Headers(scope=scope).get("authorization", "")))
    await stage.app(scope, receive, send)


async def _dropped(
    _fault: Fault, stage: Stage, scope: Scope, _receive: Receive, _send: Send
) -> None:
    stage.hang_up(scope)


async def _cut_short(
    _fault: Fault, stage: Stage, scope: Scope, receive: Receive, send: Send
) -> None:
    start, body = await _gathered(stage.app, scope, receive)
    await send(start)
    half = {"type": "http.response.body", "body": body[: len(body) // 2]}
    await send({**half, "more_body": True})
    stage.hang_up(scope)


def _answering(answer: Callable[[Fault, Stage, Scope], Response]) -> Disturb:
    async def disturb(
        fault: Fault, stage: Stage, scope: Scope, receive: Receive, send: Send
    ) -> None:
        await answer(fault, stage, scope)(scope, receive, send)

    return disturb


def _throttled(fault: Fault, stage: Stage, scope: Scope) -> Response:
    wait = {"Retry-After": f"{fault.seconds:g}"}
    if not scope["path"].endswith("/oauth/token"):
        return problem_answer(ProblemError(fault.status, "Too many requests"), wait)
    reset = round(stage.world.clock() + fault.seconds)
    body = {
        "error": "too_many_requests",
        "error_description": "Global limit has been reached",
    }
    limits = {
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(reset),
    }
    return JSONResponse(body, fault.status, headers=wait | limits)


def _html_error(fault: Fault, _stage: Stage, _scope: Scope) -> Response:
    phrase = f"{fault.status} {HTTPStatus(fault.status).phrase}"
    page = f"<html><head><title>{phrase}</title></head><body>{phrase}</body></html>"
    return HTMLResponse(page, fault.status)


def _token_refused(fault: Fault, _stage: Stage, _scope: Scope) -> Response:
    return problem_answer(ProblemError(fault.status))


def _rewriting(change: Callable[[dict[str, Any]], None]) -> Disturb:
    async def disturb(
        _fault: Fault, stage: Stage, scope: Scope, receive: Receive, send: Send
    ) -> None:
        start, body = await _gathered(stage.app, scope, receive)
        headers = MutableHeaders(raw=start["headers"])
        if body and "json" in headers.get("content-type", ""):
            told = json.loads(body)
            if isinstance(told, dict):
                change(told)
            body = json.dumps(told).encode()
            headers["content-length"] = str(len(body))
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return disturb


def _words(told: dict[str, Any]) -> None:
    if isinstance(told.get("status"), int):
        told["status"] = str(told["status"])
    for item in _items(told):
        for key, words in _WORDS.items():
            number = item.get(key)
            if isinstance(number, int) and number in range(len(words)):
                item[key] = words[number]


def _numbers(told: dict[str, Any]) -> None:
    for item in _items(told):
        for key, words in _WORDS.items():
            if item.get(key) in words:
                item[key] = words.index(item[key])


def _no_links(told: dict[str, Any]) -> None:
    told.pop("links", None)


def _items(told: dict[str, Any]) -> list[dict[str, Any]]:
    data = told.get("data")
    items = data if isinstance(data, list) else [data]
    return [item for item in items if isinstance(item, dict)]


async def _gathered(
    app: ASGIApp, scope: Scope, receive: Receive
) -> tuple[Message, bytes]:
    """Let the application answer, and give the answer instead of sending it."""
    messages: list[MutableMapping[str, Any]] = []

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, *parts = messages
    return start, b"".join(part.get("body", b"") for part in parts)


DISTURBANCES: Mapping[str, Disturb] = {
    "slow": _slow,
    "throttled": _answering(_throttled),
    "html_error": _answering(_html_error),
    "dropped": _dropped,
    "cut_short": _cut_short,
    "token_expires": _token_expires,
    "token_refused": _answering(_token_refused),
    "words": _rewriting(_words),
    "numbers": _rewriting(_numbers),
    "no_links": _rewriting(_no_links),
}
