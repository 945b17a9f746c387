"""Fakes that behave like the real thing: a clock, HTTP servers, a token endpoint."""

from __future__ import annotations

import base64
import json
import multiprocessing
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from comm.base_comm import BaseComm
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

NOON = 1_800_000_000.0


class Clock:
    """A clock that only the test advances."""

    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        """Return the time."""
        return self.now

    def advance(self, seconds):
        """Advance the clock; also used in place of `time.sleep`."""
        self.now += seconds


@dataclass
class ReceivedRequest:
    """A request as the server received it."""

    method: str
    path: str
    headers: dict
    body: bytes

    def json(self):
        """Return the parsed body."""
        return json.loads(self.body)


@dataclass
class Answer:
    """A response that the server sends."""

    status: int = 200
    body: bytes | dict | list | str = b""
    headers: dict = field(default_factory=dict)

    def content(self):
        """Return the body as bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return (
            self.body if isinstance(self.body, str) else json.dumps(self.body)
        ).encode()


@contextmanager
def forked_child(function):
    """Call a function in a forked child; return a function that returns its result."""
    fork = multiprocessing.get_context("fork")
    received, sent = fork.Pipe(duplex=False)
    child = fork.Process(target=lambda: sent.send(function()))
    child.start()
    sent.close()

    def result(*, within_s=20):
        assert received.poll(within_s), "the child hangs"
        return received.recv()

    try:
        yield result
    finally:
        child.kill()
        child.join()
        received.close()


class RawServer:
    """A server that sends whatever bytes a test wants, in pieces.

    Args:
        first: The bytes that it sends at once, after it has received the request.
        again: The bytes that it then sends ten times a second until the client goes.
    """

    def __init__(self, first, again=b""):
        self._first, self._again = first, again
        self._is_stopped = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def url(self):
        """The origin of the server."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _accept(self):
        while True:
            connection, _address = self._socket.accept()
            if self._is_stopped.is_set():
                connection.close()
                return
            self._threads.append(
                threading.Thread(target=self._answer, args=(connection,))
            )
            self._threads[-1].start()

    def _answer(self, connection):
        with connection, suppress(ConnectionError):
            connection.recv(100_000)
            connection.sendall(self._first)
            while self._again and not self._is_stopped.wait(0.1):
                connection.sendall(self._again)

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._is_stopped.set()
        socket.create_connection(self._socket.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._socket.close()


class Server:
    """A real server on loopback; `answer(request)` returns each response.

    The connection is closed without a response where `answer` returns ``None``.
    """

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each body waits 40 ms for its headers

            def _serve(self):
                length = int(self.headers.get("content-length") or 0)
                request = ReceivedRequest(
                    self.command,
                    self.path,
                    {key.lower(): value for key, value in self.headers.items()},
                    self.rfile.read(length),
                )
                with server._lock:
                    server.requests.append(request)
                answer = server.answer(request)
                if answer is None:
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
                with suppress(ConnectionError):  # the client has closed the connection
                    self.wfile.write(content)

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self._serve
                raise AttributeError(name)

            def log_message(self, *_):
                pass

        class LoopbackServer(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128  # a burst of connections waits for no retry of TCP

            def handle_error(self, request, client_address):
                # A client that hangs up is part of many tests; a message about it
                # would be in the output of whichever test runs then.
                if not isinstance(sys.exception(), ConnectionError):
                    super().handle_error(request, client_address)

        self._server = LoopbackServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self):
        """The origin of the server."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def jwt(**claims):
    """Return a text with the shape of a JWT."""

    def part(value):
        return (
            base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
        )

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.c2lnbmF0dXJl"


def token_body(token="token-0123456789", expires_in=86_400, **more):
    """Return the response that GraFx's page "Generating a token" shows."""
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": expires_in,
        "scope": "template:list template:read output:static",
    } | more


class TokenEndpoint:
    """Behaves like GraFx's: returns the same token until an hour before its expiry.

    Below ``/grafx/``, where the API would be, every listing is empty.

    Attributes:
        grants: The number of token requests.
        issued: The tokens that were issued, the newest last.
        failing: The response to every request, while it is set.
    """

    def __init__(self, clock, lifetime_s=86_400):
        self.clock = clock
        self.lifetime_s = lifetime_s
        self.grants = 0
        self.issued = []
        self.failing = None
        self._expires_at = 0.0

    def __call__(self, request):
        """Return the response to a token request."""
        if request is not None and request.path.startswith("/grafx/"):
            return Answer(200, {"data": [], "links": {}})
        self.grants += 1
        if self.failing is not None:
            return self.failing
        if self.clock() >= self._expires_at - 3600:
            self.issued.append(f"token-number-{len(self.issued)}")
            self._expires_at = self.clock() + self.lifetime_s
        body = token_body(self.issued[-1], int(self._expires_at - self.clock()))
        date = formatdate(self.clock(), usegmt=True)
        return Answer(200, body, {"Date": date})


