"""Check with one request that the environment responds and accepts the token.

A token says nothing about the environment: the token endpoint does not know which one
will be used, so a misspelt technical name is found only by a request to its API.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

from chili_notebook.auth.environment import NAME_HINT, call_url
from chili_notebook.errors import ChiliError, ConnectionFailedError
from chili_notebook.http.time_limit import TimeLimit

if TYPE_CHECKING:
    import httpx

    from chili_notebook.auth.environment import Environment
    from chili_notebook.auth.tokens import Token

TIME_LIMIT_S = 5.0
"""How long the request may take in all; a working environment needs less than one."""

_MAX_BYTES = 1_000_000
_SIMULATED = "x-simulated"
# A listing that a token with this permission may read. GraFx publishes no list of calls
# and permissions, so these are the calls of the same name.
_LISTINGS = {
    "template:list": "templates",
    "media:list": "media",
    "myproject:list": "projects",
    "font:list": "font-families",
}


class CheckStatus(StrEnum):
    """What is known about the environment after a sign-in."""

    NOT_CHECKED = "not-checked"
    CHECKING = "checking"
    ANSWERED = "answered"
    UNKNOWN_ENVIRONMENT = "unknown-environment"
    TOKEN_NOT_ACCEPTED = "token-not-accepted"  # noqa: S105 - not a token
    NO_PERMISSION = "no-permission"
    NOT_REACHED = "not-reached"
    UNUSABLE_ANSWER = "unusable-answer"


_LABELS = {
    CheckStatus.NOT_CHECKED: "Not checked",
    CheckStatus.CHECKING: "Checking…",
    CheckStatus.ANSWERED: "Signed in",
    CheckStatus.UNKNOWN_ENVIRONMENT: "Unknown environment",
    CheckStatus.TOKEN_NOT_ACCEPTED: "Token not accepted",
    CheckStatus.NO_PERMISSION: "No permission",
    CheckStatus.NOT_REACHED: "Not reached",
    CheckStatus.UNUSABLE_ANSWER: "Unusable response",
}


@dataclass(frozen=True, slots=True)
class EnvironmentCheck:
    """The result of `check_environment`.

    Attributes:
        status: What is known about the environment.
        text: What happened; empty if the environment accepts the token.
        hint: What to do next; may be empty.
        is_simulated: Whether the response came from a simulator.
    """

    status: CheckStatus = CheckStatus.NOT_CHECKED
    text: str = ""
    hint: str = ""
    is_simulated: bool = False

    @property
    def label(self) -> str:
        """The status in a few words."""
        return _LABELS[self.status]

    @property
    def has_failed(self) -> bool:
        """Whether the check has ended without success."""
        return self.status not in {
            CheckStatus.NOT_CHECKED,
            CheckStatus.CHECKING,
            CheckStatus.ANSWERED,
        }


NO_ANSWER_IN_TIME = EnvironmentCheck(
    CheckStatus.NOT_REACHED,
    f"The environment did not respond within {TIME_LIMIT_S:.0f} s.",
    "Check the environment's technical name, then the network, the proxy or VPN. Each "
    "call tries again.",
)


def check_environment(
    environment: Environment, token: Token, *, time_limit_s: float = TIME_LIMIT_S
) -> EnvironmentCheck:
    """Make one request, without a retry, a redirect or another token; never raise.

    Args:
        environment: The environment, with its technical name and base URL.
        token: The token to send.
        time_limit_s: How long the request may take in all.
    """
    try:
        with TimeLimit(time_limit_s):
            response = _request(environment, token)
    except ChiliError as error:
        return EnvironmentCheck(CheckStatus.NOT_REACHED, error.message, error.hint)
    except Exception as error:  # noqa: BLE001 - a check must not stop a login
        text = f"The check failed ({type(error).__name__})."
        hint = "Each call tries again; %chili_login checks again."
        return EnvironmentCheck(CheckStatus.NOT_REACHED, text, hint)
    check = _read_response(response, environment)
    return replace(check, is_simulated=_SIMULATED in response.headers)


def _read_response(
    response: httpx.Response, environment: Environment
) -> EnvironmentCheck:
    host, name = environment.host, environment.name
    if response.is_success and _is_json(response):
        return EnvironmentCheck(CheckStatus.ANSWERED)
    if response.status_code == HTTPStatus.NOT_FOUND:
        return EnvironmentCheck(
            CheckStatus.UNKNOWN_ENVIRONMENT,
            f"{host} has no environment {name!r}.",
            f"Correct the name and run %chili_login again. {NAME_HINT}",
        )
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        return EnvironmentCheck(
            CheckStatus.TOKEN_NOT_ACCEPTED,
            f"{host} does not accept the token.",
            "Check that the integration, or your own access token, belongs to the "
            f"environment {name!r}.",
        )
    if response.status_code == HTTPStatus.FORBIDDEN:
        return EnvironmentCheck(
            CheckStatus.NO_PERMISSION,
            f"The environment {name!r} refused a call with this token.",
            "Check the permissions of the integration in GraFx, and that it belongs to "
            "this environment. Changed permissions take effect with the next token.",
        )
    if response.is_success or response.is_redirect:
        return EnvironmentCheck(
            CheckStatus.UNUSABLE_ANSWER,
            f"The response of {host} is not one of GraFx's.",
            "Check CHILI_BASE_URL if you set it, and whether this network shows a "
            "sign-in page of its own.",
        )
    return EnvironmentCheck(
        CheckStatus.UNUSABLE_ANSWER,
        f"{host} responded with the error {response.status_code}.",
        "GraFx, or a gateway before it, failed. Try again later.",
    )


def _request(environment: Environment, token: Token) -> httpx.Response:
    import httpx

    from chili_notebook.http.reading import read_up_to, reason_of
    from chili_notebook.http.transport import USER_AGENT, hint_for, transport_for
    from chili_notebook.http.urls import require_safe

    url = httpx.URL(call_url(environment, _choose_path(token.scopes)))
    # A client of its own: it is closed when the check ends, also after a sign-out.
    require_safe(str(url), subject="The token was not sent: the URL", hint="Use https.")
    with httpx.Client(
        transport=transport_for(environment.base_url, for_redirects=False),
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
    ) as client:
        request = client.build_request(
            "GET",
            url,
            params={"limit": 1},
            headers={"Authorization": f"Bearer {token.secret.reveal()}"},
        )
        try:
            response = client.send(request, auth=None, stream=True)
            return read_up_to(response, _MAX_BYTES)
        except httpx.HTTPError as error:
            failure = ConnectionFailedError(
                f"{environment.host} was not reached: {reason_of(error)}.",
                hint=hint_for(error, also="the environment's name"),
            )
    # Raised here, the error has no frames of httpx, which hold the token.
    raise failure


def _choose_path(scopes: frozenset[str] | None) -> str:
    """Return a listing that this token may read, as far as its scopes show."""
    if scopes is None:
        return "templates"
    return next(
        (path for scope, path in _LISTINGS.items() if scope in scopes), "settings"
    )


def _is_json(response: httpx.Response) -> bool:
    try:
        return isinstance(response.json(), dict | list)
    except (ValueError, RecursionError):
        return False
