"""The signed-in client of one GraFx environment."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import httpx
from httpx_retries import RetryTransport

from chili_notebook.answers import error_from
from chili_notebook.auth import ChiliToken
from chili_notebook.environments import call_url, checked_url
from chili_notebook.errors import (
    ConfigurationError,
    ConnectionFailedError,
    InsecureURLError,
)
from chili_notebook.foreign import reason_of
from chili_notebook.listing import Listing
from chili_notebook.resources.outputs import Outputs
from chili_notebook.resources.templates import Templates
from chili_notebook.transport import (
    RETRY,
    SAFE_METHODS,
    TIMEOUT,
    USER_AGENT,
    transport_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from httpx_retries import Retry

    from chili_notebook.environments import Environment
    from chili_notebook.token_source import TokenSource


class Chili:
    """A signed-in client of one environment.

    `get`, `post`, `put`, `patch`, `delete`, `request` and `stream` take

    - a path relative to the environment: ``"templates"``,
    - an absolute path under the base URL: ``"/api/v1/info"``,
    - or a full URL, such as those in GraFx's ``links``,

    and otherwise what `httpx.Client.request` takes. The token is sent to the
    environment's own origin and nowhere else. Only safe methods are retried and follow
    redirects.

    Args:
        source: Where the token and the environment come from.
        retry: How safe methods are retried.
        sleep: What waits between two polls.

    Raises:
        NotSignedInError: From every call, while nobody is signed in.
        APIError: From every call that GraFx answers with an error status.
        ConnectionFailedError: From every call that gets no answer.
    """

    def __init__(
        self,
        source: TokenSource,
        *,
        retry: Retry = RETRY,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self._retry = retry
        self._sleep = sleep
        self._lock = threading.Lock()
        self._http: tuple[str, httpx.Client] | None = None
        self.token = ChiliToken(source)

    @property
    def environment(self) -> Environment:
        """The environment that the calls go to."""
        return self._source.environment

    @cached_property
    def templates(self) -> Templates:
        """The environment's Studio templates."""
        return Templates(self)

    @cached_property
    def outputs(self) -> Outputs:
        """Renders templates."""
        return Outputs(self, sleep=self._sleep, clock=self._source.clock)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Send a GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Send a POST."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        """Send a PUT."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> httpx.Response:
        """Send a PATCH."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        """Send a DELETE."""
        return self.request("DELETE", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request and give the whole answer."""
        response = self._send(method, path, options, stream=False)
        self._raise_for_status(response)
        return response

    @contextmanager
    def stream(
        self, method: str, path: str, **options: Any
    ) -> Iterator[httpx.Response]:
        """Send a request and give the answer before its body has been read."""
        response = self._send(method, path, options, stream=True)
        try:
            if not response.is_success:
                response.read()
            self._raise_for_status(response)
            yield response
        finally:
            response.close()

    def pages(
        self, path: str, params: Mapping[str, Any] | None = None
    ) -> Listing[Mapping[str, Any]]:
        """Give the items of any listing, page by page as they are needed."""
        return Listing(self, path, params or {}, read=dict, noun="items")

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        with self._lock:
            http, self._http = self._http, None
        if http is not None:
            http[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._source.peek() is None:
            return "<Chili: not signed in>"
        kind = f" ({self.environment.kind})" if self.environment.kind else ""
        return f"<Chili: {self.environment.name or 'no environment'}{kind}>"

    def _send(
        self, method: str, path: str, options: dict[str, Any], *, stream: bool
    ) -> httpx.Response:
        self._source.held()  # who is not signed in is told so before all else
        url = _url(call_url(self.environment, path))
        ours = _origin(url) == _origin(httpx.URL(self.environment.base_url))
        follow = options.pop("follow_redirects", method.upper() in SAFE_METHODS)
        failure = ""
        try:
            http = self._client()
            request = http.build_request(method, url, **options)
            return http.send(
                request,
                auth=self.token if ours else None,
                follow_redirects=follow,
                stream=stream,
            )
        except (httpx.HTTPError, UnicodeError) as error:
            failure = reason_of(error)
        except BaseException as error:  # noqa: BLE001 - raised again
            # Such as an interrupt: its frames in httpx hold the token too.
            raise error.with_traceback(None)  # noqa: B904 - it is the same error
        # Raised out here, no error carries httpx's frames, which hold the token.
        hint = "Check the network, the proxy or VPN, and the environment's name."
        if method.upper() not in SAFE_METHODS:
            hint += " GraFx may have carried the request out all the same: look before "
            hint += "you repeat it."
        raise ConnectionFailedError(
            f"{method.upper()} {url.host}{url.path} got no answer ({failure}).",
            hint=hint,
        )

    def _client(self) -> httpx.Client:
        base_url = self.environment.base_url
        with self._lock:
            if self._http is None or self._http[0] != base_url:
                client = httpx.Client(
                    transport=RetryTransport(transport_for(base_url), self._retry),
                    timeout=TIMEOUT,
                    headers={
                        "User-Agent": USER_AGENT,
                        "Accept": "application/json, */*",
                    },
                    event_hooks={"request": [_require_safe]},
                )
                self._http = (base_url, client)
            return self._http[1]

    def _raise_for_status(self, response: httpx.Response) -> None:
        if not response.is_success:
            raise error_from(response, token=self._source.peek())


def _url(text: str) -> httpx.URL:
    try:
        return httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError) as error:
        why = str(error)
    raise ConfigurationError(
        f"The address of the call is not a URL ({why}).",
        hint="Give a path such as templates, or a full https URL.",
    )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _require_safe(request: httpx.Request) -> None:
    """Refuse plain http to another machine, redirects included."""
    try:
        checked_url(str(request.url))
    except ValueError as error:
        raise InsecureURLError(
            f"The request was not sent: its address {error}.",
            hint="GraFx's addresses are https.",
        ) from None
