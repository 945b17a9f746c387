"""Keeps what was typed into the form, where the person ticked that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chili_notebook.auth.credentials import CREDENTIAL_KEYS, profile_prefix
from chili_notebook.auth.env_file import write_credentials
from chili_notebook.auth.environment import DOMAINS, Environment, base_url_for
from chili_notebook.auth.keyring import NAME as KEYRING_NAME
from chili_notebook.auth.keyring import is_available, keep_in_keyring
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.frontend import in_voila

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from chili_notebook.auth.credentials import Credentials

ENV, KEYRING = "env", "keyring"


def keepers() -> tuple[str, ...]:
    """Give where something can be kept on this machine; in Voilà it is not theirs."""
    if in_voila():
        return ()
    return (ENV, KEYRING) if is_available() else (ENV,)


def remember(  # noqa: PLR0913 - each is named at the call
    places: Collection[str],
    credentials: Credentials,
    *,
    typed: str,
    environment: Environment,
    profile: str | None,
    folder: Path,
) -> tuple[list[str], list[ConfigurationError]]:
    """Keep credentials; give where they are kept now, and what went wrong elsewhere.

    Args:
        places: ``env``, ``keyring``, both or none.
        credentials: What was typed, after it has signed in.
        typed: What was typed for the environment.
        environment: Where it has signed in.
        profile: Whose keys they are.
        folder: Where the ``.env`` is.
    """
    prefix = profile_prefix(profile)
    kind = environment.kind if environment.kind in DOMAINS else ""
    unusual = _unusual(environment)
    texts = {"ENVIRONMENT": typed, "ENVIRONMENT_TYPE": kind, **unusual}
    held = {
        "CLIENT_ID": Secret(credentials.client_id) if credentials.client_id else None,
        "CLIENT_SECRET": credentials.client_secret,
        "ACCESS_TOKEN": credentials.access_token,
        **{key: Secret(text) if text else None for key, text in texts.items()},
    }
    values = {prefix + key: value for key, value in held.items() if value is not None}
    # What is there of another way to sign in, or of another place, would go before it.
    ours = (*CREDENTIAL_KEYS, *unusual)
    stale = {prefix + key for key in ours} - values.keys()
    ways: dict[str, tuple[str, Callable[[], None]]] = {
        ENV: (".env", lambda: write_credentials(folder / ".env", values, drop=stale)),
        KEYRING: (KEYRING_NAME, lambda: keep_in_keyring(profile, values)),
    }
    kept, problems = [], []
    for place, (name, keep) in ways.items():
        if place in places and not in_voila():
            try:
                keep()
            except ConfigurationError as error:
                problems.append(error)
            else:
                kept.append(name)
    return kept, problems


def _unusual(environment: Environment) -> dict[str, str]:
    """Give what is not GraFx's own, and without which the secret would go elsewhere."""
    name, kind = environment.name, environment.kind
    own = Environment(
        base_url=base_url_for(name, kind) if name and kind in DOMAINS else ""
    )
    there = {
        "BASE_URL": (environment.base_url, own.base_url),
        "TOKEN_URL": (environment.token_url, own.token_url),
        "AUDIENCE": (environment.audience, own.audience),
    }
    return {key: "" if used == usual else used for key, (used, usual) in there.items()}
