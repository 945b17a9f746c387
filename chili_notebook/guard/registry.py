"""Tells the output guard, and later the audit, which values are secret."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from chili_notebook.audit.findings import Wanted
from chili_notebook.auth.pasted_value import ValueFault, read_value
from chili_notebook.auth.secret import Secret
from chili_notebook.card.state import until
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard import output_guard as guard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chili_notebook.auth.credentials import Credentials, Source
    from chili_notebook.auth.tokens import Token

_SECRET_KEYS = ("CLIENT_SECRET", "ACCESS_TOKEN")
_NO_SECRET = {ValueFault.EMPTY, ValueFault.PLACEHOLDER}
UNTIL_ROTATED = "It works until it is rotated on the integration's page in GraFx."
_UNTIL_EXPIRY = "It cannot be revoked, and works until it expires."
_protected: dict[Secret, Wanted] = {}


def protect(secret: Secret, label: str, fate: str) -> None:
    """Mask a secret from now on, and let the audit look for it.

    Raises:
        ConfigurationError: If it is too short to be told from other text.
    """
    try:
        guard.protect(secret)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"The {label} is too short: it cannot be masked.", hint=error.hint
        ) from None
    _protected[secret] = Wanted(label, fate, secret)


def protect_sources(sources: Iterable[Source]) -> None:
    """Protect every secret that was read, used or not."""
    for source in sources:
        for key, value in source.values.items():
            if not key.endswith(_SECRET_KEYS):
                continue
            read = read_value(key, value, source.name)
            cleaned = read.secret
            if cleaned is None and read.fault not in _NO_SECRET:
                cleaned = Secret(value.reveal().strip())  # a secret, copied badly
            if cleaned is not None:
                # Too short a one is an error only for who signs in with it.
                with suppress(ConfigurationError):
                    fate = _UNTIL_EXPIRY if key.endswith("TOKEN") else UNTIL_ROTATED
                    protect(cleaned, f"{key} in {source.name}", fate)


def protect_credentials(credentials: Credentials) -> None:
    """Protect what somebody signs in with.

    Raises:
        ConfigurationError: If it is too short to be told from other text.
    """
    if credentials.client_secret is not None:
        label = f"client secret from {credentials.source}"
        protect(credentials.client_secret, label, UNTIL_ROTATED)
    if credentials.access_token is not None:
        label = f"access token from {credentials.source}"
        protect(credentials.access_token, label, _UNTIL_EXPIRY)


def protect_token(token: Token) -> None:
    """Protect a token that has arrived.

    Raises:
        ConfigurationError: If it is too short to be told from other text.
    """
    fate = f"It cannot be revoked, and works until {until(token)}."
    protect(token.secret, f"access token #{token.fingerprint}", fate)


def protected() -> list[Wanted]:
    """Give everything that is protected in this process."""
    return list(_protected.values())
