"""Tells the output guard, and later the audit, which values are secret."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from chili_notebook.auth.pasted_value import ValueFault, read_value
from chili_notebook.auth.secret import Secret
from chili_notebook.display.wording import spell_moment
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard import output_guard as guard
from chili_notebook.guard.masking import Masker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chili_notebook.auth.credentials import Credentials, Source
    from chili_notebook.auth.tokens import Token


@dataclass(frozen=True, slots=True)
class KnownSecret:
    """A secret that is looked for.

    Attributes:
        label: Which it is, such as ``access token #3f9a11c2``.
        fate: For how long it can be misused, as a sentence.
    """

    label: str
    fate: str
    secret: Secret
    _masker: Masker = field(
        default_factory=partial(Masker, clipped=False), compare=False, repr=False
    )

    def __post_init__(self) -> None:
        self._masker.protect(self.secret)

    def is_in(self, value: Any) -> bool:
        """Whether it stands in a text, in bytes or anywhere in a JSON value."""
        return self._masker.mask_json(value)[1] > 0

    def masked(self, text: str) -> str:
        """Give a text without it."""
        return self._masker.mask_text(text)[0]


_SECRET_KEYS = ("CLIENT_SECRET", "ACCESS_TOKEN")
_NO_SECRET = {ValueFault.EMPTY, ValueFault.PLACEHOLDER}
UNTIL_ROTATED = "It works until it is rotated on the integration's page in GraFx."
_UNTIL_EXPIRY = "It cannot be revoked, and works until it expires."
_protected: dict[Secret, KnownSecret] = {}


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
    _protected[secret] = KnownSecret(label, fate, secret)


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
    fate = f"It cannot be revoked, and works until {spell_moment(token.expires_at)}."
    protect(token.secret, f"access token #{token.fingerprint}", fate)


def protected() -> list[KnownSecret]:
    """Give everything that is protected in this process."""
    return list(_protected.values())
