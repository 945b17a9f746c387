"""Which environment and token endpoint: read from the same sources as credentials.

Pure: sources in, an `Environment` out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chili_notebook.auth.credentials import (
    CREDENTIAL_KEYS,
    Origin,
    Source,
    TraceEntry,
    profile_prefix,
)
from chili_notebook.auth.environment import (
    API_PATH,
    AUDIENCE,
    DOMAINS,
    TOKEN_URL,
    WHERE,
    Environment,
    Location,
    base_url_for,
    grafx_kind,
    locate,
)
from chili_notebook.auth.pasted_value import ValueFault, read_value
from chili_notebook.errors import ConfigurationError
from chili_notebook.http.urls import checked_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chili_notebook.auth.pasted_value import PastedValue

_LEAVE_OUT = "Leave it out unless you use a proxy or a staging environment."
_REDIRECTING = {"BASE_URL", "TOKEN_URL", "AUDIENCE"}
SETTING_KEYS = ("ENVIRONMENT", "ENVIRONMENT_TYPE", "BASE_URL", "TOKEN_URL", "AUDIENCE")


def resolve_environment(  # noqa: PLR0913 - each is named at the call
    sources: Sequence[Source],
    profile: str | None,
    *,
    rank: int,
    given: str = "",
    given_kind: str = "",
    ignored: list[str] | None = None,
) -> Environment:
    """Read which environment to sign in to.

    A profile's keys go before the plain ones, the credentials' own source before the
    others. Where a secret is sent (``CHILI_TOKEN_URL``, ``CHILI_BASE_URL``) is decided
    by the credentials' own source, or by one that the person set before it: a ``.env``
    that came with somebody's notebook must not draw in the secret of the process
    environment, of the keyring or of the form.

    Args:
        sources: All sources, in their order.
        profile: The profile, if any.
        rank: The position of the credentials' source.
        given: What was typed for the environment; goes before every source.
        given_kind: The kind that was chosen beside it; a URL in `given` goes before it.
        ignored: Takes up what may not decide, as ``KEY in SOURCE``; without it that is
            an error.

    Raises:
        ConfigurationError: If a value is not what its key says; the key and its source
            are named.
    """
    keys = _Keys(sources, profile, rank, ignored)
    name, kind, base_url = "", "", ""
    typed = _Setting("Environment", Source("the form", Origin.FORM), given)
    setting = typed if given else keys.find("ENVIRONMENT")
    if setting is not None:
        try:
            location = locate(setting.text)
        except ValueError as error:
            raise ConfigurationError(f"{setting.place} {error}.", hint=WHERE) from None
        if location.is_grafx or given or keys.is_trusted(setting):
            name, kind, base_url = location.name, location.kind, location.base_url
    kind = kind or given_kind or keys.kind()
    override = "" if given and base_url else keys.url("BASE_URL", read=_read_base)
    if override:
        stated = _read_base(override)
        base_url = stated.base_url
        name = name or stated.name
        kind = grafx_kind(urlsplit(base_url).hostname or "") or ""
    elif name and not base_url:
        kind = kind or "production"
        base_url = base_url_for(name, kind)
    if not name and base_url and grafx_kind(urlsplit(base_url).hostname or ""):
        name = (urlsplit(base_url).hostname or "").partition(".")[0]
    return Environment(
        name=name,
        kind=kind,
        base_url=base_url,
        token_url=keys.url("TOKEN_URL") or TOKEN_URL,
        audience=keys.trusted("AUDIENCE") or AUDIENCE,
    )


def _read_base(text: str) -> Location:
    """Read a base URL, with or without the path of the API behind it."""
    if API_PATH.search(text):
        return locate(text)
    checked_url(text)
    return Location(base_url=text.rstrip("/"))


def trace_settings(
    sources: Sequence[Source], profile: str | None, *, rank: int
) -> list[TraceEntry]:
    """Say what became of every key that is no credential of this profile."""
    keys = _Keys(sources, profile, rank)
    credentials = {profile_prefix(profile) + suffix for suffix in CREDENTIAL_KEYS}
    # By identity: two sources may have the same name.
    outcomes: dict[tuple[int, str], str] = {}
    for suffix in SETTING_KEYS:
        outcome = "used"
        for source, read in keys.seen(suffix):
            is_usable = read.fault is None
            told = outcome if is_usable else f"passed over: {read.problem}"
            if is_usable and suffix in _REDIRECTING and not keys.may_redirect(source):
                told = "refused: it may not redirect credentials from elsewhere"
            outcomes[id(source), read.key] = told
            outcome = "shadowed by another" if is_usable else outcome
    return [
        TraceEntry(
            source.name,
            key,
            outcomes.get((id(source), key), "not a key of this login"),
        )
        for source in sources
        for key in sorted(source.values.keys() - credentials)
    ]


@dataclass(frozen=True, slots=True)
class _Setting:
    """A setting with its key and its source."""

    key: str
    source: Source
    text: str

    @property
    def place(self) -> str:
        """Key and source, as messages name them."""
        return f"{self.key} in {self.source.name}"


class _Keys:
    """Looks keys up in sources in the order that fits the credentials."""

    def __init__(
        self,
        sources: Sequence[Source],
        profile: str | None,
        rank: int,
        ignored: list[str] | None = None,
    ) -> None:
        self._ignored = ignored
        self._prefixes = dict.fromkeys((profile_prefix(profile), "CHILI_"))
        own = sources[rank : rank + 1]
        self._sources = [*own, *(s for s in sources if s not in own)]
        # A .env that came with somebody's notebook decides for its own secrets only.
        self._trusted = [*own, *(s for s in sources[:rank] if not s.discovered)]

    def find(self, suffix: str) -> _Setting | None:
        """Return the first setting that is not empty, if there is one.

        Raises:
            ConfigurationError: If its value cannot be used.
        """
        for source, read in self.seen(suffix):
            if read.secret is not None:
                return _Setting(read.key, source, read.secret.reveal())
            if read.fault is not ValueFault.EMPTY:
                hint = WHERE if suffix == "ENVIRONMENT" else _LEAVE_OUT
                raise ConfigurationError(f"{read.problem}.", hint=hint)
        return None

    def seen(self, suffix: str) -> Iterator[tuple[Source, PastedValue]]:
        """Yield each source that has the setting, with its value; the first counts."""
        for prefix in self._prefixes:
            for source in self._sources:
                key = prefix + suffix
                if key in source.values:
                    yield source, read_value(key, source.values[key], source.name)

    def may_redirect(self, source: Source) -> bool:
        """Whether a source may decide where the credentials are sent."""
        return source in self._trusted

    def is_trusted(self, setting: _Setting) -> bool:
        """Whether a source may decide where the credentials are sent.

        Raises:
            ConfigurationError: If it may not, and nobody takes up what is ignored.
        """
        if self.may_redirect(setting.source):
            return True
        if self._ignored is not None:
            self._ignored.append(setting.place)
            return False
        raise ConfigurationError(
            f"{setting.key} is set in {setting.source.name}, which may not redirect "
            "credentials that come from elsewhere.",
            hint=f"Put {setting.key} and the credentials into the same place.",
        )

    def trusted(self, suffix: str) -> str:
        """Give a value that only a trusted source may set."""
        setting = self.find(suffix)
        return "" if setting is None or not self.is_trusted(setting) else setting.text

    def url(self, suffix: str, read: Callable[[str], object] = checked_url) -> str:
        """Give a URL that only a trusted source may set, and that can be read."""
        setting = self.find(suffix)
        if setting is None or not self.is_trusted(setting):
            return ""
        try:
            read(setting.text)
        except ValueError as error:
            raise ConfigurationError(
                f"{setting.place} {error}.", hint=_LEAVE_OUT
            ) from None
        return setting.text

    def kind(self) -> str:
        """Give the kind of environment that is set, if any."""
        setting = self.find("ENVIRONMENT_TYPE")
        if setting is None:
            return ""
        kind = setting.text.lower()
        if kind not in DOMAINS:
            raise ConfigurationError(
                f"{setting.place} is neither production nor sandbox.",
                hint="Leave it out for production.",
            )
        return kind
