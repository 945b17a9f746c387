"""The base of the client: send signed requests to one GraFx environment."""

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
from chili_notebook.auth.secret import signed_in
from chili_notebook.errors import ConfigurationError
from chili_notebook.http.transport import (
    SAFE_METHODS,
    cut_answer_error,
    no_answer_error,
    open_client,
)
from chili_notebook.system.forks import renew_in_children

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from types import TracebackType

    from chili_notebook.auth.environment import Environment
    from chili_notebook.auth.token_manager import TokenManager
    from chili_notebook.errors import APIError

_Origin = tuple[str, str, int | None]


@signed_in
class ApiClient:
    """Send signed requests to one environment.

    `get`, `post`, `put`, `patch`, `delete`, `request` and `stream` take one of

    - a path inside the environment: ``"templates"``,
    - a path under the base URL: ``"/api/v1/info"``,
    - a full URL, such as those in the ``links`` of GraFx's answers,

    and the other arguments of `httpx.Client.request`. The token is sent to the
    environment's own origin and nowhere else. Only safe methods (GET, HEAD, OPTIONS)
    are retried and follow redirects.

    Attributes:
        name: The client's name in the notebook, which hints use.
        token: The handle on the token; in a notebook also ``chili_token``.
        clock: Returns the time in seconds since the epoch.
        sleep: Waits between two polls.

    Args:
        source: Where the token and the environment come from.
        name: See the attribute.
        on_refusal: Called with each error before it is raised.
        transport: What sends requests; by default the network.
        sleep: Called to wait between two polls, or before a retry.

    Raises:
        NotSignedInError: From every call, while nobody is signed in.
        APIError: From every call that GraFx answers with an error status.
        ConnectionFailedError: From every call that gets no answer.

    Example:
        response = chili.get("templates", params={"limit": 5})
        response.json()
    """

    def __init__(
        self,
        source: TokenManager,
        *,
        name: str = "chili",
        on_refusal: Callable[[APIError], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self.token = ChiliToken(source)
        self.clock = source.clock
        self.sleep = sleep
        self._source = source
        self._on_refusal = on_refusal
        self._transport = transport
        self._lock = threading.Lock()
        self._http: httpx.Client | None = None
        self._opened_for = ""  # the base URL of `_http`
        self._origin: _Origin = ("", "", None)
        # The connections of parent processes: never used, and never closed, because
        # closing them may wait for a lock that a thread of the parent held.
        self._of_parents: list[httpx.Client] = []
        renew_in_children(self, type(self)._renew_in_child)

    @property
    def environment(self) -> Environment:
        """The environment that the calls go to.

        Example:
            chili.environment.name
            chili.environment.base_url
        """
        return self._source.environment

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Send a GET request.

        Example:
            chili.get("templates", params={"limit": 5}).json()
        """
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Send a POST request.

        Example:
            body = {"template": {"id": template.id}, "name": "New"}
            chili.post("projects", json=body).json()
        """
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        """Send a PUT request.

        Example:
            chili.put(f"projects/{project.id}/document", json=project.document())
        """
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> httpx.Response:
        """Send a PATCH request.

        Example:
            chili.patch(f"projects/{project.id}", json={"name": "Newer"})
        """
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        """Send a DELETE request.

        Example:
            project = chili.projects.create(template)
            chili.delete(f"projects/{project.id}")
        """
        return self.request("DELETE", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request and return the response with its body.

        Args:
            method: The HTTP method.
            path: The path or URL, as the class describes it.
            options: The options of `stream`.

        Example:
            chili.request("GET", "media").json()
        """
        with self.stream(method, path, **options) as response:
            response.read()
            return response

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        accepted: Collection[int] = (),
        **options: Any,
    ) -> Iterator[httpx.Response]:
        """Send a request and return the response before its body has been read.

        Args:
            method: The HTTP method.
            path: The path or URL, as the class describes it.
            accepted: Error statuses that do not raise an error.
            options: What `httpx.Client.request` takes.

        Example:
            with chili.stream("GET", f"media/{media.id}/download") as response:
                first = next(response.iter_bytes())
        """
        response = self._send(method, path, options)
        cut_off = None
        try:
            if not response.is_success and response.status_code not in accepted:
                self._raise(response)
            yield response
        except httpx.HTTPError as error:
            cut_off = cut_answer_error(response, error)
        finally:
            response.close()
        if cut_off is not None:
            # Raised here, the error has no frames of httpx, which hold the token.
            raise cut_off

    def link(self, response: httpx.Response, key: str) -> str:
        """Return a link of a response as a full URL, empty if there is none.

        Example:
            response = chili.get("templates", params={"limit": 2})
            chili.get(chili.link(response, "nextPage"))
        """
        return link_in(response, key, base_url=self.environment.base_url)

    def close(self) -> None:
        """Close the connections. A later call opens new ones.

        Example:
            chili.close()
        """
        with self._lock:
            http, self._http = self._http, None
        if http is not None:
            http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _renew_in_child(self) -> None:
        """Drop the connections of the parent process, and replace the lock."""
        self._lock = threading.Lock()
        if self._http is not None:
            self._of_parents.append(self._http)
            self._http = None

    def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        self._source.require()  # the first error of all is that nobody is signed in
        environment = self.environment
        url = _parse_url(call_url(environment, path))
        try:
            http, own_origin = self._connect(environment.base_url)
            is_own = _origin_of(url) == own_origin
            auth = options.pop("auth", self.token if is_own else None)
            follow = options.pop("follow_redirects", method.upper() in SAFE_METHODS)
            request = http.build_request(method, url, **options)
            return http.send(request, auth=auth, follow_redirects=follow, stream=True)
        except (httpx.HTTPError, OverflowError, UnicodeError) as error:
            failure = no_answer_error(method.upper(), url, error)
        except BaseException as error:  # noqa: BLE001 - raised again
            # Such as an interrupt: its frames in httpx hold the token too.
            raise error.with_traceback(None)  # noqa: B904 - it is the same error
        # Raised here, the error has no frames of httpx, which hold the token.
        raise failure

    def _connect(self, base_url: str) -> tuple[httpx.Client, _Origin]:
        """Return the open client for a base URL, and the origin that gets the token."""
        with self._lock:
            if self._http is None or self._opened_for != base_url:
                if self._http is not None:
                    self._http.close()
                self._http = open_client(
                    base_url, transport=self._transport, sleep=self.sleep
                )
                self._opened_for = base_url
                self._origin = _origin_of(httpx.URL(base_url))
            return self._http, self._origin

    def _raise(self, response: httpx.Response) -> NoReturn:
        try:
            response.read()
        except httpx.HTTPError:
            request = response.request
            response = httpx.Response(response.status_code, request=request)
        error = error_from(
            response,
            token=self._source.peek(),
            renewable=self._source.renewable,
            now=self.clock(),
        )
        if self._on_refusal is not None:
            self._on_refusal(error)
        raise error


def _parse_url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
        _ = url.host  # decodes the host, which can fail too
    except (httpx.InvalidURL, UnicodeError) as error:
        reason = str(error)
    else:
        return url
    raise ConfigurationError(
        f"The address of the call is not a URL ({reason}).",
        hint="Use a path such as templates, or a full https URL.",
    )


def _origin_of(url: httpx.URL) -> _Origin:
    return url.scheme, url.host, url.port
