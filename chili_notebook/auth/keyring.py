"""The system's keyring, as a source of credentials and a place to keep them.

Needs the extra ``keyring``, and a backend that really stores; without either it holds
nothing and offers nothing.
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
    """Whether there is a keyring that really stores."""
    try:
        import keyring
    except ImportError:
        return False
    backend = keyring.get_keyring()
    inner = getattr(backend, "backends", [backend])
    # The backends that refuse everything and that forget everything rank below 1.
    return any(_priority(candidate) >= 1 for candidate in inner)


def keyring_source(profile: str | None) -> Source | None:
    """Read what is kept for a profile; ``None`` where there is no keyring.

    Raises:
        ConfigurationError: If `profile` cannot be one.
    """
    if not is_available():
        return None
    import keyring

    try:
        kept = keyring.get_password(_SERVICE, profile_prefix(profile))
    except Exception:  # noqa: BLE001 - backends raise what their systems raise
        problem = f"{NAME} cannot be read; it may be locked"
        return Source(NAME, Origin.KEYRING, problem=problem)
    try:
        values = json.loads(kept or "{}")
    except ValueError:
        values = None
    return Source(
        NAME,
        Origin.KEYRING,
        {
            key: Secret(value)
            for key, value in (values if isinstance(values, dict) else {}).items()
            if key.startswith("CHILI_") and isinstance(value, str)
        },
    )


def keep_in_keyring(profile: str | None, values: Mapping[str, Secret]) -> None:
    """Keep these keys for a profile, in place of what was kept for it.

    Raises:
        ConfigurationError: If the keyring refuses.
    """
    try:
        import keyring
    except ImportError:
        raise ConfigurationError(
            "Nothing was kept in the system keyring: there is none.",
            hint="Install the extra: pip install 'chili-notebook[keyring]'",
        ) from None
    text = json.dumps({key: value.reveal() for key, value in values.items()})
    refused = ""
    try:
        keyring.set_password(_SERVICE, profile_prefix(profile), text)
    except Exception as error:  # noqa: BLE001 - the same
        refused = type(error).__name__
    del text  # the frame of an error that people see holds no secret
    if refused:
        raise ConfigurationError(
            f"Nothing was kept in {NAME}: it refused ({refused}).",
            hint="Unlock it, or choose .env.",
        )


def _priority(backend: object) -> float:
    try:
        return float(getattr(backend, "priority", 0))
    except (TypeError, ValueError, RuntimeError):
        return 0.0
