"""Request a token from the token endpoint: one POST, and its possible responses.

The request has a client of its own. If it were yielded into the caller's client, the
response would stay in ``response.history``, and the caller's redirects, hooks and TLS
settings would apply to the client secret.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx

from chili_notebook.auth.secret import MASK
from chili_notebook.auth.tokens import Token, token_from_response
from chili_notebook.display.wording import spell_duration
from chili_notebook.errors import (
    NotSignedInError,
    TokenRefusedError,
    TokenRequestError,
    TokenResponseError,
)
from chili_notebook.http.reading import json_object, one_line, read_up_to, reason_of
from chili_notebook.http.time_limit import TimeLimit
from chili_notebook.http.transport import (
    ONE_DAY_S,
    TIMEOUT,
    USER_AGENT,
    hint_for,
    retry_after_s,
    transport_for,
)
from chili_notebook.http.urls import require_safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from chili_notebook.auth.credentials import Credentials
    from chili_notebook.auth.environment import Environment

_MAX_BYTES = 1_000_000
_TIME_LIMIT_S = 60.0
_WRONG_PAIR = (
    "the secret belongs to another integration, was rotated, was copied incompletely "
    "or with a space, or is really the client ID (as in GraFx's own Node and Java "
    "samples)"
)
_COPY_AGAIN = "Copy both again from the integration's page in GraFx."


def fetch_token(
    credentials: Credentials,
    environment: Environment,
    *,
    clock: Callable[[], float],
    time_limit_s: float = _TIME_LIMIT_S,
    on_sent: Callable[[], None] | None = None,
) -> Token:
    """Request a token with the client-credentials grant (RFC 6749, section 4.4).

    The body is JSON with exactly the four fields of GraFx's page "Generating a
    token". Redirects are not followed.

    Args:
        credentials: The client ID with its secret.
        environment: Contains the URL of the endpoint, and the audience.
        clock: Returns the time in seconds since the epoch.
        time_limit_s: How long the whole request may take.
        on_sent: Called when the request has been sent, before the response is read.

    Raises:
        TokenRequestError: If the endpoint cannot be reached.
        TokenRefusedError: If it responds with an error status.
        TokenResponseError: If its response is not a token.
        InsecureURLError: If its URL is neither https nor on this machine.
    """
    require_safe(
        environment.token_url, subject="CHILI_TOKEN_URL", hint="Use the https address."
    )
    asked_at = clock()
    failure = hint = ""
    try:
        with TimeLimit(time_limit_s):
            response = _post(credentials, environment, on_sent)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        failure = reason_of(error)
        hint = hint_for(error, also="CHILI_TOKEN_URL if set")
    except BaseException as error:  # noqa: BLE001 - raised again
        # Such as an interrupt: its frames in httpx hold the secret, too.
        raise error.with_traceback(None)  # noqa: B904 - it is the same error
    if failure:
        # Raised here, the error has none of httpx's frames, which hold the secret.
        raise TokenRequestError(
            f"The token endpoint {environment.token_host} could not be reached "
            f"({failure}).",
            hint=hint,
        )
    if response.is_redirect:
        raise TokenResponseError(
            f"The token endpoint {environment.token_host} responded with a redirect "
            f"({response.status_code}). It was not followed, because the request "
            "contains the client secret.",
            hint="Set CHILI_TOKEN_URL to the URL of the endpoint itself.",
        )
    if not response.is_success:
        raise _refusal(response, credentials, environment)
    if len(response.content) > _MAX_BYTES:
        raise TokenResponseError(
            "The token endpoint's response cannot be used: it is larger than "
            f"{_MAX_BYTES:,} bytes.",
            hint="Check CHILI_TOKEN_URL.",
        )
    return token_from_response(
        response.content,
        response.headers.get("content-type", ""),
        asked_at=asked_at,
        server_date=_server_date(response),
    )


def _post(
    credentials: Credentials,
    environment: Environment,
    on_sent: Callable[[], None] | None,
) -> httpx.Response:
    def trace(event: str, _info: object) -> None:
        if event == "http11.send_request_body.complete" and on_sent is not None:
            on_sent()

    extensions = {} if on_sent is None else {"trace": trace}

    with (
        httpx.Client(
            transport=transport_for(
                environment.token_url, connect_retries=1, for_redirects=False
            ),
            timeout=TIMEOUT,
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        ) as client,
        client.stream(
            "POST",
            environment.token_url,
            json=_body(credentials, environment),
            extensions=extensions,
        ) as response,
    ):
        # Without its request, whose body holds the secret.
        return read_up_to(response, _MAX_BYTES)


def _body(credentials: Credentials, environment: Environment) -> dict[str, str]:
    if credentials.client_secret is None:
        raise NotSignedInError(
            "An access token cannot be used to request another one.",
            hint="Run %chili_login with a client ID and its secret.",
        )
    return {
        "grant_type": "client_credentials",
        "audience": environment.audience,
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret.reveal(),
    }


def _refusal(
    response: httpx.Response, credentials: Credentials, environment: Environment
) -> TokenRefusedError:
    status = response.status_code
    answer = json_object(response)
    error = _plain(answer.get("error"), credentials)
    description = _plain(answer.get("error_description"), credentials)
    reason = ": ".join(part for part in (error, description) if part)
    client = (
        f"client ID ending in …{credentials.client_id[-4:]}, from {credentials.source}"
    )
    hints = {
        400: "Check CHILI_CLIENT_ID and, if you set them, CHILI_AUDIENCE and "
        "CHILI_TOKEN_URL.",
        401: f"Likely causes: {_WRONG_PAIR}. {_COPY_AGAIN}",
        403: "Likely causes: the integration may not use this audience (check "
        "CHILI_AUDIENCE if you set it) or was disabled in GraFx; or "
        f"{_WRONG_PAIR}. {_COPY_AGAIN}",
        429: f"Too many tokens were requested. {_when(response)}",
    }
    fallback = "The endpoint, or a gateway before it, failed. Try again later."
    if status < 500:  # noqa: PLR2004 - RFC 9110: the client's side
        fallback = "Check CHILI_TOKEN_URL if you set it."
    return TokenRefusedError(
        f"The token endpoint {environment.token_host} responded {status}"
        f"{f' ({reason})' if reason else ''} to the {client}.",
        hint=hints.get(status, fallback),
        status_code=status,
        error=error,
    )


def _plain(value: object, credentials: Credentials) -> str:
    """Return text of the response in one short line, without an echoed secret."""
    if not isinstance(value, str):
        return ""
    secret = credentials.client_secret
    text = value.replace(secret.reveal(), MASK) if secret else value
    return one_line(text, at_most=200)


def _when(response: httpx.Response) -> str:
    wait_s = retry_after_s(response)
    if wait_s >= ONE_DAY_S:
        return "Try again tomorrow."
    return f"Try again in {spell_duration(wait_s) if wait_s else 'a few minutes'}."


def _server_date(response: httpx.Response) -> float | None:
    try:
        return parsedate_to_datetime(response.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
