"""Choose the credentials from the sources, and trace what each source contains.

Pure: sources in, a `CredentialChoice` out. Reading files, variables and stores is the
job of `chili_notebook.auth.sources` and `chili_notebook.auth.keyring`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from chili_notebook.auth.pasted_value import read_value
from chili_notebook.errors import ConfigurationError, CredentialsNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from chili_notebook.auth.pasted_value import PastedValue
    from chili_notebook.auth.secret import Secret

CREDENTIAL_KEYS = ("CLIENT_ID", "CLIENT_SECRET", "ACCESS_TOKEN")

_PROFILE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_CREDENTIAL_OF_PROFILE = re.compile(rf"CHILI_(.+)_(?:{'|'.join(CREDENTIAL_KEYS)})")


class Origin(StrEnum):
    """The kind of source that credentials come from."""

    ENV_FILE = "env-file"
    PROCESS_ENVIRONMENT = "process-environment"
    HOSTED_STORE = "hosted-store"
    KEYRING = "keyring"
    FORM = "form"
    SIMULATOR = "simulator"


# Stores that a user may never have set up: a failure of theirs is only noted.
_OPTIONAL = {Origin.HOSTED_STORE, Origin.KEYRING}


@dataclass(frozen=True, slots=True)
class Source:
    """One place where settings may be found, read and cleaned once.

    Attributes:
        name: The name of the source in messages, such as ``.env``.
        origin: The kind of source.
        values: Its ``CHILI_*`` keys with their cleaned values.
        superseded: Values of keys that are set again further down in the same file.
        misnamed: Keys that look like ours, with the names that they must have.
        unread: Secrets that are only masked, because of the name of their key or file.
        remark: Why nothing of it is used, such as a wrong name of the file.
        problem: Why the source could not be read; empty if it could.
        required: Whether the user named it, so that no other source is used.
        path: Its path, if it is a file.
        discovered: Whether it is a ``.env`` that was found in a folder, and that the
            user did not name.
    """

    name: str
    origin: Origin
    values: Mapping[str, PastedValue] = field(default_factory=dict)
    superseded: tuple[PastedValue, ...] = ()
    misnamed: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[PastedValue, ...] = ()
    remark: str = ""
    problem: str = ""
    required: bool = False
    path: Path | None = None
    discovered: bool = False

    @classmethod
    def read(  # noqa: PLR0913 - one argument for each attribute
        cls,
        name: str,
        origin: Origin,
        values: Mapping[str, Secret] | Iterable[tuple[str, Secret]] = (),
        *,
        misnamed: Mapping[str, str] | None = None,
        unread: tuple[PastedValue, ...] = (),
        problem: str = "",
        required: bool = False,
        path: Path | None = None,
        discovered: bool = False,
    ) -> Source:
        """Return a source whose values are cleaned; the last value of a key is used."""
        pairs = values.items() if isinstance(values, Mapping) else values
        cleaned = [read_value(key, value, name) for key, value in pairs]
        counting = {value.key: value for value in cleaned}
        superseded = tuple(v for v in cleaned if v is not counting[v.key])
        return cls(
            *(name, origin, counting, superseded, misnamed or {}, unread),
            *("", problem, required, path, discovered),
        )


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client ID with its secret, or an access token, and where they come from.

    Attributes:
        source: The name of their source in messages.
        origin: The kind of source.
        client_id: The client ID; empty with an access token.
        client_secret: The client secret.
        access_token: An access token that the user pasted instead of the pair.
    """

    source: str
    origin: Origin
    client_id: str = ""
    client_secret: Secret | None = None
    access_token: Secret | None = None

    @property
    def renewable(self) -> bool:
        """Whether another token can be requested with them."""
        return self.client_secret is not None


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """One key of one source, and whether it was used; never a value."""

    source: str
    key: str
    outcome: str


