"""Read credentials from the secret store of a hosted notebook.

Colab, Kaggle, Databricks and Fabric have a store of secrets for notebooks. A store is
used only if its module or object is in the process already. Reading it may fail, never
end, or ask the user for permission. So it is read only if no source before it has
credentials, and within a time limit. A failure does not stop the login.

==========  ==================================  ===================================
host        read with                           names of the secrets
==========  ==================================  ===================================
Colab       ``google.colab.userdata``           ``CHILI_CLIENT_ID`` and so on
Kaggle      ``kaggle_secrets``                  the same
Databricks  ``dbutils.secrets``                 the same, in the scope ``chili`` or
                                                that of ``CHILI_SECRET_STORE``
Fabric      ``notebookutils.credentials``       ``CHILI-CLIENT-ID`` and so on, in
                                                the key vault at the URL that
                                                ``CHILI_SECRET_STORE`` contains
==========  ==================================  ===================================
"""

from __future__ import annotations

import builtins
import sys
import time
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from chili_notebook.auth.credentials import (
    CREDENTIAL_KEYS,
    Origin,
    Source,
    profile_prefix,
)
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.settings import ENVIRONMENT_KEYS
from chili_notebook.system.bounded_call import call_within

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chili_notebook.system.bounded_call import CallResult

    _FindStore = Callable[[str, Any, str], "_Store | str"]

TIMEOUT_S = 30.0
"""How long to wait for a user whom the store asks for permission."""

STORE_KEY = "CHILI_SECRET_STORE"

_DEFAULT_SCOPE = "chili"
_ID, _SECRET, _TOKEN = CREDENTIAL_KEYS


@dataclass(frozen=True, slots=True)
class _Store:
    """A secret store.

    Attributes:
        name: Its name in messages.
        get: Returns the value of a secret; raises anything if it cannot.
        not_found: The error for a secret that is not stored, where the store has one.
    """

    name: str
    get: Callable[[str], object]
    not_found: type[Exception] | None = None


def read_hosted_store(
    profile: str | None,
    sources: Sequence[Source] = (),
    *,
    timeout_s: float = TIMEOUT_S,
) -> Source | None:
    """Read the credentials in the store of the host; ``None`` if there is no store.

    Args:
        profile: The profile, if any.
        sources: The sources before it. One of them may contain ``CHILI_SECRET_STORE``.
        timeout_s: How long to wait for the store.

    Raises:
        ConfigurationError: If `profile` is not a valid name.
    """
    prefixes = tuple(dict.fromkeys((profile_prefix(profile), "CHILI_")))
    for host, find in _HOSTS.items():
        present = _find_present(host)
        if present is None:
            continue
        name = f"{_NAMES[host]} secrets"
        location = _find_location(sources)
        # The constructor of a store may already ask the host, and never return.
        started_at = time.monotonic()
        result = call_within(timeout_s, partial(find, name, present, location))
        if isinstance(result.value, _Store):
            left_s = timeout_s - (time.monotonic() - started_at)
            return _read(result.value, prefixes, timeout_s, left_s)
        problem = _problem_of(result, name, timeout_s)
        if result.value is not None:
            problem = f"{name}: {result.value}"
        return Source(name, Origin.HOSTED_STORE, problem=problem)
    return None


def _read(
    store: _Store, prefixes: tuple[str, ...], timeout_s: float, left_s: float
) -> Source:
    result = call_within(max(left_s, 0.0), lambda: _read_values(store, prefixes))
    values, problem = result.value or ({}, "")
    if problem:
        problem = f"{store.name} {problem}"
    problem = problem or _problem_of(result, store.name, timeout_s)
    return Source.read(store.name, Origin.HOSTED_STORE, values, problem=problem)


def _problem_of(result: CallResult[Any], name: str, timeout_s: float) -> str:
    """Return why a call of the host did not return, empty if it did."""
    if result.is_late:
        return f"{name} did not respond within {timeout_s:.0f} s"
    return f"{name} cannot be used ({result.failure})" if result.failure else ""


def _read_values(
    store: _Store, prefixes: tuple[str, ...]
) -> tuple[dict[str, Secret], str]:
    """Return the values in a store, and why it refused what a login needs.

    Each secret is a request to the host, so only what a login needs is read.
    """
    values: dict[str, Secret] = {}
    failures: list[str] = []

    def read(key: str) -> bool:
        try:
            value = store.get(key)
        except Exception as error:  # noqa: BLE001 - the host's code raises anything
            if store.not_found is None or not isinstance(error, store.not_found):
                # Only the class: the message may quote what is stored.
                failures.append(f"did not return {key} ({type(error).__name__})")
        else:
            if isinstance(value, str) and value:
                values[key] = Secret(value)
        return key in values

    own = prefixes[0]
    if read(own + _ID):
        read(own + _SECRET)
    has_pair = own + _SECRET in values
    if not has_pair and not read(own + _TOKEN):
        return values, "; ".join(failures[:1])
    for suffix in ENVIRONMENT_KEYS:
        # A setting of the profile is enough; the plain one is then not read.
        next(filter(read, [prefix + suffix for prefix in prefixes]), None)
    return values, ""


def _find_location(sources: Sequence[Source]) -> str:
    """Return the value of ``CHILI_SECRET_STORE``; empty if it is not set.

    A ``.env`` that was found in a folder must not decide to which host the user's
    identity is sent.
    """
    for source in sources:
        value = source.values.get(STORE_KEY)
        if value is not None and value.secret is not None and not source.discovered:
            return value.secret.reveal()
    return ""


def _find_present(name: str) -> Any:
    """Return a module or object of the host, if it is in this process already."""
    if name in sys.modules:
        return sys.modules[name]
    main = vars(sys.modules["__main__"]) if "__main__" in sys.modules else {}
    shell = _find_shell()
    namespace = {} if shell is None else shell.user_ns
    # A variable of the user with this name may have no truth value.
    for names in (namespace, main, vars(builtins)):
        if names.get(name) is not None:
            return names[name]
    return None


def _find_shell() -> Any:
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _find_colab(name: str, module: Any, _location: str) -> _Store:
    # A part of a package that is loaded already.
    userdata = getattr(module, "userdata", None)
    userdata = userdata or import_module("google.colab.userdata")
    not_found = getattr(userdata, "SecretNotFoundError", None)
    return _Store(name, userdata.get, not_found)


def _find_kaggle(name: str, module: Any, _location: str) -> _Store:
    return _Store(name, module.UserSecretsClient().get_secret)


def _find_databricks(name: str, dbutils: Any, location: str) -> _Store:
    secrets, scope = dbutils.secrets, location or _DEFAULT_SCOPE
    return _Store(
        f"{name} (scope {scope})", lambda key: secrets.get(scope=scope, key=key)
    )


def _find_fabric(name: str, notebookutils: Any, location: str) -> _Store | str:
    """Return the store, or what the user must do before it can be read."""
    credentials = notebookutils.credentials
    if not location:
        return f"to read them, set {STORE_KEY} to the URL of your key vault"
    # A key vault allows letters, digits and hyphens only.
    return _Store(
        name, lambda key: credentials.getSecret(location, key.replace("_", "-"))
    )


_HOSTS: dict[str, _FindStore] = {
    "google.colab": _find_colab,
    "kaggle_secrets": _find_kaggle,
    "dbutils": _find_databricks,
    "notebookutils": _find_fabric,
}
_NAMES = {
    "google.colab": "Colab's",
    "kaggle_secrets": "Kaggle's",
    "dbutils": "Databricks'",
    "notebookutils": "Fabric's",
}
