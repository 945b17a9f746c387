"""Which environment and token endpoint: read from the same sources as credentials.

Pure: sources in, an `Environment` out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chili_notebook.auth.credentials import (
    CREDENTIAL_KEYS,
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
    checked_url,
    grafx_kind,
    locate,
)
from chili_notebook.auth.pasted_value import read_value
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chili_notebook.auth.secret import Secret

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
    text, key, source = given, "Environment", Source("the form")
    if not given:
        text, key, source = keys.find("ENVIRONMENT")
    if text:
        try:
            location = locate(text)
        except ValueError as error:
            raise ConfigurationError(
                f"{key} in {source.name} {error}.", hint=WHERE
            ) from None
        if location.is_grafx or given or keys.is_trusted(key, source):
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
    outcomes: dict[tuple[str, str], str] = {}
    for suffix in SETTING_KEYS:
        outcome = "used"
        for key, source, value, why in keys.seen(suffix):
            told = outcome if value else f"passed over: {why}"
            if value and suffix in _REDIRECTING and not keys.may_redirect(source):
                told = "refused: it may not redirect credentials from elsewhere"
            outcomes[source.name, key] = told
            outcome = "shadowed by another" if value else outcome
    return [
        TraceEntry(
            source.name,
            key,
            outcomes.get((source.name, key), "not a key of this login"),
        )
        for source in sources
        for key in sorted(source.values.keys() - credentials)
    ]


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

    def find(self, suffix: str) -> tuple[str, str, Source]:
        """Give a value, its key and its source; empty texts if there is none."""
        for key, source, value, why in self.seen(suffix):
            if value is not None:
                return value.reveal(), key, source
            if not why.endswith("is empty"):
                hint = WHERE if suffix == "ENVIRONMENT" else _LEAVE_OUT
                raise ConfigurationError(f"{why}.", hint=hint)
        return "", "", Source("")

    def seen(self, suffix: str) -> Iterator[tuple[str, Source, Secret | None, str]]:
        """Give key, source, value and what is wrong with it; the first counts first."""
        for prefix in self._prefixes:
            for source in self._sources:
                key = prefix + suffix
                if key in source.values:
                    read = read_value(key, source.values[key], source.name)
                    yield key, source, *read

    def may_redirect(self, source: Source) -> bool:
        """Whether a source may decide where the credentials are sent."""
        return source in self._trusted

    def is_trusted(self, key: str, source: Source) -> bool:
        """Whether a source may decide where the credentials are sent.

        Raises:
            ConfigurationError: If it may not, and nobody takes up what is ignored.
        """
        if self.may_redirect(source):
            return True
        if self._ignored is not None:
            self._ignored.append(f"{key} in {source.name}")
            return False
        raise ConfigurationError(
            f"{key} is set in {source.name}, which may not redirect credentials "
            "that come from elsewhere.",
            hint=f"Put {key} and the credentials into the same place.",
        )

    def trusted(self, suffix: str) -> str:
        """Give a value that only a trusted source may set."""
        value, key, source = self.find(suffix)
        return value if value and self.is_trusted(key, source) else ""

    def url(self, suffix: str, read: Callable[[str], object] = checked_url) -> str:
        """Give a URL that only a trusted source may set, and that can be read."""
        value, key, source = self.find(suffix)
        if not value or not self.is_trusted(key, source):
            return ""
        try:
            read(value)
        except ValueError as error:
            raise ConfigurationError(
                f"{key} in {source.name} {error}.", hint=_LEAVE_OUT
            ) from None
        return value

    def kind(self) -> str:
        """Give the kind of environment that is set, if any."""
        value, key, source = self.find("ENVIRONMENT_TYPE")
        if value and value.lower() not in DOMAINS:
            raise ConfigurationError(
                f"{key} in {source.name} is neither production nor sandbox.",
                hint="Leave it out for production.",
            )
        return value.lower()
