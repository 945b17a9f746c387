"""Stand-ins that behave: a clock to turn, and an HTTP server with a script."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOON = 1_800_000_000.0


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        """Give the time."""
        return self.now

    def advance(self, seconds):
        """Turn it forward; also what sleeps in a test."""
        self.now += seconds


@dataclass
class Asked:
    """A request as the server got it."""

    method: str
    path: str
    headers: dict
    body: bytes

    def json(self):
        """Parse the body."""
        return json.loads(self.body)


@dataclass
class Answer:
    """What the server is to answer."""

    status: int = 200
    body: bytes | dict | list | str = b""
    headers: dict = field(default_factory=dict)

    def content(self):
        """Give the body as bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return (
            self.body if isinstance(self.body, str) else json.dumps(self.body)
        ).encode()


class Server:
    """A real server on loopback; `answer(asked)` decides what each request gets."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each body waits 40 ms for its head

            def _serve(self):
                length = int(self.headers.get("content-length") or 0)
                asked = Asked(
                    self.command,
                    self.path,
                    {key.lower(): value for key, value in self.headers.items()},
                    self.rfile.read(length),
                )
                with server._lock:
                    server.asked.append(asked)
                answer = server.answer(asked)
                if answer is None:  # the line is cut
                    self.close_connection = True
                    return
                content = answer.content()
                headers = {"Content-Type": "application/json"} | answer.headers
                self.send_response_only(answer.status)
                for name, value in headers.items():
                    if value is not None:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with suppress(ConnectionError):  # whoever asked has hung up
                    self.wfile.write(content)

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self._serve
                raise AttributeError(name)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self):
        """Its origin."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def jwt(**claims):
    """Make a text of a JWT's shape."""

    def part(value):
        return (
            base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
        )

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.c2lnbmF0dXJl"


def token_body(token="token-0123456789", expires_in=86_400, **more):
    """Give what GraFx's page "Generating a token" shows as the answer."""
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": expires_in,
        "scope": "template:list template:read output:static",
    } | more


class TokenEndpoint:
    """Behaves as GraFx's: the same token again until an hour before its end."""

    def __init__(self, clock, lifetime_s=86_400):
        self.clock = clock
        self.lifetime_s = lifetime_s
        self.grants = 0
        self.issued = []
        self.failing = None
        self._ends = 0.0

    def __call__(self, _asked):
        """Answer a request."""
        self.grants += 1
        if self.failing is not None:
            return self.failing
        if self.clock() >= self._ends - 3600:
            self.issued.append(f"token-number-{len(self.issued)}")
            self._ends = self.clock() + self.lifetime_s
        body = token_body(self.issued[-1], int(self._ends - self.clock()))
        date = formatdate(self.clock(), usegmt=True)
        return Answer(200, body, {"Date": date})


class Gate:
    """Holds every request to an endpoint back until it is opened."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, asked):
        """Answer as the endpoint does, once the gate is open."""
        self.reached.set()
        assert self.opened.wait(5)
        return self.endpoint(asked)


def shown_by(error):
    """Give all that a verbose traceback shows of the frames that are not the test's."""
    shown = []
    while error is not None:
        shown += [repr(error), str(error), repr(vars(error))]
        step = error.__traceback__
        while step is not None:
            if step.tb_frame.f_globals["__name__"].partition(".")[0] in {
                "chili_notebook",
                "httpx",
                "httpcore",
            }:
                shown.append(repr(step.tb_frame.f_locals))
            step = step.tb_next
        error = error.__cause__ or error.__context__
    return "\n".join(shown)


class Protector:
    """Records what a token manager protects, in place of the guard's registry."""

    def __init__(self):
        self.credentials = []
        self.tokens = []

    def protect_credentials(self, credentials):
        """Record credentials."""
        self.credentials.append(credentials)

    def protect_token(self, token):
        """Record a token."""
        self.tokens.append(token)
