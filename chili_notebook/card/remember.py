"""Store what was typed into the form, in the places that the user ticked.

`chili_notebook.auth.env_file` writes ``.env``, with
`chili_notebook.system.atomic_write`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chili_notebook.auth import keyring
from chili_notebook.auth.credentials import CREDENTIAL_KEYS, profile_prefix
from chili_notebook.auth.env_file import write_credentials
from chili_notebook.auth.environment import DOMAINS, Environment, base_url_for
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.frontend import in_voila

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from chili_notebook.auth.credentials import Credentials

ENV, KEYRING = "env", "keyring"


@dataclass(frozen=True, slots=True)
class Stored:
    """The result of `store_credentials`.

    Attributes:
        places: The names of the places where the credentials are stored now.
        problems: Why they could not be stored in other places.
    """

    places: tuple[str, ...]
    problems: tuple[ConfigurationError, ...]


def list_storage_options() -> tuple[str, ...]:
    """Return the places where this user can store credentials.

    There are none in Voilà, whose readers are not the users of this machine.
    """
    if in_voila():
        return ()
    return (ENV, KEYRING) if keyring.is_available() else (ENV,)


def store_credentials(  # noqa: PLR0913 - each is named at the call
    places: Collection[str],
    credentials: Credentials,
    *,
    typed_environment: str,
    environment: Environment,
    profile: str | None,
    folder: Path,
) -> Stored:
    """Store credentials that have just signed in.

    Args:
        places: ``env``, ``keyring``, both or none.
        credentials: The typed credentials.
        typed_environment: The typed environment.
        environment: The environment that they signed in to.
        profile: The profile whose keys they are.
        folder: The folder of the ``.env``.
    """
    prefix = profile_prefix(profile)
    addresses = _unusual_addresses(environment)
    texts = {
        "CLIENT_ID": credentials.client_id,
        "ENVIRONMENT": typed_environment,
        "ENVIRONMENT_TYPE": environment.kind if environment.kind in DOMAINS else "",
        **addresses,
    }
    secrets = {
        "CLIENT_SECRET": credentials.client_secret,
        "ACCESS_TOKEN": credentials.access_token,
        **{key: Secret(text) for key, text in texts.items() if text},
    }
    values = {
        prefix + key: secret for key, secret in secrets.items() if secret is not None
    }
    # Stale keys of another pair, token or address would take precedence over new ones.
    stale = {prefix + key for key in (*CREDENTIAL_KEYS, *addresses)} - values.keys()
    options: dict[str, tuple[str, Callable[[], None]]] = {
        ENV: (".env", lambda: write_credentials(folder / ".env", values, drop=stale)),
        KEYRING: (keyring.NAME, lambda: keyring.store_in_keyring(profile, values)),
    }
    stored, problems = [], []
    for place, (name, store) in options.items():
        if place in places and not in_voila():
            try:
                store()
            except ConfigurationError as error:
                problems.append(error)
            else:
                stored.append(name)
    return Stored(tuple(stored), tuple(problems))


def _unusual_addresses(environment: Environment) -> dict[str, str]:
    """Return the addresses that differ from GraFx's own; the others are empty.

    Without them the next login would send the secret elsewhere.
    """
    name, kind = environment.name, environment.kind
    is_known = bool(name) and kind in DOMAINS
    usual = Environment(base_url=base_url_for(name, kind) if is_known else "")
    pairs = {
        "BASE_URL": (environment.base_url, usual.base_url),
        "TOKEN_URL": (environment.token_url, usual.token_url),
        "AUDIENCE": (environment.audience, usual.audience),
    }
    return {key: "" if used == own else used for key, (used, own) in pairs.items()}
