"""Signed calls to one GraFx environment: what is sent, and what comes back."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Self

import httpx

from chili_notebook.api.api_errors import error_from
from chili_notebook.api.responses import link_in
from chili_notebook.auth.environment import call_url
from chili_notebook.auth.handle import ChiliToken
from chili_notebook.errors import ConfigurationError, UnexpectedAnswerError
from chili_notebook.http.reading import broken_off, whole_answer
from chili_notebook.http.transport import RETRY, SAFE_METHODS, client_for, unanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from types import TracebackType

    from httpx_retries import Retry

    from chili_notebook.auth.environment import Environment
    from chili_notebook.auth.token_manager import TokenManager
    from chili_notebook.errors import APIError

LARGEST = 2_000_000_000
_LARGEST_ERROR = 1_000_000


class Calls:
    """Sends signed requests to one environment.

    `get`, `post`, `put`, `patch`, `delete`, `request` and `stream` take

    - a path relative to the environment: ``"templates"``,
    - an absolute path under the base URL: ``"/api/v1/info"``,
    - or a full URL, such as those in GraFx's ``links``,

    and otherwise what `httpx.Client.request` takes. The token is sent to the
    environment's own origin and nowhere else. Only safe methods are retried and follow
    redirects.

    Attributes:
        name: What hints call it: its name in the notebook.

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
        source: TokenManager,
        *,
        retry: Retry = RETRY,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self._retry = retry
        self._lock = threading.Lock()
        self._http: tuple[str, httpx.Client] | None = None
        self.clock = source.clock
        self.sleep = sleep
        self.name = "chili"
        self.on_refusal: Callable[[APIError], None] = lambda _error: None
        self.token = ChiliToken(source)

    @property
    def environment(self) -> Environment:
        """The environment that the calls go to."""
        return self._source.environment

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

    def request(
        self, method: str, path: str, *, at_most: int = LARGEST, **options: Any
    ) -> httpx.Response:
        """Send a request and give the whole answer.

        Args:
            method: The HTTP method.
            path: Where to, as the class says.
            at_most: How many bytes of body are read.
            options: What `stream` takes.

        Raises:
            UnexpectedAnswerError: If the answer is larger.
        """
        with self.stream(method, path, **options) as response:
            return whole_answer(response, at_most)

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        accepted: Collection[int] = (),
        **options: Any,
    ) -> Iterator[httpx.Response]:
        """Send a request and give the answer before its body has been read.

        Args:
            method: The HTTP method.
            path: Where to, as the class says.
            accepted: Error statuses that are answers as good as any.
            options: What `httpx.Client.request` takes.
        """
        response = self._send(method, path, options)
        broken = None
        try:
            if not response.is_success and response.status_code not in accepted:
                self._raise(response)
            yield response
        except httpx.HTTPError as error:
            broken = broken_off(response, error)
        finally:
            response.close()
        if broken is not None:
            raise broken  # out here, without httpx's frames, which hold the token

    def link(self, response: httpx.Response, key: str) -> str:
        """Give a link of an answer as a full URL, empty if there is none."""
        return link_in(response, key, base_url=self.environment.base_url)

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

    def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        self._source.require()  # who is not signed in is told so before all else
        environment = self.environment
        url = _url(call_url(environment, path))
        ours = _origin(url) == _origin(httpx.URL(environment.base_url))
        auth = options.pop("auth", self.token if ours else None)
        follow = options.pop("follow_redirects", method.upper() in SAFE_METHODS)
        try:
            http = self._client(environment.base_url)
            request = http.build_request(method, url, **options)
            return http.send(request, auth=auth, follow_redirects=follow, stream=True)
        except (httpx.HTTPError, OverflowError, UnicodeError) as error:
            failure = unanswered(method.upper(), url, error)
        except BaseException as error:  # noqa: BLE001 - raised again
            # Such as an interrupt: its frames in httpx hold the token too.
            raise error.with_traceback(None)  # noqa: B904 - it is the same error
        # Raised out here, no error carries httpx's frames, which hold the token.
        raise failure

    def _client(self, base_url: str) -> httpx.Client:
        with self._lock:
            if self._http is None or self._http[0] != base_url:
                if self._http is not None:
                    self._http[1].close()
                self._http = (base_url, client_for(base_url, self._retry))
            return self._http[1]

    def _raise(self, response: httpx.Response) -> NoReturn:
        try:
            whole = whole_answer(response, _LARGEST_ERROR)
        except (httpx.HTTPError, UnexpectedAnswerError):
            whole = httpx.Response(response.status_code, request=response.request)
        error = error_from(
            whole,
            token=self._source.peek(),
            renewable=self._source.renewable,
            now=self.clock(),
        )
        self.on_refusal(error)
        raise error


def _url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
        _ = url.host  # what is no name in any script shows only here
    except (httpx.InvalidURL, UnicodeError) as error:
        why = str(error)
    else:
        return url
    raise ConfigurationError(
        f"The address of the call is not a URL ({why}).",
        hint="Give a path such as templates, or a full https URL.",
    )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
