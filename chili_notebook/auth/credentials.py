"""Which credentials: chosen from sources, with a trace of what was seen.

Pure: mappings in, a `Resolution` out. Reading files and variables is the job of
`chili_notebook.auth.sources`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from chili_notebook.auth.pasted_value import read_value
from chili_notebook.errors import ConfigurationError, CredentialsNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from chili_notebook.auth.secret import Secret

CREDENTIAL_KEYS = ("CLIENT_ID", "CLIENT_SECRET", "ACCESS_TOKEN")

_PROFILE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_CREDENTIAL_OF_PROFILE = re.compile(rf"CHILI_(.+)_(?:{'|'.join(CREDENTIAL_KEYS)})")


class Origin(StrEnum):
    """Which kind of source credentials come from."""

    ENV_FILE = "env-file"
    PROCESS_ENVIRONMENT = "process-environment"
    KEYRING = "keyring"
    FORM = "form"
    SIMULATOR = "simulator"


@dataclass(frozen=True, slots=True)
class Source:
    """One place where settings may stand.

    Attributes:
        name: How to call it before a person, such as ``.env``.
        origin: Which kind of source it is.
        values: Its ``CHILI_*`` keys.
        problem: Why it could not be read; empty when it could.
        required: Whether the person named it, so that no other may stand in.
        path: Where it is, if it is a file.
        discovered: Whether it was only come upon, as a ``.env`` that a folder holds.
    """

    name: str
    origin: Origin
    values: Mapping[str, Secret] = field(default_factory=dict)
    problem: str = ""
    required: bool = False
    path: Path | None = None
    discovered: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client ID with its secret, or a ready token, and where they came from.

    Attributes:
        source: The name of their source, for messages.
        origin: Which kind of source it is.
    """

    source: str
    origin: Origin
    client_id: str = ""
    client_secret: Secret | None = None
    access_token: Secret | None = None

    @property
    def renewable(self) -> bool:
        """Whether another token can be asked for."""
        return self.client_secret is not None


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """What one source held under one key, and what became of it; never a value."""

    source: str
    key: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """What `resolve` found.

    Attributes:
        credentials: The ones to use, if any source holds usable ones.
        rank: The position of their source, or the number of sources.
        problems: Why sources were passed over, in their order.
        trace: Every source tried.
    """

    credentials: Credentials | None
    rank: int
    problems: tuple[str, ...]
    trace: tuple[TraceEntry, ...]

    def require(self) -> Credentials:
        """Give the credentials.

        Raises:
            CredentialsNotFoundError: If no source holds any.
            ConfigurationError: If what the sources hold cannot be used.
        """
        if self.credentials is not None:
            return self.credentials
        if self.problems:
            raise ConfigurationError(
                "; ".join(self.problems) + ".",
                hint="Correct it there and sign in again. "
                "A live notebook also takes them typed: %chili_login --form.",
            )
        places = ", ".join(dict.fromkeys(entry.source for entry in self.trace))
        raise CredentialsNotFoundError(
            f"No credentials found. Looked in: {places or 'nowhere'}.",
            hint="Set CHILI_CLIENT_ID, CHILI_CLIENT_SECRET and CHILI_ENVIRONMENT in a "
            ".env file in that folder, or as environment variables "
            "(or CHILI_ACCESS_TOKEN for a ready token). "
            "The simulator needs none: %chili_login --demo, or login(demo=True).",
        )


def profile_prefix(profile: str | None) -> str:
    """Give the beginning of a profile's keys, ``CHILI_`` without a profile.

    Raises:
        ConfigurationError: If `profile` cannot be part of a variable's name.
    """
    if not profile:
        return "CHILI_"
    if not _PROFILE.fullmatch(profile):
        raise ConfigurationError(
            f"{profile!r} cannot be the name of a profile.",
            hint="Use letters, digits, - and _, beginning with a letter.",
        )
    return f"CHILI_{profile.replace('-', '_').upper()}_"


def any_credentials(sources: Sequence[Source], profile: str | None = None) -> bool:
    """Whether any of these sources holds credentials that can be used."""
    prefix = profile_prefix(profile)
    return any(_read_source(source, prefix)[0] is not None for source in sources)


