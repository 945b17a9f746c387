"""Every error of the package, in one tree.

::

    ChiliError
    ├── ConfigurationError          a credential, a setting or an argument is wrong
    │   └── CredentialsNotFoundError    no source contains credentials
    ├── NotSignedInError            the client is used while you are not signed in
    ├── SecretsFoundError           an audit found secrets that are not fixed
    ├── AuditIncompleteError        an audit could not read everything
    ├── InsecureURLError            a URL to which no secret may be sent
    ├── TokenError                  the token endpoint, or the token itself
    │   ├── TokenRequestError           the endpoint could not be reached
    │   ├── TokenRefusedError           the endpoint refused these credentials
    │   ├── TokenResponseError          the endpoint's response is not a token
    │   └── TokenExpiredError           a token that cannot be renewed has expired
    ├── ConnectionFailedError       the Environment API could not be reached
    ├── UnexpectedAnswerError       a response is not of the documented form
    ├── APIError                    the Environment API responded with an error status
    │   ├── UnauthorizedError           401
    │   ├── ForbiddenError              403
    │   ├── NotFoundError               404
    │   ├── TooManyRequestsError        429
    │   └── ServerError                 5xx
    ├── NotListedError              a listing has no such item, or several
    ├── NotCountedError             a listing has no len()
    ├── VariableError               a variable, value or layout does not fit
    └── OutputError                 an output task
        ├── OutputFailedError           GraFx could not make the output
        ├── OutputTimeoutError          the task is not done yet
        └── OutputExpiredError          its file is no longer stored

An error has a class of its own where somebody would catch it or where it has data. All
other error statuses are an `APIError` with their ``status_code``.
"""

from __future__ import annotations

import copyreg
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class ChiliError(Exception):
    """Base of every error that this package raises on purpose.

    Attributes:
        message: What happened, and to which input; never contains a secret.
        hint: What to do next; may be empty.

    Example:
        try:
            chili.templates.get("no-such-id")
        except errors.ChiliError as error:
            print(error.message, error.hint)
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Python rebuilds an exception by calling its class with `args`, without keyword
        # arguments. Without this method no error could leave a worker process.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines instead of a traceback, so that no frame with its
        # local variables is shown. The cell fails all the same.
        lines = [f"{type(self).__name__}: {self.message}"]
        return [*lines, f"→ {self.hint}"] if self.hint else lines


class ConfigurationError(ChiliError):
    """A credential, a setting or an argument is missing, malformed or contradictory."""


class CredentialsNotFoundError(ConfigurationError):
    """No source contains a client ID with its secret, or an access token."""


class NotSignedInError(ChiliError):
    """The client or the token is used while you are not signed in."""


class SecretsFoundError(ChiliError):
    """An audit has found saved secrets that are not fixed."""


class AuditIncompleteError(ChiliError):
    """An audit has found no secret, but could not read everything."""


class InsecureURLError(ChiliError):
    """No secret may be sent to this URL.

    It is plain http to another machine, or it contains a user name or an unusual
    character.
    """


class TokenError(ChiliError):
    """Base of the errors of the token endpoint and of tokens."""


class TokenRequestError(TokenError):
    """The token endpoint could not be reached."""


class TokenRefusedError(TokenError):
    """The token endpoint responded with an error status.

    Attributes:
        status_code: The HTTP status of the response.
        error: The error code of OAuth 2.0, such as ``access_denied``; may be empty.
    """

    def __init__(
        self, message: str, *, hint: str = "", status_code: int, error: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.status_code = status_code
        self.error = error


class TokenResponseError(TokenError):
    """The response of the token endpoint is not a usable token."""


class TokenExpiredError(TokenError):
    """The token has expired, and there are no credentials to fetch another."""


class ConnectionFailedError(ChiliError):
    """The Environment API could not be reached, or its response was cut off.

    Attributes:
        was_sent: Whether the request may have been sent, and carried out.
    """

    was_sent = True


class UnexpectedAnswerError(ChiliError):
    """A response of the Environment API does not have the documented form."""


class APIError(ChiliError):
    """The Environment API responded with an error status.

    Attributes:
        status_code: The HTTP status of the response.
        title: The title of the problem document; may be empty.
        detail: The detail of the problem document; may be empty.
        trace_id: The trace ID, which CHILI's support asks for; may be empty.

    Example:
        try:
            chili.get("templates", params={"limit": "many"})
        except errors.APIError as error:
            print(error.status_code, error.detail)
    """

    def __init__(  # noqa: PLR0913 - the fields of a problem document
        self,
        message: str,
        *,
        hint: str = "",
        status_code: int,
        title: str = "",
        detail: str = "",
        trace_id: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status_code = status_code
        self.title = title
        self.detail = detail
        self.trace_id = trace_id


class UnauthorizedError(APIError):
    """401: the API does not accept the token, not even a renewed one."""


class ForbiddenError(APIError):
    """403: the token lacks a scope, or belongs to another environment.

    Attributes:
        scope: The scope that the call probably needs and the token lacks; may be empty.
    """

    scope = ""


class NotFoundError(APIError):
    """404: there is no such environment, item or task."""


class TooManyRequestsError(APIError):
    """429: GraFx asks to slow down.

    Attributes:
        retry_after_s: How many seconds GraFx asks to wait; 0 if it does not say.
    """

    retry_after_s = 0.0


class ServerError(APIError):
    """5xx: GraFx, or a gateway before it, failed."""


class NotListedError(ChiliError, IndexError):
    """A listing has no item of this index, or several items of this name."""


class NotCountedError(ChiliError, TypeError):
    """A listing has no ``len()``, which could fetch thousands of pages."""


class VariableError(ChiliError):
    """A variable, its value or a layout does not fit the template.

    Attributes:
        problems: Every `Problem` of every value, as a table in a notebook; may be
            empty.

    Example:
        try:
            chili.outputs.create(template, "png", variables={"No such name": 1})
        except errors.VariableError as error:
            print(error.problems[0].suggestion)
    """

    def __init__(
        self, message: str, *, hint: str = "", problems: Sequence[Any] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class OutputError(ChiliError):
    """Base of the errors of an output task.

    Attributes:
        task_id: GraFx's ID of the task.

    Example:
        try:
            output = chili.outputs.create(template, "png", timeout_s=30)
        except errors.OutputTimeoutError as error:
            output = chili.outputs.task(error.task_id).wait()
    """

    def __init__(self, message: str, *, hint: str = "", task_id: str) -> None:
        super().__init__(message, hint=hint)
        self.task_id = task_id


class OutputFailedError(OutputError):
    """GraFx could not make the output.

    Attributes:
        report: An `OutputReport` of what went wrong with which record; may be empty.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        task_id: str,
        report: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, task_id=task_id)
        self.report = report


class OutputTimeoutError(OutputError):
    """The output was not ready in time; its task continues at GraFx."""


class OutputExpiredError(OutputError):
    """The output was made, and GraFx no longer stores its file."""
