"""Choose the environment and the token endpoint from the sources. Pure.

A ``.env`` that came with somebody's notebook must not redirect the secret of another
source. So a setting that decides where a secret is sent (``CHILI_BASE_URL``,
``CHILI_TOKEN_URL``, ``CHILI_AUDIENCE``, a URL in ``CHILI_ENVIRONMENT``) is used only
if it comes from the credentials' own source, or from an earlier one that the user set.
Any other such setting is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from chili_notebook.auth.credentials import (
    CREDENTIAL_KEYS,
    Origin,
    Source,
    TraceEntry,
    profile_prefix,
)
from chili_notebook.auth.environment import (
    AUDIENCE,
    DOMAINS,
    NAME_HINT,
    TOKEN_URL,
    Environment,
    Location,
    base_url_for,
    grafx_kind,
    locate,
    locate_base_url,
)
from chili_notebook.auth.pasted_value import ValueFault
from chili_notebook.errors import ConfigurationError
from chili_notebook.http.urls import checked_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chili_notebook.auth.pasted_value import PastedValue

ENVIRONMENT_KEYS = (
    "ENVIRONMENT",
    "ENVIRONMENT_TYPE",
    "BASE_URL",
    "TOKEN_URL",
    "AUDIENCE",
)
SETTING_KEYS = (*ENVIRONMENT_KEYS, "CHECK", "SECRET_STORE")

_T = TypeVar("_T")
_FORM = Source("the form", Origin.FORM)
_REDIRECTING_KEYS = {"BASE_URL", "TOKEN_URL", "AUDIENCE"}
_SWITCHES = {"on": True, "true": True, "1": True, "yes": True} | {
    "off": False,
    "false": False,
    "0": False,
    "no": False,
}
_LEAVE_OUT = "Leave it out unless you use a proxy or a staging environment."


@dataclass(frozen=True, slots=True)
class TypedEnvironment:
    """What the user typed into the form.

    Attributes:
        text: A technical name or a URL; takes precedence over every source.
        kind: ``production``, ``sandbox`` or empty; a URL in `text` takes precedence.
    """

    text: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting that was found.

    Attributes:
        key: Its key, such as ``CHILI_BASE_URL``.
        source: Where it was found.
        text: Its value.
    """

    key: str
    source: Source
    text: str

    @property
    def place(self) -> str:
        """The key and its source, as messages name them."""
        return f"{self.key} in {self.source.name}"


@dataclass(frozen=True, slots=True)
class EnvironmentChoice:
    """The result of `choose_environment`.

    Attributes:
        environment: The environment to sign in to.
        refused: Settings that may not redirect these credentials.
        is_checked: Whether a sign-in asks the environment if it accepts the token.
    """

    environment: Environment
    refused: tuple[Setting, ...]
    is_checked: bool = True


def choose_environment(
    sources: Sequence[Source],
    profile: str | None,
    *,
    own: Source | None,
    typed: TypedEnvironment | None = None,
) -> EnvironmentChoice:
    """Choose the environment to sign in to.

    A profile's keys take precedence over the plain ones, and the credentials' own
    source over the others.

    Args:
        sources: All sources, in their order.
        profile: The profile, if any.
        own: The credentials' own source; ``None`` if they are typed into the form.
        typed: What was typed with them.

    Raises:
        ConfigurationError: If a setting cannot be used; the key and its source are
            named.
    """
    typed = typed or TypedEnvironment()
    lookup = _Lookup(sources, profile, own)
    location = Location()
    setting = None if typed.text else lookup.find("ENVIRONMENT")
    if typed.text:
        location = _read(
            Setting("Environment", _FORM, typed.text), locate, hint=NAME_HINT
        )
    elif setting is not None:
        location = _read(setting, locate, hint=NAME_HINT)
        if not location.is_grafx and not lookup.allows(setting):
            location = Location()
    name, base_url = location.name, location.base_url
    kind = location.kind or typed.kind or _read_kind(lookup.find("ENVIRONMENT_TYPE"))
    override = None if typed.text and base_url else lookup.find_allowed("BASE_URL")
    if override is not None:
        stated = _read(override, locate_base_url)
        name, base_url = name or stated.name, stated.base_url
        kind = grafx_kind(_host_of(base_url)) or ""
    elif name and not base_url:
        kind = kind or "production"
        base_url = base_url_for(name, kind)
    if not name and grafx_kind(_host_of(base_url)):
        name = _host_of(base_url).partition(".")[0]
    token_url = lookup.find_allowed("TOKEN_URL")
    if token_url is not None:
        _read(token_url, checked_url)
    audience = lookup.find_allowed("AUDIENCE")
    environment = Environment(
        name=name,
        kind=kind,
        base_url=base_url,
        token_url=TOKEN_URL if token_url is None else token_url.text,
        audience=AUDIENCE if audience is None else audience.text,
    )
    is_checked = _read_switch(lookup.find("CHECK"))
    return EnvironmentChoice(environment, tuple(lookup.refused), is_checked)


