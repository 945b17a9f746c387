"""Find credentials and sign in: the same flow for the magics, the form and scripts.

`find_login` reads each source once and returns `LoginSettings`. Their method
`with_form` replaces the credentials with what was typed into the form. `login` makes a
`TokenManager` of the settings, and a `Chili` of that.

What only some logins need is imported where it is needed, because scripts import this
module first of all.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chili_notebook.auth.credentials import (
    CredentialChoice,
    Origin,
    Source,
    TraceEntry,
    choose_credentials,
    has_credentials,
)
from chili_notebook.auth.environment import DOMAINS, Environment
from chili_notebook.auth.settings import (
    TypedEnvironment,
    choose_environment,
    trace_settings,
)
from chili_notebook.auth.sources import find_sources
from chili_notebook.errors import ConfigurationError, CredentialsNotFoundError
from chili_notebook.system.frontend import find_working_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chili_notebook.api.client import Chili
    from chili_notebook.auth.credentials import Credentials
    from chili_notebook.auth.env_file import Danger
    from chili_notebook.auth.settings import Setting
    from chili_notebook.guard.registry import KnownSecret, SecretRegistry


@dataclass(frozen=True, slots=True)
class LoginSettings:
    """Everything that one login needs to know, from the sources or from the form.

    Attributes:
        profile: The profile, if any.
        folder: The folder from which ``.env`` was searched upward.
        sources: The sources that were read.
        choice: The credentials that the sources contain, and the trace.
        credentials: The credentials to sign in with, if there are any.
        environment: The environment to sign in to.
        environment_error: Why the settings name no valid environment.
        refused: Settings that may not redirect these credentials.
        not_masked: Values of keys for secrets that do not look like secrets.
        is_checked: Whether the sign-in asks the environment if it accepts the token.
    """

    profile: str | None
    folder: Path
    sources: tuple[Source, ...]
    choice: CredentialChoice
    credentials: Credentials | None
    environment: Environment = field(default_factory=Environment)
    environment_error: ConfigurationError | None = None
    refused: tuple[Setting, ...] = ()
    not_masked: tuple[TraceEntry, ...] = ()
    is_checked: bool = True

    @property
    def found_nothing(self) -> bool:
        """Whether no source contains any credentials, valid or not."""
        return self.choice.credentials is None and not self.choice.problems

    @property
    def trace(self) -> list[TraceEntry]:
        """Every key of every source, and whether it was used."""
        settings = trace_settings(self.sources, self.profile, own=self.choice.source)
        superseded = [
            TraceEntry(source.name, value.key, "set again further down")
            for source in self.sources
            for value in source.superseded
        ]
        return [*self.choice.trace, *settings, *superseded, *self.not_masked]

    def require_credentials(self) -> Credentials:
        """Return the credentials, if the sources allow a login without the form.

        Raises:
            CredentialsNotFoundError: If no source contains any.
            ConfigurationError: If the credentials or a setting cannot be used, or a
                setting may not redirect them.
        """
        credentials = self.choice.require()
        if self.environment_error is not None:
            raise self.environment_error
        if self.refused:
            setting = self.refused[0]
            raise ConfigurationError(
                f"{setting.key} is set in {setting.source.name}, which may not "
                "redirect credentials that come from another source.",
                hint=f"Put {setting.key} and the credentials into the same place.",
            )
        return credentials

    def find_danger(self) -> Danger | None:
        """Return what is unsafe about the file of the credentials, if anything is."""
        source = self.choice.source
        is_typed = self.credentials is not self.choice.credentials
        if is_typed or source is None or source.path is None:
            return None
        from chili_notebook.auth.env_file import find_danger

        return find_danger(source.path, source.name)

    def warn_of_other_author(self) -> None:
        """Warn if another user may have written the file of the credentials."""
        source = self.choice.source
        if source is None or source.path is None or not source.discovered:
            return
        from chili_notebook.auth.env_file import find_other_author

        danger = find_other_author(source.path, source.name)
        if danger is not None:
            warnings.warn(f"{danger.message} {danger.hint}", stacklevel=3)

    def with_form(
        self,
        credentials: Credentials | None = None,
        *,
        environment: str = "",
        environment_type: str = "",
    ) -> LoginSettings:
        """Return the settings for credentials that are typed into the form.

        Settings of a ``.env`` that the user did not name cannot redirect them.

        Args:
            credentials: The typed credentials; none before the form is sent.
            environment: The typed environment.
            environment_type: The chosen type; any other than GraFx's is ignored.
        """
        kind = environment_type if environment_type in DOMAINS else ""
        typed = TypedEnvironment(environment, kind)
        return _choose(self, credentials, own=None, typed=typed)


def find_login(  # noqa: PLR0913 - each is named at the call
    profile: str | None = None,
    *,
    env_file: str | None = None,
    demo: bool = False,
    folder: Path | None = None,
    is_new_profile: bool = False,
    is_checked: bool = True,
    registry: SecretRegistry | None = None,
) -> LoginSettings:
    """Read the sources and choose credentials and environment, without any request.

    Args:
        profile: The profile, if any.
        env_file: A file to read instead of all other sources.
        demo: Whether to start the simulator and use its credentials.
        folder: The folder from which ``.env`` is searched upward; by default the
            working directory.
        is_new_profile: Whether the profile may be one that no source knows.
        is_checked: Whether the sign-in may ask the environment if it accepts the token.
        registry: Protects the secrets of the sources; by default the process's own.

    Raises:
        ConfigurationError: If no source knows `profile`.
    """
    folder = folder or find_working_folder()
    if demo:
        from chili_notebook.auth.demo import read_simulator

        profile, sources = None, [read_simulator()]
    else:
        sources = find_sources(folder, env_file=env_file)
    if not demo and env_file is None:
        if not any(source.discovered for source in sources):
            # Messages list .env among the places searched, even if there is none.
            sources.append(
                Source(".env here or above", Origin.ENV_FILE, discovered=True)
            )
        # Only if needed: these two may ask the user for permission.
        if not has_credentials(sources, profile):
            from chili_notebook.auth.hosted_stores import read_hosted_store

            store = read_hosted_store(profile, sources)
            sources += [] if store is None else [store]
        if not has_credentials(sources, profile):
            from chili_notebook.auth.keyring import read_keyring

            keyring = read_keyring(profile)
            sources += [] if keyring is None else [keyring]
    if registry is None:
        from chili_notebook.guard.install import process_guard

        registry = process_guard().registry
    left_alone = registry.protect_sources(sources)
    choice = choose_credentials(sources, profile, is_new=is_new_profile)
    if choice.credentials is not None:
        with suppress(ConfigurationError):  # too short: the sign-in refuses it
            registry.protect_credentials(choice.credentials)
    settings = LoginSettings(
        profile=profile,
        folder=folder,
        sources=tuple(sources),
        choice=choice,
        credentials=None,
        not_masked=left_alone,
        is_checked=is_checked,
    )
    return _choose(settings, choice.credentials, own=choice.source)


def _choose(
    settings: LoginSettings,
    credentials: Credentials | None,
    *,
    own: Source | None,
    typed: TypedEnvironment | None = None,
) -> LoginSettings:
    """Return the settings with these credentials and the environment for them."""
    environment, error = Environment(), None
    refused: tuple[Setting, ...] = ()
    is_checked = settings.is_checked
    try:
        choice = choose_environment(
            settings.sources, settings.profile, own=own, typed=typed
        )
    except ConfigurationError as failure:
        error = failure
    else:
        environment, refused = choice.environment, choice.refused
        is_checked = is_checked and choice.is_checked
    if own is not None and own.origin is Origin.SIMULATOR:
        environment = replace(environment, kind="simulated")
    return replace(
        settings,
        credentials=credentials,
        environment=environment,
        environment_error=error,
        refused=refused,
        is_checked=is_checked,
    )


def find_secrets(
    folders: Sequence[Path], *, env_file: str | None = None
) -> tuple[KnownSecret, ...]:
    """Return every secret that this process has used, or that its sources contain.

    Args:
        folders: Folders from which ``.env`` is searched upward.
        env_file: A file to read as well.

    Raises:
        CredentialsNotFoundError: If there is none.
        ConfigurationError: If a source exists and cannot be read.
    """
    from chili_notebook.auth.keyring import is_available, read_keyring
    from chili_notebook.guard.install import process_guard

    registry = process_guard().registry
    # A keyring that cannot be loaded cannot contain a secret of this user's logins.
    keyring = read_keyring(None) if is_available() else None
    sources = [] if keyring is None else [keyring]
    for folder in folders:
        sources += find_sources(folder, env_file=env_file)
    registry.protect_sources(sources)
    problems = dict.fromkeys(source.problem for source in sources if source.problem)
    if problems:
        raise ConfigurationError(
            "Cannot audit: some credential sources could not be read: "
            f"{'; '.join(problems)}.",
            hint="Fix them first, or a secret could be missed.",
        )
    if not registry.known:
        raise CredentialsNotFoundError(
            "There is nothing to search for: no source contains a secret.",
            hint="Sign in first, or run the audit where your .env is.",
        )
    return registry.known


def login(
    profile: str | None = None, env_file: str | None = None, *, demo: bool = False
) -> Chili:
    """Sign in to CHILI GraFx and return the client.

    Credentials are searched in `env_file`, the process environment, the nearest
    ``.env`` from the working directory upward, the secret store of a hosted notebook
    (Colab, Kaggle, Databricks, Fabric), and the system keyring. The first source that
    contains a client ID with its secret, or an access token, is used.

    The environment is not asked: the first call shows whether it accepts the token.

    Args:
        profile: Read ``CHILI_<PROFILE>_…`` keys; by default ``CHILI_…``.
        env_file: A file to read instead of all other sources.
        demo: Sign in to a simulator that is started in this process.

    Raises:
        ConfigurationError: If there are no credentials, or they are malformed.
        InsecureURLError: If the URL of the token endpoint is not safe.
        TokenError: If the token request fails.

    Example:
        with login(demo=True) as chili:
            chili.templates.list()
    """
    from chili_notebook.api.client import Chili
    from chili_notebook.auth.token_manager import TokenManager
    from chili_notebook.guard.install import process_guard

    guard = process_guard()
    guard.install_here()
    settings = find_login(profile, env_file=env_file, demo=demo)
    guard.install_here()  # earlier cells may contain the secrets that are known now
    settings.warn_of_other_author()
    manager = TokenManager(guard.registry)
    manager.sign_in(settings.require_credentials(), settings.environment)
    return Chili(manager, profile=profile)
