"""Read credentials from the system keyring, and store them there.

This needs the extra ``keyring`` and a backend that really stores; without either,
there is no such source and nothing can be stored.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chili_notebook.auth.credentials import Origin, Source, profile_prefix
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "the system keyring"
_SERVICE = "chili_notebook"


def is_available() -> bool:
    """Return whether there is a keyring that really stores."""
    try:
        import keyring
    except ImportError:
        return False
    backend = keyring.get_keyring()
    inner = getattr(backend, "backends", [backend])
    # Backends that refuse everything, or store nothing, have a priority below 1.
    return any(_priority(candidate) >= 1 for candidate in inner)


def read_keyring(profile: str | None) -> Source | None:
    """Read the credentials stored for a profile; ``None`` if there is no keyring.

    Raises:
        ConfigurationError: If `profile` is not a valid name.
    """
    if not is_available():
        return None
    import keyring

    try:
        stored = keyring.get_password(_SERVICE, profile_prefix(profile))
    except Exception:  # noqa: BLE001 - backends raise what their systems raise
        problem = f"{NAME} cannot be read; it may be locked"
        return Source(NAME, Origin.KEYRING, problem=problem)
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


def store_in_keyring(profile: str | None, values: Mapping[str, Secret]) -> None:
    """Store these keys for a profile, replacing the ones stored before.

    Raises:
        ConfigurationError: If the keyring refuses.
    """
    try:
        import keyring
    except ImportError:
        raise ConfigurationError(
            "Nothing was stored in the system keyring: the package keyring is missing.",
            hint="Install it with: pip install 'chili-notebook[keyring]'",
        ) from None
    text = json.dumps({key: value.reveal() for key, value in values.items()})
    refusal = ""
    try:
        keyring.set_password(_SERVICE, profile_prefix(profile), text)
    except Exception as error:  # noqa: BLE001 - backends raise what their systems raise
        refusal = type(error).__name__
    del text  # so that the frame of the error below holds no secret
    if refusal:
        raise ConfigurationError(
            f"Nothing was stored in {NAME}: it refused ({refusal}).",
            hint="Unlock it, or choose .env.",
        )


def _priority(backend: object) -> float:
    try:
        return float(getattr(backend, "priority", 0))
    except (TypeError, ValueError, RuntimeError):
        return 0.0
