"""Read and check what was typed into the form. Pure."""

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
    """The value of one field of the form cannot be used."""

    def __init__(self, message: str, field: Field) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def read_credentials(content: Mapping[str, Any]) -> Credentials:
    """Read the credentials from a message of the form.

    Raises:
        FieldError: If the value of a field cannot be used.
    """
    if "access_token" in content:
        token = _read_field(content, "access_token")
        return Credentials(FORM, Origin.FORM, access_token=token)
    client_id = _read_field(content, "client_id")
    secret = _read_field(content, "client_secret")
    if client_id == secret:
        raise FieldError("This is the client ID, not its secret.", "client_secret")
    return Credentials(FORM, Origin.FORM, client_id.reveal(), client_secret=secret)


def choose_field(error: ChiliError) -> Field:
    """Return the field of the form that an error of the sign-in is about."""
    if isinstance(error, TokenRefusedError) and error.status_code == _UNAUTHORIZED:
        return "client_secret"
    if isinstance(error, TokenExpiredError):
        return "access_token"
    return "environment" if isinstance(error, ConfigurationError) else ""


def choose_hint(error: ChiliError) -> str:
    """Return what to do in the form about an error of the sign-in."""
    if isinstance(error, TokenExpiredError):
        return "Copy a new one from GraFx and paste it here."
    return error.hint


def _read_field(content: Mapping[str, Any], field: Field) -> Secret:
    typed = Secret(str(content.get(field) or ""))
    value = read_value(field.upper(), typed, FORM, label=_LABELS[field])
    if value.secret is None:
        raise FieldError(f"{value.problem}.", field)
    if field != "client_id" and len(value.secret.reveal()) < MINIMUM_LENGTH:
        raise FieldError(
            f"{_LABELS[field]} in {FORM} has fewer than {MINIMUM_LENGTH} characters: "
            "check that you copied all of it.",
            field,
        )
    return value.secret
