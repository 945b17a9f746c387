"""What is typed into the form, read and checked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.auth.credentials import Credentials, Origin
from chili_notebook.auth.pasted_value import read_value
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import (
    ChiliError,
    ConfigurationError,
    TokenExpiredError,
    TokenRefusedError,
)
from chili_notebook.guard.masking import MINIMUM_LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = "the form"
Field = Literal["", "client_id", "client_secret", "access_token", "environment"]

_UNAUTHORIZED = 401
_LABELS: dict[Field, str] = {
    "client_id": "Client ID",
    "client_secret": "Client secret",
    "access_token": "Access token",
}


class FieldError(Exception):
    """What is wrong with one field of the form."""

    def __init__(self, message: str, field: Field) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def typed_credentials(content: Mapping[str, Any]) -> Credentials:
    """Read the credentials in a message of the form.

    Args:
        content: The fields of the message.

    Raises:
        FieldError: If one of them cannot be used.
    """
    if "access_token" in content:
        token = _typed(content, "access_token")
        return Credentials(FORM, Origin.FORM, access_token=token)
    client_id = _typed(content, "client_id")
    client_secret = _typed(content, "client_secret")
    if client_id == client_secret:
        raise FieldError("This is the client ID, not its secret.", "client_secret")
    return Credentials(
        FORM, Origin.FORM, client_id.reveal(), client_secret=client_secret
    )


def field_of(error: ChiliError) -> Field:
    """Say which field of the form an error of the sign-in is about."""
    if isinstance(error, TokenRefusedError) and error.status_code == _UNAUTHORIZED:
        return "client_secret"
    if isinstance(error, TokenExpiredError):
        return "access_token"
    return "environment" if isinstance(error, ConfigurationError) else ""


def hint_of(error: ChiliError) -> str:
    """Say what to do in the form about an error of the sign-in."""
    if isinstance(error, TokenExpiredError):
        return "Copy a new one from GraFx and paste it here."
    return error.hint


def _typed(content: Mapping[str, Any], field: Field) -> Secret:
    typed = Secret(str(content.get(field) or ""))
    read = read_value(field.upper(), typed, FORM, label=_LABELS[field])
    if read.secret is None:
        raise FieldError(f"{read.problem}.", field)
    if field != "client_id" and len(read.secret.reveal()) < MINIMUM_LENGTH:
        raise FieldError(
            f"{_LABELS[field]} in {FORM} has less than {MINIMUM_LENGTH} characters: "
            "check that the whole of it was copied.",
            field,
        )
    return read.secret