def resolve(
    sources: Sequence[Source], profile: str | None = None, *, known: bool = True
) -> Resolution:
    """Choose the first source that holds a whole pair, or a ready token.

    The client ID and its secret always come from one source. A source that was named
    (``--env-file``) is the only one: nothing stands in for it.

    Raises:
        ConfigurationError: If `profile` is no name, or must be `known` and is not.
    """
    prefix = profile_prefix(profile)
    trace: list[TraceEntry] = []
    problems: list[str] = []
    found: Credentials | None = None
    rank = len(sources)
    for position, source in enumerate(sources):
        candidate, seen, trouble = _read_source(source, prefix)
        use = candidate is not None and found is None
        if use:
            found, rank = candidate, position
        elif found is None:
            problems.extend(trouble)
        trace.extend(_entries(source, seen, candidate, trouble, use=use))
        if source.required:
            sources = sources[: position + 1]
            break
    if known and found is None and all(not entry.key for entry in trace):
        _require_known_profile(sources, profile)
    return Resolution(found, rank, tuple(problems), tuple(trace))


def _entries(
    source: Source,
    seen: list[str],
    candidate: Credentials | None,
    trouble: list[str],
    *,
    use: bool,
) -> list[TraceEntry]:
    if not seen:
        return [TraceEntry(source.name, "", source.problem or "holds no such keys")]
    if candidate is None:
        why = "; ".join(trouble) or "not a whole pair"
        return [TraceEntry(source.name, key, f"passed over: {why}") for key in seen]
    verdict = "used" if use else "shadowed by a source before it"
    needed = ("_CLIENT_ID", "_CLIENT_SECRET") if candidate.renewable else ("_TOKEN",)
    return [
        TraceEntry(
            source.name,
            key,
            verdict if key.endswith(needed) else "not needed beside the others",
        )
        for key in seen
    ]


def _read_source(
    source: Source, prefix: str
) -> tuple[Credentials | None, list[str], list[str]]:
    """Give its usable credentials, the credential keys in it, and its problems."""
    if source.problem:
        return None, [], [source.problem]
    id_key, secret_key, token_key = (prefix + key for key in CREDENTIAL_KEYS)
    seen = [key for key in (id_key, secret_key, token_key) if key in source.values]
    read: dict[str, Secret] = {}
    trouble: list[str] = []
    for key in seen:
        value = read_value(key, source.values[key], source.name)
        if value.secret is None:
            trouble.append(value.problem)
        else:
            read[key] = value.secret
    if id_key in read and secret_key in read:
        if read[id_key] == read[secret_key]:
            # GraFx's own Node and Java samples do this ("Generating a token").
            why = f"{secret_key} in {source.name} is the client ID, not its secret"
            return None, seen, [*trouble, why]
        pair = Credentials(
            source.name,
            source.origin,
            client_id=read[id_key].reveal(),
            client_secret=read[secret_key],
        )
        return pair, seen, trouble
    if token_key in read:
        token = read[token_key]
        ready = Credentials(source.name, source.origin, access_token=token)
        return ready, seen, trouble
    for present, absent in ((id_key, secret_key), (secret_key, id_key)):
        if present in read and absent not in seen:
            trouble.append(f"{source.name} holds {present} without {absent}")
    if source.required and not trouble:
        trouble.append(f"{source.name} holds neither {id_key} with {secret_key}")
        trouble[-1] += f" nor {token_key}"
    return None, seen, trouble


def _require_known_profile(sources: Sequence[Source], profile: str | None) -> None:
    """Refuse a profile that no source knows, unless a source could not be read."""
    if not profile or any(source.problem for source in sources):
        return
    known = {
        match.group(1).lower(): source.name
        for source in sources
        for key in source.values
        if (match := _CREDENTIAL_OF_PROFILE.fullmatch(key))
    }
    listed = ", ".join(f"{name} (in {place})" for name, place in sorted(known.items()))
    places = ", ".join(dict.fromkeys(source.name for source in sources))
    prefix = profile_prefix(profile)
    raise ConfigurationError(
        f"There is no profile {profile!r}. Looked in: {places or 'nowhere'}. "
        f"Known profiles: {listed or 'none'}.",
        hint=f"Set {prefix}CLIENT_ID, {prefix}CLIENT_SECRET (or {prefix}ACCESS_TOKEN) "
        f"and {prefix}ENVIRONMENT, if it is not the plain one, in .env or as "
        "environment variables; or leave the profile out.",
    )
