"""Read a GraFx environment from its technical name or from any of its URLs. Pure.

Source: GraFx's "Environment API" pages. The API's base URL is
``https://{name}.chili-publish.online/grafx``, or for a sandbox
``https://{name}.chili-publish-sandbox.online/grafx``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from chili_notebook.errors import ConfigurationError
from chili_notebook.http.urls import checked_url, origin_of

TOKEN_URL = "https://integration-login.chiligrafx.com/oauth/token"  # noqa: S105
AUDIENCE = "https://chiligrafx.com"
DOMAINS = {
    "production": "chili-publish.online",
    "sandbox": "chili-publish-sandbox.online",
}
NAME_HINT = (
    "In GraFx, open Settings → Details and copy the Technical name "
    "(it looks like cp-abc-123), or paste the address of the environment's API page."
)

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
API_PATH = re.compile(r"/api/(?:v\d+|experimental)(?:/environments?/([^/]+))?(?:/|$)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_QUERY = re.compile(r"[?#].*", re.DOTALL)
_PLATFORM_HOST = re.compile(r"(?:[a-z0-9-]+\.)*chiligrafx\.com")
_PLATFORM_PATH = re.compile(r"/environments?/([^/]+)")
_SWAGGER_PATH = re.compile(r"/swagger(?:/|$)")


@dataclass(frozen=True, slots=True)
class Environment:
    """One GraFx environment, and the endpoint that issues its tokens.

    Attributes:
        name: Its technical name; empty if unknown.
        kind: ``production``, ``sandbox``, ``simulated`` or empty.
        base_url: The URL before ``/api/v1``, without a slash at the end; may be empty.
        token_url: The OAuth 2.0 token endpoint.
        audience: The ``audience`` of the token request.

    Example:
        chili.environment.name, chili.environment.kind
        chili.environment.base_url
    """

    name: str = ""
    kind: str = ""
    base_url: str = ""
    token_url: str = TOKEN_URL
    audience: str = AUDIENCE

    @property
    def api_url(self) -> str:
        """The URL before the paths of this environment, with a slash at the end.

        Example:
            httpx.get(f"{chili.environment.api_url}templates", auth=chili_token)
        """
        name = quote(self.name, safe="")
        return f"{self.base_url}/api/v1/environment/{name}/"

    @property
    def host(self) -> str:
        """Host (and port) of the API; may be empty.

        Example:
            chili.environment.host
        """
        return urlsplit(self.base_url).netloc

    @property
    def token_host(self) -> str:
        """Host (and port) of the token endpoint.

        Example:
            chili.environment.token_host
        """
        return urlsplit(self.token_url).netloc


@dataclass(frozen=True, slots=True)
class Location:
    """The parts of an environment that a text contains; each may be empty."""

    name: str = ""
    kind: str = ""
    base_url: str = ""

    @property
    def is_grafx(self) -> bool:
        """Whether it names one of GraFx's own domains, or no address at all."""
        if not self.base_url:
            return True
        return grafx_kind(urlsplit(self.base_url).hostname or "") is not None


def locate(text: str) -> Location:
    """Read a technical name, or any URL of the environment.

    Raises:
        ValueError: If it is neither; the message is a clause without a subject.
    """
    text = text.strip()
    if _GUID.fullmatch(text):
        raise ValueError("is the environment's GUID and not its technical name")
    if "://" not in text and "." not in text and "/" not in text:
        if not _NAME.fullmatch(text):
            raise ValueError("is neither a technical name nor a URL")
        return Location(name=text)
    parts = checked_url(text if "://" in text else f"https://{text}")
    host = parts.hostname or ""
    if _PLATFORM_HOST.fullmatch(host):
        return Location(name=_read_platform_path(parts.path))
    kind, api = grafx_kind(host), API_PATH.search(parts.path)
    swagger = _SWAGGER_PATH.search(parts.path)
    if kind is None and api is None and swagger is None:
        raise ValueError("is not an address of a GraFx environment")
    # On GraFx's own hosts the first label is the technical name.
    name = unquote(api.group(1)) if api and api.group(1) else ""
    if not name and kind is not None:
        name = host.partition(".")[0]
    if _GUID.fullmatch(name):
        raise ValueError("contains the environment's GUID and not its technical name")
    if name and not _NAME.fullmatch(name):
        raise ValueError("does not contain a technical name")
    cut = min([m.start() for m in (api, swagger) if m], default=None)
    path = parts.path[:cut] if cut is not None else "/grafx"
    base_url = origin_of(parts) + path.rstrip("/")
    return Location(name=name, kind=kind or "", base_url=base_url)


def locate_base_url(text: str) -> Location:
    """Read a base URL, such as that of a proxy, with or without the API's path.

    Raises:
        ValueError: If it is not one; the message is a clause without a subject.
    """
    parts = checked_url(text)
    host = parts.hostname or ""
    if grafx_kind(host) or _PLATFORM_HOST.fullmatch(host) or API_PATH.search(text):
        location = locate(text)
        if not location.base_url:
            raise ValueError("is an address of the GraFx platform, not of its API")
        return location
    return Location(base_url=origin_of(parts) + parts.path.rstrip("/"))


def _read_platform_path(path: str) -> str:
    """Return the technical name in a URL of the GraFx platform, if it contains one."""
    match = _PLATFORM_PATH.search(path)
    name = unquote(match.group(1)) if match else ""
    if _GUID.fullmatch(name):
        raise ValueError("contains the environment's GUID and not its technical name")
    if not _NAME.fullmatch(name):
        raise ValueError(
            "is an address of the GraFx platform, which does not contain the technical "
            "name of the environment"
        )
    return name


def call_url(environment: Environment, path: str) -> str:
    """Return the URL of a call.

    Args:
        environment: The environment of the call.
        path: A path relative to the environment; with a leading ``/``, relative to the
            base URL; or a full URL.

    Raises:
        ConfigurationError: If it leaves the environment, or the environment is
            unknown. A full URL is returned as it is.
    """
    if _SCHEME.match(path):
        return path
    if _has_dot_segments(path):
        raise ConfigurationError(
            'The path contains "." or ".." segments.',
            hint="Begin the path with / to make it relative to the base URL.",
        )
    if not environment.base_url or not (environment.name or path.startswith("/")):
        raise ConfigurationError(
            "No environment is set for this call.",
            hint=f"Set CHILI_ENVIRONMENT and run %chili_login again. {NAME_HINT}",
        )
    if path.startswith("/"):
        return environment.base_url + path
    return environment.api_url + path


def _has_dot_segments(path: str) -> bool:
    if "." not in path and "%" not in path:
        return False  # nearly all paths: without the time of reading them
    # Some servers treat a backslash as a slash.
    plain = unquote(_QUERY.sub("", path)).replace("\\", "/")
    return not {".", ".."}.isdisjoint(plain.split("/"))


def base_url_for(name: str, kind: str) -> str:
    """Return the base URL of the environment `name` of this kind."""
    return f"https://{name}.{DOMAINS[kind]}/grafx"


def grafx_kind(host: str) -> str | None:
    """Return the kind of environment at a host; ``None`` if it is not GraFx's."""
    name, _, rest = host.lower().partition(".")
    kinds = {domain: kind for kind, domain in DOMAINS.items()}
    return kinds.get(rest) if _NAME.fullmatch(name) else None
