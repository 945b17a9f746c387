"""A small render service in Python, for tests of batches with a controlled clock."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field

import httpx

from chili_notebook.api.client import Chili
from chili_notebook.auth.credentials import Credentials, Origin
from chili_notebook.auth.environment import Environment
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.token_manager import TokenManager
from fakes import Clock, Protector

HOST = "https://cp-abc-123.chili-publish.online"
DOCUMENT = {
    "selectedLayoutId": "0",
    "layouts": [{"id": "0", "name": "Print"}, {"id": "1", "name": "Web"}],
    "variables": [
        {"id": "1", "type": "shortText", "name": "Product", "isRequired": True},
        {"id": "2", "type": "number", "name": "Price", "value": 1, "maxValue": 1000},
        {
            "id": "3",
            "type": "list",
            "name": "Colour",
            "items": [{"value": "Red", "displayValue": "Rouge"}, {"value": "Blue"}],
            "selected": {"value": "Red"},
        },
    ],
}


@dataclass
class RenderTask:
    """A task of the service."""

    body: dict
    ready_at: float
    error: dict | None = None


@dataclass
class RenderService:
    """Renders in slots, by a clock that only sleeping advances.

    Attributes:
        clock: The clock.
        document: The document of the only template, ``t``.
        render_s: How long a render takes.
        slots: How many run at the same time.
        fault: Called with each request; returns its response, or ``None``.
        fail: Called with the values of an order; returns why it fails, or ``None``.
        file_lifetime_s: How long files are stored.
        orders: The bodies of all orders that were carried out.
        requests: Method and path of all requests.
        tasks: The tasks by ID.
    """

    clock: Clock = field(default_factory=Clock)
    document: dict = field(default_factory=lambda: json.loads(json.dumps(DOCUMENT)))
    render_s: float = 2.0
    slots: int = 4
    fault: object = lambda _request: None
    fail: object = lambda _values: None
    file_lifetime_s: float = 4 * 3600
    make: object = lambda _task: b"\xff\xd8\xff picture"
    content_type: str = "image/jpeg"
    orders: list = field(default_factory=list)
    requests: list = field(default_factory=list)
    tasks: dict = field(default_factory=dict)

    def __post_init__(self):
        self._ends = [0.0] * self.slots
        self._lock = threading.Lock()

    def client(self, **options):
        """Return a client of the service; waiting advances the clock."""
        source = TokenManager(Protector(), clock=self.clock, stopwatch=self.clock)
        token = Credentials(".env", Origin.ENV_FILE, access_token=Secret("a.b.c"))
        environment = Environment("cp-abc-123", "production", f"{HOST}/grafx")
        source.sign_in(token, environment)
        transport = httpx.MockTransport(self)
        sleep = options.pop("sleep", self.clock.advance)
        return Chili(source, transport=transport, sleep=sleep, **options)

    def __call__(self, request):
        """Return the response to a request."""
        path = request.url.path.partition("/environment/cp-abc-123/")[2]
        with self._lock:
            self.requests.append(f"{request.method} {path}")
            response = self.fault(request)
            return response or self._respond(request, path)

    def _respond(self, request, path):  # noqa: PLR0911 - each is a route
        match path.split("/"):
            case ["templates"]:
                return httpx.Response(200, json={"data": []})
            case ["templates", "t"]:
                return httpx.Response(200, json={"data": {"id": "t", "name": "Tag"}})
            case ["templates", "t", "download"]:
                return httpx.Response(200, json=self.document)
            case ["output", "tasks", task_id]:
                return self._poll(task_id)
            case ["output", "tasks", task_id, "download"]:
                return self._download(task_id)
            case ["output", _format]:
                return self._order(json.loads(request.content))
        return httpx.Response(404, json={"title": "Not Found", "status": 404})

    def _order(self, body):
        self.orders.append(body)
        starts_at = max(self.clock(), self._ends.pop(self._ends.index(min(self._ends))))
        self._ends.append(starts_at + self.render_s)
        task_id = f"task-{len(self.orders)}"
        reason = self.fail(body.get("variables", [{}]))
        error = reason and {"title": "RenderException", "status": 500, "detail": reason}
        self.tasks[task_id] = RenderTask(body, self._ends[-1], error)
        return httpx.Response(200, json={"data": {"taskId": task_id}})

    def _poll(self, task_id):
        task = self.tasks.get(task_id)
        if task is None:
            return httpx.Response(404, json={"title": "Not Found", "status": 404})
        if self.clock() < task.ready_at:
            return httpx.Response(202)
        if task.error:
            return httpx.Response(500, json=task.error)
        return httpx.Response(200, json={"data": {"taskId": task_id}, "links": {}})

    def _download(self, task_id):
        task = self.tasks.get(task_id)
        if task is None or self.clock() - task.ready_at > self.file_lifetime_s:
            return httpx.Response(410, json={"title": "Gone", "status": 410})
        content = self.make(task)
        return httpx.Response(
            200, content=content, headers={"Content-Type": self.content_type}
        )

    @property
    def order_count(self):
        """How many orders were carried out."""
        return len(self.orders)

    @property
    def ordered_products(self):
        """The products that were ordered."""
        return {body["variables"][0]["Product"] for body in self.orders}