@dataclass(frozen=True, slots=True)
class CredentialChoice:
    """The result of `choose_credentials`.

    Attributes:
        credentials: The credentials to use, if any source contains usable ones.
        source: Their source.
        problems: Why sources before it were passed over, in their order.
        notes: What else is known if there are no credentials: optional sources that
            could not be read, keys with other names, other profiles.
        trace: The credential keys of every source.
    """

    credentials: Credentials | None
    source: Source | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    trace: tuple[TraceEntry, ...]

    def require(self) -> Credentials:
        """Return the credentials.

        Raises:
            CredentialsNotFoundError: If no source contains any.
            ConfigurationError: If a source contains credentials that cannot be used.
        """
        if self.credentials is not None:
            return self.credentials
        if self.problems:
            sentences = ("; ".join(self.problems), *self.notes)
            raise ConfigurationError(
                " ".join(f"{sentence}." for sentence in sentences),
                hint="Fix it there and sign in again. "
                "In a live notebook you can also type the credentials: "
                "%chili_login --form.",
            )
        places = ", ".join(dict.fromkeys(entry.source for entry in self.trace))
        raise CredentialsNotFoundError(
            " ".join(
                (
                    f"No credentials found. Searched: {places or 'nothing'}.",
                    *(f"{note}." for note in self.notes),
                )
            ),
            hint="Set CHILI_CLIENT_ID, CHILI_CLIENT_SECRET and CHILI_ENVIRONMENT in a "
            "file named .env next to your notebook, or as environment variables "
            "(or CHILI_ACCESS_TOKEN for your own access token). "
            "The simulator needs none: %chili_login --demo, or login(demo=True).",
        )


def profile_prefix(profile: object) -> str:
    """Return the beginning of a profile's keys; ``CHILI_`` without a profile.

    Raises:
        ConfigurationError: If `profile` cannot be part of a variable's name.
    """
    if not profile:
        return "CHILI_"
    if not isinstance(profile, str) or not _PROFILE.fullmatch(profile):
        raise ConfigurationError(
            f"{profile!r} is not a valid profile name.",
            hint="Use letters, digits, - and _, beginning with a letter.",
        )
    return f"CHILI_{profile.replace('-', '_').upper()}_"


def has_credentials(sources: Sequence[Source], profile: str | None = None) -> bool:
    """Return whether any of the sources contains usable credentials."""
    prefix = profile_prefix(profile)
    return any(_read_credentials(source, prefix).credentials for source in sources)


def choose_credentials(
    sources: Sequence[Source], profile: str | None = None, *, is_new: bool = False
) -> CredentialChoice:
    """Choose the first source that contains a complete pair, or an access token.

    The client ID and its secret always come from one source. A source that the user
    named (``--env-file``) is the only one: no other source is used instead.

    Args:
        sources: All sources, in their order.
        profile: The profile, if any.
        is_new: Whether the profile may be one that no source knows.

    Raises:
        ConfigurationError: If `profile` is not a valid name, or no source knows it.
    """
    prefix = profile_prefix(profile)
    trace: list[TraceEntry] = []
    problems: list[str] = []
    notes: list[str] = []
    chosen: Credentials | None = None
    own: Source | None = None
    searched = _up_to_required(sources)
    for source in searched:
        reading = _read_credentials(source, prefix)
        is_chosen = reading.credentials is not None and chosen is None
        if is_chosen:
            chosen, own = reading.credentials, source
        elif source.problem and source.origin in _OPTIONAL:
            notes.append(source.problem)
        elif chosen is None:
            problems.extend(reading.problems)
        notes.extend(filter(None, [source.remark]))
        notes.extend(
            f"{source.name} contains {key}, which must be called {name}"
            for key, name in source.misnamed.items()
        )
        trace.extend(_trace(source, reading, is_chosen=is_chosen))
    if not is_new and chosen is None and all(not entry.key for entry in trace):
        _require_known_profile(searched, profile)
    profiles = _find_profiles(searched)
    if chosen is None and not profile and profiles:
        names = ", ".join(profiles)
        notes.append(
            f"There are credentials for the profiles {names}, to sign in with "
            f"%chili_login {next(iter(profiles))}"
        )
    return CredentialChoice(chosen, own, tuple(problems), tuple(notes), tuple(trace))


