"""Every error of the package, in one tree.

::

    ChiliError
    ├── ConfigurationError          a credential or a setting cannot be used
    │   └── CredentialsNotFoundError    no source holds credentials
    ├── NotSignedInError            the client is used before or after a session
    ├── SecretsFoundError           secrets have been saved, and are not mended
    ├── InsecureURLError            a secret would have left over plain http
    ├── TokenError                  the token endpoint, or the token itself
    │   ├── TokenRequestError           the endpoint could not be reached
    │   ├── TokenRefusedError           the endpoint refused these credentials
    │   ├── TokenResponseError          the endpoint's answer is not a token
    │   └── TokenExpiredError           a token that cannot be renewed has expired
    ├── ConnectionFailedError       the Environment API could not be reached
    ├── UnexpectedAnswerError       an answer is not of the documented shape
    ├── APIError                    the Environment API answered with an error status
    │   ├── BadRequestError             400
    │   ├── UnauthorizedError           401
    │   ├── ForbiddenError              403
    │   ├── NotFoundError               404
    │   ├── GoneError                   410
    │   ├── ContentTooLargeError        413
    │   ├── UnprocessableContentError   422
    │   ├── TooManyRequestsError        429
    │   └── ServerError                 5xx
    ├── NotListedError              a listing has no such item
    ├── VariableError               a variable or layout is not the template's
    └── OutputError                 an output task
        ├── OutputFailedError           GraFx could not make the output
        ├── OutputTimeoutError          the task is not done yet
        └── OutputExpiredError          its file is no longer kept
"""

from __future__ import annotations

import copyreg
from typing import Any


class ChiliError(Exception):
    """Base of every error that this package raises on purpose.

    Attributes:
        message: What happened, and to which input; never holds a secret.
        hint: What to do next; may be empty.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are rebuilt by calling the class with `args`, which leaves out what
        # is given by name; a worker process could not hand its errors over.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines in place of a traceback, so that no frame with
        # its locals is shown; the cell fails all the same.
        lines = [f"{type(self).__name__}: {self.message}"]
        return [*lines, f"→ {self.hint}"] if self.hint else lines


class ConfigurationError(ChiliError):
    """A credential or a setting is missing, malformed or contradicts another."""


class CredentialsNotFoundError(ConfigurationError):
    """No source holds a client ID with its secret, or a token."""


class NotSignedInError(ChiliError):
    """The client or the token is used while nobody is signed in."""


class SecretsFoundError(ChiliError):
    """An audit has found secrets that have been saved and are not mended."""


class InsecureURLError(ChiliError):
    """A secret would have been sent over plain http to another machine."""


class TokenError(ChiliError):
    """Base of what can go wrong with the token endpoint and with tokens."""


class TokenRequestError(TokenError):
    """The token endpoint could not be reached."""


class TokenRefusedError(TokenError):
    """The token endpoint answered with an error status.

    Attributes:
        status_code: The HTTP status of the answer.
        error: OAuth 2.0's error code, such as ``access_denied``; may be empty.
    """

    def __init__(
        self, message: str, *, hint: str = "", status_code: int, error: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.status_code = status_code
        self.error = error


class TokenResponseError(TokenError):
    """The token endpoint answered with something that is not a usable token."""


class TokenExpiredError(TokenError):
    """The token has expired and there are no credentials to ask for another."""


class ConnectionFailedError(ChiliError):
    """The Environment API could not be reached, or stopped in mid-answer.

    Attributes:
        was_sent: Whether the request may have left, and been carried out.
    """

    was_sent = True


class UnexpectedAnswerError(ChiliError):
    """An answer of the Environment API is not of the documented shape."""


class APIError(ChiliError):
    """The Environment API answered with an error status.

    Attributes:
        status_code: The HTTP status of the answer.
        title: The problem document's title; may be empty.
        detail: The problem document's detail; may be empty.
        trace_id: What CHILI's support asks for; may be empty.
    """

    def __init__(  # noqa: PLR0913 - one argument a field of the problem document
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


class BadRequestError(APIError):
    """400: the request's parameters or body were not understood."""


class UnauthorizedError(APIError):
    """401: the API does not accept the token, not even a refetched one."""


class ForbiddenError(APIError):
    """403: the token lacks a scope, or belongs to another environment.

    Attributes:
        scope: What the call probably needs and the token lacks; may be empty.
    """

    scope = ""


class NotFoundError(APIError):
    """404: there is no such environment, item or task."""


class GoneError(APIError):
    """410: a cursor or a download is no longer available."""


class ContentTooLargeError(APIError):
    """413: the request is larger than GraFx takes."""


class UnprocessableContentError(APIError):
    """422: what was sent failed validation."""


class TooManyRequestsError(APIError):
    """429: GraFx asks to slow down."""


class ServerError(APIError):
    """5xx: GraFx, or a gateway before it, failed."""


class NotListedError(ChiliError, IndexError):
    """A listing has fewer items than the index asks for."""


class VariableError(ChiliError):
    """A variable, its value, a layout or a format does not fit the template."""


class OutputError(ChiliError):
    """Base of what can go wrong with an output task.

    Attributes:
        task_id: GraFx's id of the task.
    """

    def __init__(self, message: str, *, hint: str = "", task_id: str) -> None:
        super().__init__(message, hint=hint)
        self.task_id = task_id


class OutputFailedError(OutputError):
    """GraFx could not make the output.

    Attributes:
        report: What went wrong with which record, as far as GraFx tells.
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
    """The output was not ready in the time allowed; the task goes on."""


class OutputExpiredError(OutputError):
    """The output was made, and its file is no longer kept."""
