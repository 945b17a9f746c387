"""Finds credentials and signs in; the same for magics and for scripts.

Not called `login`: a module of that name would hide the function in the package.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chili_notebook.api.client import Chili
from chili_notebook.auth.credentials import (
    Origin,
    Resolution,
    Source,
    any_credentials,
    resolve,
)
from chili_notebook.auth.demo import demo_source
from chili_notebook.auth.env_file import danger_of
from chili_notebook.auth.environment import DOMAINS
from chili_notebook.auth.keyring import keyring_source
from chili_notebook.auth.settings import resolve_environment, trace_settings
from chili_notebook.auth.sources import find_sources
from chili_notebook.auth.token_manager import TokenSource
from chili_notebook.errors import ConfigurationError, CredentialsNotFoundError
from chili_notebook.guard.install import process_guard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chili_notebook.auth.credentials import TraceEntry
    from chili_notebook.auth.env_file import Danger
    from chili_notebook.auth.environment import Environment
    from chili_notebook.guard.registry import KnownSecret


@dataclass(frozen=True, slots=True)
class Found:
    """What the sources say.

    Attributes:
        sources: Those that were read.
        resolution: The credentials, if any, and the trace.
        profile: The profile that was looked for.
        folder: From where ``.env`` was looked for.
        demo: Whether they are the simulator's.
    """

    sources: tuple[Source, ...]
    resolution: Resolution
    profile: str | None
    folder: Path
    demo: bool

    @property
    def nothing(self) -> bool:
        """Whether no source holds anything, right or wrong."""
        return self.resolution.credentials is None and not self.resolution.problems

    @property
    def trace(self) -> list[TraceEntry]:
        """Every key of every source and what became of it."""
        settings = trace_settings(self.sources, self.profile, rank=self.resolution.rank)
        return [*self.resolution.trace, *settings]

    def danger(self) -> Danger | None:
        """Return what is unsafe about the file of the credentials, if anything is.

        Without a file nothing is.
        """
        source = next(iter(self.sources[self.resolution.rank :]), None)
        if source is None or source.path is None:
            return None
        return danger_of(source.path, source.name)

    def environment(
        self,
        *,
        typed: str | None = None,
        kind: str = "",
        ignored: list[str] | None = None,
    ) -> Environment:
        """Read the environment.

        Args:
            typed: What the form says, if the credentials are typed; goes before what
                the sources say.
            kind: The kind of environment that the form says.
            ignored: Takes up the settings that may not decide about what is typed.

        Raises:
            ConfigurationError: If a value is not what its key says.
        """
        rank = self.resolution.rank if typed is None else len(self.sources)
        environment = resolve_environment(
            self.sources,
            self.profile,
            rank=rank,
            given=typed or "",
            given_kind=kind if kind in DOMAINS else "",
            ignored=ignored,
        )
        return replace(environment, kind="simulated") if self.demo else environment


def find(
    profile: str | None = None,
    *,
    env_file: str | None = None,
    demo: bool = False,
    folder: Path | None = None,
    new_profile: bool = False,
) -> Found:
    """Read the sources and choose credentials; asks no server.

    Args:
        profile: The profile, if any.
        env_file: A file to read in place of all other sources.
        demo: Whether the simulator is the source.
        folder: From where ``.env`` is looked for; by default the working directory.
        new_profile: Whether the profile may be one that no source knows.

    Raises:
        ConfigurationError: If `profile` is unknown.
    """
    where = folder or Path.cwd()
    if demo:
        sources = [demo_source()]
        process_guard().registry.protect_sources(sources)
        return Found(tuple(sources), resolve(sources), None, where, demo=True)
    sources = find_sources(where, env_file=env_file)
    if env_file is None and not any(source.discovered for source in sources):
        # Whoever is told where was looked hears of .env too, and that there is none.
        sources.append(Source(".env here or above", Origin.ENV_FILE, discovered=True))
    if env_file is None and not any_credentials(sources, profile):
        # Last, and only if it is needed: a locked keyring asks the person to open it.
        kept = keyring_source(profile)
        sources += [kept] if kept else []
    process_guard().registry.protect_sources(sources)
    resolution = resolve(sources, profile, known=not new_profile)
    return Found(tuple(sources), resolution, profile, where, demo=False)


def find_secrets(
    folders: Sequence[Path], *, env_file: str | None = None
) -> list[KnownSecret]:
    """Give every secret that this process knows of, or that its sources hold.

    Args:
        folders: From where ``.env`` is looked for upward.
        env_file: A file to read besides.

    Raises:
        CredentialsNotFoundError: If there is none.
        ConfigurationError: If a source is there and cannot be read.
    """
    kept = keyring_source(None)
    sources = [kept] if kept else []
    for folder in folders:
        sources += find_sources(folder, env_file=env_file)
    process_guard().registry.protect_sources(sources)
    problems = dict.fromkeys(source.problem for source in sources if source.problem)
    if problems:
        raise ConfigurationError(
            f"What to look for is not known whole: {'; '.join(problems)}.",
            hint="Correct that, so that nothing is taken for clean unseen.",
        )
    known = process_guard().registry.known
    if not known:
        raise CredentialsNotFoundError(
            "There is nothing to look for: no source holds a secret.",
            hint="Sign in first, or run it where your .env is.",
        )
    return list(known)


def login(
    profile: str | None = None, env_file: str | None = None, *, demo: bool = False
) -> Chili:
    """Sign in to CHILI GraFx and give the client.

    Credentials are looked for in `env_file`, the process environment, the nearest
    ``.env`` from the working directory upward and the system keyring; the first that
    holds a client ID with its secret, or a ready token, is used.

    Args:
        profile: Reads ``CHILI_<PROFILE>_…`` keys; by default the plain ``CHILI_…``.
        env_file: A file to read in place of all other sources.
        demo: Sign in to a simulator that is started in this process.

    Raises:
        ConfigurationError: If there are no credentials, or they are malformed.
        TokenError: If no token is to be had with them.
    """
    guard = process_guard()
    guard.install_here()
    found = find(profile, env_file=env_file, demo=demo)
    credentials = found.resolution.require()
    guard.registry.protect_credentials(credentials)
    guard.install_here()  # what was stored of earlier cells may hold them
    source = TokenSource()
    source.protect = guard.registry.protect_token
    source.sign_in(credentials, found.environment())
    return Chili(source)
