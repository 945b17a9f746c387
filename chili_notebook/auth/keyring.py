"""Read credentials from the system keyring, and store them there.

This needs the extra ``keyring`` and a backend that really stores; without either,
there is no such source and nothing can be stored. A backend may be missing, broken,
locked, or waiting for a prompt that nobody sees: none of these may stop a login that
another source can serve. So every call has a time limit, and every error a message.
"""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING, TypeVar

from chili_notebook.auth.credentials import Origin, Source, profile_prefix
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.bounded_call import call_within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keyring.backend import KeyringBackend

NAME = "the system keyring"
TIMEOUT_S = 30.0
"""How long to wait for a user who has to unlock the keyring."""

_SERVICE = "chili_notebook"
_T = TypeVar("_T")


class KeyringFailedError(Exception):
    """The keyring cannot be used; the message is a clause without a subject."""


def is_available() -> bool:
    """Return whether there is a keyring that really stores."""
    try:
        return _find_backend() is not None
    except KeyringFailedError:
        return False


def read_keyring(profile: str | None, *, timeout_s: float = TIMEOUT_S) -> Source | None:
    """Read the credentials stored for a profile; ``None`` if there is no keyring.

    Raises:
        ConfigurationError: If `profile` is not a valid name.
    """
    username = profile_prefix(profile)
    try:
        backend = _find_backend()
        if backend is None:
            return None
        stored = _run(lambda: backend.get_password(_SERVICE, username), timeout_s)
    except KeyringFailedError as error:
        return Source(NAME, Origin.KEYRING, problem=f"{NAME} {error}")
    try:
        values = json.loads(stored or "{}")
    except ValueError:
        values = None
    secrets = {
        key: Secret(value)
        for key, value in (values if isinstance(values, dict) else {}).items()
        if key.startswith("CHILI_") and isinstance(value, str)
    }
    return Source.read(NAME, Origin.KEYRING, secrets)


def store_in_keyring(
    profile: str | None,
    values: Mapping[str, Secret],
    *,
    timeout_s: float = TIMEOUT_S,
) -> None:
    """Store these keys for a profile, replacing the ones stored before.

    Raises:
        ConfigurationError: If there is no keyring, or it refuses.
    """
    username = profile_prefix(profile)
    failure = "is not installed, or stores nothing"
    try:
        backend = _find_backend()
        if backend is not None:
            text = Secret(json.dumps({key: v.reveal() for key, v in values.items()}))
            _run(
                lambda: backend.set_password(_SERVICE, username, text.reveal()),
                timeout_s,
            )
            return
    except KeyringFailedError as error:
        failure = str(error)
    raise ConfigurationError(
        f"Nothing was stored: {NAME} {failure}.",
        hint="Unlock it, or choose .env. "
        "To install it, run: pip install 'chili-notebook[keyring]'",
    )


def _find_backend() -> KeyringBackend | None:
    """Return the backend that the user configured, if it really stores.

    Raises:
        KeyringFailedError: If it is configured and cannot be loaded.
    """
    if importlib.util.find_spec("keyring") is None:
        return None
    try:
        import keyring

        backend = keyring.get_keyring()
        inner = getattr(backend, "backends", [backend])
        # Backends that refuse everything, or store nothing, have a priority below 1.
        stores = any(_priority(candidate) >= 1 for candidate in inner)
    except Exception as error:  # noqa: BLE001 - the configuration may name anything
        raise KeyringFailedError(f"cannot be used ({type(error).__name__})") from None
    return backend if stores else None


def _run(function: Callable[[], _T], timeout_s: float) -> _T | None:
    result = call_within(timeout_s, function)
    if result.is_late:
        raise KeyringFailedError(
            f"did not respond within {timeout_s:.0f} s; it may be waiting to be "
            "unlocked"
        )
    if result.failure:
        raise KeyringFailedError(f"refused ({result.failure}); it may be locked")
    return result.value


def _priority(backend: object) -> float:
    try:
        return float(getattr(backend, "priority", 0))
    except (TypeError, ValueError, RuntimeError):
        return 0.0