def login_urls(server):
    """Return the variables that send a sign-in to a server of a `TokenEndpoint`."""
    return {
        "CHILI_TOKEN_URL": f"{server.url}/oauth/token",
        "CHILI_BASE_URL": f"{server.url}/grafx",
    }


class PausedEndpoint:
    """Delays every response of an endpoint until the test allows it.

    Attributes:
        received: Set when the first request has arrived.
        may_answer: The test sets it to let the responses go.
    """

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.received, self.may_answer = threading.Event(), threading.Event()

    def __call__(self, request):
        """Return the endpoint's response, once the test allows it."""
        self.received.set()
        assert self.may_answer.wait(5)
        return self.endpoint(request)


def traceback_text(error):
    """Return what a verbose traceback shows of an error outside the test's own frames.

    That is each error of its chain, and the local variables of the frames of
    chili_notebook, httpx and httpcore.
    """
    parts = []
    while error is not None:
        parts += [repr(error), str(error), repr(vars(error))]
        step = error.__traceback__
        while step is not None:
            if step.tb_frame.f_globals["__name__"].partition(".")[0] in {
                "chili_notebook",
                "httpx",
                "httpcore",
            }:
                parts.append(repr(step.tb_frame.f_locals))
            step = step.tb_next
        error = error.__cause__ or error.__context__
    return "\n".join(parts)


class Protector:
    """Records what a token manager protects, in place of the guard's registry.

    Args:
        on_protect: Called with each secret before it is recorded; may raise.
    """

    def __init__(self, on_protect=lambda _protected: None):
        self.on_protect = on_protect
        self.credentials = []
        self.tokens = []

    def protect_credentials(self, credentials):
        """Record credentials."""
        self.on_protect(credentials)
        self.credentials.append(credentials)

    def protect_token(self, token):
        """Record a token."""
        self.on_protect(token)
        self.tokens.append(token)


class _RecordingComm(BaseComm):
    """The connection between a widget and its views; records what is sent to them."""

    def __init__(self):
        self.sent = []
        super().__init__(target_name="jupyter.widget")

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        """Record a message to the views."""
        del metadata, buffers, keys
        if msg_type == "comm_msg":
            self.sent.append(data)


class CardView:
    """A browser's view of a card: sends its messages and receives the card's.

    Attributes:
        card: The card.
    """

    def __init__(self, card):
        self.card = card
        self._comm = _RecordingComm()
        card.comm = self._comm

    @property
    def messages(self):
        """The custom messages that the view has received."""
        return [
            data["content"] for data in self._comm.sent if data["method"] == "custom"
        ]

    @property
    def steps(self):
        """The kinds of custom messages and the new phases, in the order of arrival."""
        return [
            data["content"]["kind"] if data["method"] == "custom" else phase
            for data in self._comm.sent
            if (phase := data.get("state", {}).get("phase")) or "content" in data
        ]

    def send(self, message):
        """Send a custom message; return the custom messages that come back."""
        before = len(self.messages)
        data = {"method": "custom", "content": message}
        self._comm.handle_msg({"content": {"data": data}, "buffers": []})
        return self.messages[before:]

    @property
    def saved_state(self):
        """The state that a saved notebook would contain, as one text."""
        return json.dumps(self.card.get_state(), default=str)


@dataclass(frozen=True)
class DisplayedOutput:
    """One output that a session displayed.

    Attributes:
        bundle: Its MIME bundle.
        display_id: Its display ID, if it can be updated.
        is_update: Whether it replaces an earlier output.
    """

    bundle: dict
    display_id: str | None
    is_update: bool


class OutputRecorder:
    """Records what a session displays, in place of `IPython.display.display`.

    Args:
        on_output: Called with each output.
    """

    def __init__(self, on_output=lambda _output: None):
        self.outputs = []
        self._on_output = on_output

    def __call__(self, bundle, *, raw, display_id=None, update=False):
        """Record an output."""
        assert raw
        output = DisplayedOutput(bundle, display_id, update)
        self.outputs.append(output)
        self._on_output(output)

    @property
    def updates(self):
        """The outputs that replaced an earlier one."""
        return [output for output in self.outputs if output.is_update]


class MemoryKeyring(KeyringBackend):
    """A keyring that stores passwords in memory, unless it is locked.

    Attributes:
        passwords: The stored passwords by service and user name.
        is_locked: Whether every use raises an error.
        reads: How often a password was read.
    """

    priority = 5

    def __init__(self):
        super().__init__()
        self.passwords = {}
        self.is_locked = False
        self.reads = 0

    def get_password(self, service, username):
        """Return a stored password."""
        self.reads += 1
        self._require_open()
        return self.passwords.get((service, username))

    def set_password(self, service, username, password):
        """Store a password."""
        self._require_open()
        self.passwords[service, username] = password

    def _require_open(self):
        if self.is_locked:
            raise KeyringLocked


# What a server can send for ever: the first bytes, and those that follow.
TRICKLES = {
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "header": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Again: 1\r\n"),
    "information": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "error page": (b"HTTP/1.1 500 Oops\r\nContent-Length: 100000\r\n\r\n", b" "),
}
