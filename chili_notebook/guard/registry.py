"""The known secrets of a process: what the guard masks and the audit searches for."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from chili_notebook.auth.credentials import TraceEntry
from chili_notebook.display.wording import spell_moment
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard.masking import Masker
from chili_notebook.system.forks import renew_in_children

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chili_notebook.auth.credentials import Credentials, Source
    from chili_notebook.auth.secret import Secret
    from chili_notebook.auth.tokens import Token

UNTIL_ROTATED = "It works until it is rotated on the integration's page in GraFx."
_UNTIL_EXPIRY = "It cannot be revoked, and works until it expires."
_NOT_PLAUSIBLE = "not masked unless it is used: it does not look like a secret"
FORGOTTEN_AFTER_S = 86_400.0
"""So long after its expiry a token is forgotten. It is of no use to anybody by then,
even if the clocks differ."""
_SHORTEST_PLAUSIBLE = 16
_AVERAGE_WORD = 3
"""Random letters change between upper and lower case more often than words do."""
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SECRET_KEYS = ("CLIENT_SECRET", "ACCESS_TOKEN")


@dataclass(frozen=True, slots=True)
class KnownSecret:
    """A secret that is masked and searched for.

    Attributes:
        label: Which secret it is, such as ``access token #3f9a11c2``.
        validity: For how long it can be misused, as a sentence.
        secret: The secret.
    """

    label: str
    validity: str
    secret: Secret


class SecretRegistry:
    """Known secrets, with the one masker that masks them; thread-safe.

    A token is forgotten a day after it has expired, when another secret is protected.
    Every other secret stays known, because a token cannot be revoked::

        registry = SecretRegistry()
        registry.protect(secret, label="client secret", validity=UNTIL_ROTATED)

    Args:
        known: The secrets that are known from the start.
        masker: Masks the secrets.
        clock: Returns the time in seconds since the epoch.

    Attributes:
        masker: The same masker.
    """

    def __init__(
        self,
        known: Iterable[KnownSecret] = (),
        *,
        masker: Masker | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.masker = Masker() if masker is None else masker
        self._renew_lock()
        renew_in_children(self._renew_lock)
        self._clock = clock
        self._known: dict[Secret, KnownSecret] = {}
        self._expiries: dict[Secret, float] = {}
        for each in known:
            self.protect(each.secret, label=each.label, validity=each.validity)

    def _renew_lock(self) -> None:
        self._lock = Lock()

    @property
    def known(self) -> tuple[KnownSecret, ...]:
        """Every known secret, in the order in which they became known."""
        with self._lock:
            return tuple(self._known.values())

    def protect(
        self,
        secret: Secret,
        *,
        label: str,
        validity: str,
        expires_at: float | None = None,
    ) -> None:
        """Mask a secret from now on, and let the audit search for it.

        Args:
            secret: The secret.
            label: Which secret it is, such as ``client secret from .env``.
            validity: For how long it can be misused, as a sentence.
            expires_at: When it expires, in seconds since the epoch; ``None`` if it
                does not expire or the expiry is unknown.

        Raises:
            ConfigurationError: If it has fewer than 8 characters.
        """
        try:
            self.masker.protect(secret)
        except ConfigurationError as error:
            # The frames of the cause hold the secret.
            raise ConfigurationError(
                f"The {label} is too short to be masked.", hint=error.hint
            ) from None
        with self._lock:
            self._known[secret] = KnownSecret(label, validity, secret)
            self._expiries.pop(secret, None)
            self._forget_expired()
            if expires_at is not None:
                self._expiries[secret] = expires_at

    def _forget_expired(self) -> None:
        """Forget what has expired, so that a kernel of many days stays fast."""
        last = self._clock() - FORGOTTEN_AFTER_S
        expired = {each for each, at in self._expiries.items() if at < last}
        if expired:
            self.masker.forget(expired)
            for secret in expired:
                del self._known[secret], self._expiries[secret]

    def protect_token(self, token: Token) -> None:
        """Protect a new token.

        Raises:
            ConfigurationError: If it has fewer than 8 characters.
        """
        expiry = spell_moment(token.expires_at)
        self.protect(
            token.secret,
            label=f"access token #{token.fingerprint}",
            validity=f"It cannot be revoked, and works until {expiry}.",
            expires_at=token.expires_at,
        )

    def protect_credentials(self, credentials: Credentials) -> None:
        """Protect the secrets that are about to be used for a sign-in.

        Raises:
            ConfigurationError: If one of them has fewer than 8 characters.
        """
        if credentials.client_secret is not None:
            label = f"client secret from {credentials.source}"
            self.protect(credentials.client_secret, label=label, validity=UNTIL_ROTATED)
        if credentials.access_token is not None:
            label = f"access token from {credentials.source}"
            self.protect(credentials.access_token, label=label, validity=_UNTIL_EXPIRY)

    def protect_sources(self, sources: Iterable[Source]) -> tuple[TraceEntry, ...]:
        """Protect every plausible secret in these sources, whether it is used or not.

        Another value is left alone, because masking a word would damage other texts.
        If it is used for a sign-in, `protect_credentials` protects it.

        Returns:
            The values that are left alone, for the login trace.
        """
        left_alone: list[TraceEntry] = []
        for source in sources:
            read = (*source.values.values(), *source.superseded)
            for value in (*read, *source.unread):
                key, secret = value.key, value.to_protect
                if secret is None or not key.endswith(_SECRET_KEYS):
                    continue
                name = value.label or key
                if not is_plausible(secret.reveal()):
                    left_alone.append(TraceEntry(source.name, name, _NOT_PLAUSIBLE))
                    continue
                self.protect(
                    secret,
                    label=f"{name} in {source.name}",
                    validity=_UNTIL_EXPIRY if key.endswith("TOKEN") else UNTIL_ROTATED,
                )
        return tuple(left_alone)

    def mask(self, value: Any) -> Any:
        """Return a text, bytes or JSON value in which every whole secret is masked."""
        return self.masker.mask_json(value, pieces=False)[0]


def is_plausible(value: str) -> bool:
    """Return whether a value may be a secret: it is long, and neither words nor a name.

    For example::

        is_plausible("DataFrame")  # False
        is_plausible("Zm9vYmFyLTIwMjY")  # False: fewer than 16 characters
    """
    if len(parts := value.split()) > 1:  # a secret that was copied badly, or words
        return any(map(is_plausible, parts))
    if len(value) < _SHORTEST_PLAUSIBLE:
        return False
    words = _WORDS.findall(value)
    if len("".join(words)) < len(re.sub(r"[._-]", "", value)):
        return True  # digits or other characters
    return len(value) < _AVERAGE_WORD * len(words)
