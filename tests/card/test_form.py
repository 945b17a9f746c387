"""Reading what was typed into the form, and where its errors are shown."""

from __future__ import annotations

import pytest

from chili_notebook.auth.credentials import Origin
from chili_notebook.auth.secret import Secret
from chili_notebook.card.form import (
    FORM,
    FieldError,
    choose_field,
    choose_hint,
    read_credentials,
)
from chili_notebook.errors import (
    ConfigurationError,
    TokenExpiredError,
    TokenRefusedError,
    TokenRequestError,
)

TYPED_PAIR = {"client_id": "client-id-zq9", "client_secret": "client-secret-zq9"}


def test_typed_pair_becomes_credentials():
    """Both values are cleaned like those of a file, and come from the form."""
    credentials = read_credentials(
        {"client_id": " client-id-zq9 ", "client_secret": '"client-secret-zq9"\n'}
    )
    assert (credentials.source, credentials.origin) == (FORM, Origin.FORM)
    assert credentials.client_id == "client-id-zq9"
    assert credentials.client_secret == Secret("client-secret-zq9")
    assert "client-secret" not in repr(credentials)


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"client_id": ""}, "client_id", "Client ID in the form is empty."),
        (
            {"client_secret": " "},
            "client_secret",
            "Client secret in the form is empty.",
        ),
        ({"client_id": "<YOUR CLIENT ID>"}, "client_id", "contains a placeholder"),
        ({"client_secret": "zq9 zq9"}, "client_secret", "contains a space"),
        ({"client_secret": "zq9»"}, "client_secret", "stray quote"),
        ({"client_secret": TYPED_PAIR["client_id"]}, "client_secret", "not its secret"),
        ({"client_secret": "zq9-zq9"}, "client_secret", "fewer than 8 characters"),
        ({"access_token": "zq9-zq9"}, "access_token", "fewer than 8 characters"),
    ],
)
def test_error_names_the_field_and_not_the_value(changes, field, message):
    """Each mistake is an error of its field, whose message never contains the value."""
    with pytest.raises(FieldError, match=message) as caught:
        read_credentials(TYPED_PAIR | changes)
    assert caught.value.field == field
    assert "zq9" not in str(caught.value)


def test_client_id_may_be_short():
    """Only values that are masked need a minimum length."""
    assert read_credentials(TYPED_PAIR | {"client_id": "zq9"}).client_id == "zq9"


def test_pasted_access_token_becomes_credentials():
    """With a token in the message, no pair is needed; an empty one is an error."""
    credentials = read_credentials({"access_token": " Bearer token-zq9 "})
    assert credentials.access_token == Secret("token-zq9")
    assert credentials.origin is Origin.FORM
    assert not credentials.renewable
    with pytest.raises(FieldError, match="Access token in the form is empty") as caught:
        read_credentials({"access_token": " "})
    assert caught.value.field == "access_token"


def test_missing_field_is_an_empty_one():
    """A message without its fields is an empty form."""
    with pytest.raises(FieldError, match="Client ID in the form is empty"):
        read_credentials({})


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (TokenRefusedError("", status_code=401), "client_secret"),
        (TokenRefusedError("", status_code=403), ""),
        (ConfigurationError(""), "environment"),
        (TokenRequestError(""), ""),
        (TokenExpiredError(""), "access_token"),
    ],
)
def test_error_of_the_sign_in_is_shown_beside_its_field(error, field):
    """A refused pair is shown at the secret, a wrong environment at its field."""
    assert choose_field(error) == field


def test_hint_for_an_expired_token_is_to_paste_another_one():
    """The form replaces this hint only; those of other errors are shown unchanged."""
    error = TokenExpiredError("", hint="Set CHILI_ACCESS_TOKEN.")
    assert choose_hint(error) == "Copy a new one from GraFx and paste it here."
    assert choose_hint(TokenRequestError("", hint="Try again.")) == "Try again."
