"""What is typed into the form."""

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

TYPED = {"client_id": "client-id-zq9", "client_secret": "client-secret-zq9"}


def test_what_is_typed_becomes_credentials():
    """Both values are cleaned as those of a file are, and tell where they came from."""
    typed = {"client_id": " client-id-zq9 ", "client_secret": '"client-secret-zq9"\n'}
    credentials = read_credentials(typed)
    assert (credentials.source, credentials.origin) == (FORM, Origin.FORM)
    assert credentials.client_id == "client-id-zq9"
    assert credentials.client_secret == Secret("client-secret-zq9")
    assert "client-secret" not in repr(credentials)


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"client_id": ""}, "client_id", "Client ID in the form is empty."),
        (
            {"client_secret": " "},
            "client_secret",
            "Client secret in the form is empty.",
        ),
        ({"client_id": "<YOUR CLIENT ID>"}, "client_id", "placeholder"),
        ({"client_secret": "zq9 zq9"}, "client_secret", "a space"),
        ({"client_secret": "zq9»"}, "client_secret", "stray quote"),
        ({"client_secret": TYPED["client_id"]}, "client_secret", "not its secret"),
        ({"client_secret": "zq9-zq9"}, "client_secret", "less than 8 characters"),
        ({"access_token": "zq9-zq9"}, "access_token", "less than 8 characters"),
    ],
)
def test_what_cannot_be_used_names_its_field(wrong, field, why):
    """Each mistake is told beside the field it is in, and not shown."""
    with pytest.raises(FieldError, match=why) as caught:
        read_credentials(TYPED | wrong)
    assert caught.value.field == field
    assert "zq9" not in str(caught.value)


def test_an_id_may_be_short():
    """Only what is masked has to be told from other text."""
    assert read_credentials(TYPED | {"client_id": "zq9"}).client_id == "zq9"


def test_a_ready_token_can_be_typed_in_place_of_a_pair():
    """A token copied out of GraFx signs in, and no pair is asked for beside it."""
    credentials = read_credentials({"access_token": " Bearer token-zq9 "})
    assert credentials.access_token == Secret("token-zq9")
    assert not credentials.renewable
    with pytest.raises(FieldError, match="Access token in the form is empty") as caught:
        read_credentials({"access_token": " "})
    assert caught.value.field == "access_token"


def test_a_field_that_is_not_sent_is_empty():
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
def test_an_error_of_the_sign_in_is_shown_beside_its_field(error, field):
    """A refused pair is the secret's, a wrong environment the environment's."""
    assert choose_field(error) == field


def test_whoever_pasted_an_ended_token_pastes_another():
    """The form asks for it where it is; other errors say what they said."""
    told = choose_hint(TokenExpiredError("", hint="Set CHILI_ACCESS_TOKEN."))
    assert told == "Copy a new one from GraFx and paste it here."
    assert choose_hint(TokenRequestError("", hint="Try again.")) == "Try again."