def trace_settings(
    sources: Sequence[Source], profile: str | None, *, own: Source | None
) -> list[TraceEntry]:
    """Return an entry for each key that is not a credential of this profile."""
    lookup = _Lookup(sources, profile, own)
    credentials = {profile_prefix(profile) + suffix for suffix in CREDENTIAL_KEYS}
    # By identity: two sources may have the same name.
    outcomes: dict[tuple[int, str], str] = {}
    for suffix in SETTING_KEYS:
        outcome = "used"
        for source, value in lookup.candidates(suffix):
            if value.fault is not None:
                found = f"skipped: {value.problem}"
            elif _redirects(suffix, value) and not lookup.may_redirect(source):
                found = "refused: it may not redirect credentials from another source"
                outcome = "overridden by another"
            else:
                found, outcome = outcome, "overridden by another"
            outcomes[id(source), value.key] = found
    return [
        TraceEntry(
            source.name,
            key,
            outcomes.get((id(source), key), "not used by this login"),
        )
        for source in sources
        for key in sorted(source.values.keys() - credentials)
    ]


def _redirects(suffix: str, value: PastedValue) -> bool:
    """Return whether a usable setting decides where a secret is sent."""
    if suffix != "ENVIRONMENT" or value.secret is None:
        return suffix in _REDIRECTING_KEYS
    try:
        return not locate(value.secret.reveal()).is_grafx
    except ValueError:
        return False


class _Lookup:
    """Find settings in the sources, and collect those that are refused."""

    def __init__(
        self, sources: Sequence[Source], profile: str | None, own: Source | None
    ) -> None:
        self.refused: list[Setting] = []
        self._prefixes = dict.fromkeys((profile_prefix(profile), "CHILI_"))
        others = [source for source in sources if source is not own]
        before = list(sources)
        if own is not None:
            before = before[: next(i for i, s in enumerate(sources) if s is own)]
        self._sources = ([] if own is None else [own]) + others
        self._trusted = [source for source in before if not source.discovered]
        if own is not None:
            self._trusted.append(own)

    def candidates(self, suffix: str) -> Iterator[tuple[Source, PastedValue]]:
        """Yield each source that has the setting, with its value; the first is used."""
        for prefix in self._prefixes:
            for source in self._sources:
                value = source.values.get(prefix + suffix)
                if value is not None:
                    yield source, value

    def may_redirect(self, source: Source) -> bool:
        """Return whether a source may decide where the credentials are sent."""
        return any(source is trusted for trusted in self._trusted)

    def find(self, suffix: str) -> Setting | None:
        """Return the first setting that is not empty, if there is one.

        Raises:
            ConfigurationError: If its value cannot be used.
        """
        for source, value in self.candidates(suffix):
            if value.secret is not None:
                return Setting(value.key, source, value.secret.reveal())
            if value.fault is not ValueFault.EMPTY:
                hint = NAME_HINT if suffix == "ENVIRONMENT" else _LEAVE_OUT
                raise ConfigurationError(f"{value.problem}.", hint=hint)
        return None

    def allows(self, setting: Setting) -> bool:
        """Return whether a setting may redirect; add it to `refused` if not."""
        allowed = self.may_redirect(setting.source)
        if not allowed:
            self.refused.append(setting)
        return allowed

    def find_allowed(self, suffix: str) -> Setting | None:
        """Return the first setting that is not empty, if it may redirect."""
        setting = self.find(suffix)
        return None if setting is None or not self.allows(setting) else setting


def _read(setting: Setting, read: Callable[[str], _T], *, hint: str = _LEAVE_OUT) -> _T:
    """Read a setting with a function that raises ValueError with a clause."""
    try:
        return read(setting.text)
    except ValueError as error:
        raise ConfigurationError(f"{setting.place} {error}.", hint=hint) from None


def _read_kind(setting: Setting | None) -> str:
    if setting is None:
        return ""
    kind = setting.text.lower()
    if kind not in DOMAINS:
        raise ConfigurationError(
            f"{setting.place} is neither production nor sandbox.",
            hint="Leave it out for production.",
        )
    return kind


def _read_switch(setting: Setting | None) -> bool:
    """Return what CHILI_CHECK switches on or off; it is on by default."""
    if setting is None:
        return True
    if setting.text.lower() not in _SWITCHES:
        raise ConfigurationError(
            f"{setting.place} is neither on nor off.", hint="Leave it out for on."
        )
    return _SWITCHES[setting.text.lower()]


def _host_of(url: str) -> str:
    return urlsplit(url).hostname or ""
