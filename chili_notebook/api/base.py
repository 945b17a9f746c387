"""The base of the client: send signed requests to one GraFx environment."""

from __future__ import annotations

import json
import time
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Self

import httpx

from chili_notebook.api.api_errors import (
    InterruptedCallError,
    error_from,
    interrupted_error,
)
from chili_notebook.api.connections import Connections, OpenConnections, origin_of
from chili_notebook.api.responses import link_in, refuse_page
from chili_notebook.auth.environment import call_url
from chili_notebook.auth.handle import DIRECT, ChiliToken
from chili_notebook.auth.secret import signed_in
from chili_notebook.errors import ConfigurationError
from chili_notebook.http.time_limit import LimitedBody, TimeLimit
from chili_notebook.http.transport import (
    SAFE_METHODS,
    cut_response_error,
    no_response_error,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from chili_notebook.auth.environment import Environment
    from chili_notebook.auth.token_manager import TokenManager
    from chili_notebook.errors import APIError

# A render of many records, or a large file on a slow line, ends far earlier.
_CALL_LIMIT_S, _SLOWEST_BYTES_S = 600.0, 1_000.0


@signed_in
class ApiClient:
    """Send signed requests to one environment.

    `get`, `post`, `put`, `patch`, `delete`, `request` and `stream` take one of

    - a path inside the environment: ``"templates"``,
    - a path under the base URL: ``"/api/v1/info"``,
    - a full URL, such as those in the ``links`` of GraFx's responses,

    and the other arguments of `httpx.Client.request`. The token is sent to the
    environment's own origin and, by `Chili.usage`, to GraFx's Platform API. Only safe
    methods (GET, HEAD, OPTIONS) are retried and follow redirects. No cookie is stored.
    A call ends after 10 minutes, and one more second for every 1,000 bytes that are
    sent or received. The time that you take between two pieces of a stream does not
    count.

    Attributes:
        name: The client's name in the notebook, which hints use.
        profile: The profile that it signed in with, if any.
        token: The handle on the token; in a notebook also ``chili_token``.
        clock: Returns the time in seconds since the epoch.
        stopwatch: Returns seconds that nobody can set back, to measure durations.
        sleep: Waits between two polls.
        previews: Whether templates and projects show their picture by themselves. GraFx
            may count the preview of a project as a render (release note 2026-08-07);
            ``chili.previews = False`` turns them off. `preview` and `thumbnail` work.

    Args:
        source: Where the token and the environment come from.
        name: See the attribute.
        profile: See the attribute.
        on_refusal: Called with each error before it is raised.
        transport: What sends requests; by default the network.
        sleep: Called to wait between two polls, or before a retry.

    Raises:
        NotSignedInError: From every call, while you are not signed in.
        APIError: From every call to which GraFx responds with an error status.
        ConnectionFailedError: From every call that gets no response.

    Example:
        response = chili.get("templates", params={"limit": 5})
        response.json()
    """

    previews: bool = True

    def __init__(  # noqa: PLR0913 - each is named at the call
        self,
        source: TokenManager,
        *,
        name: str = "chili",
        profile: str | None = None,
        on_refusal: Callable[[APIError], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self.profile = profile
        self.token = ChiliToken(source)
        self.clock = source.clock
        self.stopwatch = source.stopwatch
        self.sleep = sleep
        self._source = source
        self._on_refusal = on_refusal
        self._connections = Connections(transport=transport, sleep=sleep)

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

        Raises:
            UnexpectedAnswerError: If a call that changes something gets a web page.

        Example:
            chili.request("GET", "media").json()
        """
        with self._response_to(method, path, whole=True, **options) as response:
            pass
        if response.is_success and method.upper() not in SAFE_METHODS:
            refuse_page(response)
        return response

    def stream(
        self,
        method: str,
        path: str,
        *,
        accepted: Collection[int] = (),
        **options: Any,
    ) -> AbstractContextManager[httpx.Response]:
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
        return self._response_to(method, path, accepted=accepted, **options)

    @contextmanager
    def _response_to(
        self,
        method: str,
        path: str,
        *,
        accepted: Collection[int] = (),
        whole: bool = False,
        **options: Any,
    ) -> Iterator[httpx.Response]:
        self._source.require()  # the first error of all is that you are not signed in
        environment = self.environment
        url = _parse_url(call_url(environment, path))
        limit = TimeLimit(_CALL_LIMIT_S, slowest_bytes_s=_SLOWEST_BYTES_S)
        connections = self._connections.borrow(
            environment.base_url, self._source.generation
        )
        response = cut_off = None
        try:
            with limit:
                response = self._send(connections, method, url, options)
                if not response.is_success and response.status_code not in accepted:
                    self._raise(response)
                if whole:
                    response.read()
            response.stream = LimitedBody(response.stream, limit)
            yield response
        except httpx.HTTPError as error:
            if response is None:
                raise
            self._connections.replace(connections)
            cut_off = cut_response_error(response, error)
        except InterruptedCallError:
            raise
        except KeyboardInterrupt:
            raise interrupted_error(method) from None
        finally:
            try:
                if response is not None:
                    response.close()
            finally:
                self._connections.release(connections)
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
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(
        self,
        connections: OpenConnections,
        method: str,
        url: httpx.URL,
        options: dict[str, Any],
    ) -> httpx.Response:
        is_own = origin_of(url) == connections.origin
        auth = options.pop("auth", self.token if is_own else None)
        follow = options.pop("follow_redirects", method.upper() in SAFE_METHODS)
        http = connections.http
        request = _build_request(http, method, url, options)
        request.extensions[DIRECT] = True  # see `transport_for`
        try:
            return http.send(request, auth=auth, follow_redirects=follow, stream=True)
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            OverflowError,
            UnicodeError,
        ) as error:
            failure = no_response_error(method.upper(), url, error)
        except BaseException as error:  # noqa: BLE001 - raised again
            # Such as an interrupt: its frames in httpx hold the token too.
            raise error.with_traceback(None)  # noqa: B904 - it is the same error
        self._connections.replace(connections)
        # Raised here, the error has no frames of httpx, which hold the token.
        raise failure

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
    except (httpx.InvalidURL, UnicodeError):
        pass  # its text may quote a part of a password
    else:
        return url
    raise ConfigurationError(
        "The address of the call is not a URL.",
        hint="Use a path such as templates, or a full https URL.",
    )


def _build_request(
    http: httpx.Client, method: str, url: httpx.URL, options: dict[str, Any]
) -> httpx.Request:
    try:
        return http.build_request(method, url, **options)
    except (httpx.InvalidURL, ValueError, RecursionError):
        pass  # its frames may hold what the caller wants to send
    except TypeError:
        if _can_be_json(options.get("json")):  # it is an unknown option
            raise
    raise ConfigurationError(
        f"The request {method.upper()} {url.path} cannot be sent as it is.",
        hint="Check its parameters, headers and body. JSON cannot contain NaN, and no "
        "text can contain a lone surrogate.",
    )


def _can_be_json(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