def _up_to_required(sources: Sequence[Source]) -> Sequence[Source]:
    for position, source in enumerate(sources, 1):
        if source.required:
            return sources[:position]
    return sources


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one source contains for one profile.

    Attributes:
        keys: The credential keys in it.
        credentials: Its credentials, if they are usable.
        problems: Why values of it cannot be used.
    """

    keys: tuple[str, ...] = ()
    credentials: Credentials | None = None
    problems: tuple[str, ...] = ()


def _read_credentials(source: Source, prefix: str) -> _Reading:
    if source.problem:
        return _Reading(problems=(source.problem,))
    id_key, secret_key, token_key = (prefix + key for key in CREDENTIAL_KEYS)
    keys = tuple(key for key in (id_key, secret_key, token_key) if key in source.values)
    usable: dict[str, Secret] = {}
    problems: list[str] = []
    for key in keys:
        value = source.values[key]
        if value.secret is None:
            problems.append(value.problem)
        else:
            usable[key] = value.secret
    if id_key in usable and secret_key in usable:
        if usable[id_key] == usable[secret_key]:
            # GraFx's own Node and Java samples do this ("Generating a token").
            same = f"{secret_key} in {source.name} is the client ID, not its secret"
            return _Reading(keys, problems=(*problems, same))
        pair = Credentials(
            source.name,
            source.origin,
            client_id=usable[id_key].reveal(),
            client_secret=usable[secret_key],
        )
        return _Reading(keys, pair, tuple(problems))
    if token_key in usable:
        token = Credentials(source.name, source.origin, access_token=usable[token_key])
        return _Reading(keys, token, tuple(problems))
    for present, absent in ((id_key, secret_key), (secret_key, id_key)):
        if present in usable and absent not in keys:
            problems.append(f"{source.name} contains {present} without {absent}")
    if source.required and not problems:
        problems.append(
            f"{source.name} contains neither {id_key} with {secret_key} nor {token_key}"
        )
    return _Reading(keys, problems=tuple(problems))


def _trace(source: Source, reading: _Reading, *, is_chosen: bool) -> list[TraceEntry]:
    if not reading.keys:
        nothing = "contains no client ID, secret or access token"
        outcome = source.problem or source.remark or nothing
        return [
            TraceEntry(source.name, "", outcome),
            *(
                TraceEntry(source.name, key, f"not read: it must be called {name}")
                for key, name in source.misnamed.items()
            ),
        ]
    if reading.credentials is None:
        reason = "; ".join(reading.problems) or "the pair is not complete"
        outcome = f"skipped: {reason}"
        return [TraceEntry(source.name, key, outcome) for key in reading.keys]
    verdict = "used" if is_chosen else "overridden by a source before it"
    renewable = reading.credentials.renewable
    needed = ("_CLIENT_ID", "_CLIENT_SECRET") if renewable else ("_TOKEN",)
    used = "client ID and secret are" if renewable else "access token is"
    not_needed = f"not needed: the {used} used"
    return [
        TraceEntry(
            source.name,
            key,
            verdict if key.endswith(needed) else not_needed,
        )
        for key in reading.keys
    ]


def _require_known_profile(sources: Sequence[Source], profile: str | None) -> None:
    """Raise if no source knows the profile, unless a source could not be read."""
    if not profile or any(source.problem for source in sources):
        return
    known = _find_profiles(sources)
    listed = ", ".join(f"{name} (in {place})" for name, place in known.items())
    places = ", ".join(dict.fromkeys(source.name for source in sources))
    prefix = profile_prefix(profile)
    raise ConfigurationError(
        f"There is no profile {profile!r}. Searched: {places or 'nothing'}. "
        f"Known profiles: {listed or 'none'}.",
        hint=f"Set {prefix}CLIENT_ID, {prefix}CLIENT_SECRET (or {prefix}ACCESS_TOKEN) "
        f"and {prefix}ENVIRONMENT, if it differs from CHILI_ENVIRONMENT, in .env or as "
        "environment variables; or leave the profile out.",
    )


def _find_profiles(sources: Sequence[Source]) -> dict[str, str]:
    """Return the profiles that have credentials, each with the name of its source."""
    found = {
        match.group(1).lower(): source.name
        for source in sources
        for key in source.values
        if (match := _CREDENTIAL_OF_PROFILE.fullmatch(key))
    }
    return dict(sorted(found.items()))
