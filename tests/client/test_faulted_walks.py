"""The client's whole way through each fault: right results, or the one error of it.

A row a fault and a case of it. Waiting turns the simulator's clock, and takes no time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from chili_notebook.errors import (
    ChiliError,
    ConnectionFailedError,
    NotFoundError,
    ServerError,
    TokenRefusedError,
    TokenRequestError,
    TooManyRequestsError,
    UnauthorizedError,
)
from chili_notebook.simulator import Simulator
from chili_notebook.simulator.state.clock import Clock as Adjustable
from chili_notebook.simulator.state.faults import KINDS
from fakes import Clock, traceback_text

PATIENCE_S = 120
TOKENS, ORDERS, TASKS = "/oauth/token", "output/png", "output/tasks/*"
EVERY_TIME = {"path": "/grafx/*", "count": 1000}


@dataclass(frozen=True)
class Row:
    """A fault as it is set, and what comes of it.

    Attributes:
        fault: Its name.
        given: How it is set besides.
        error: The error that ends the walk; without it the walk succeeds.
        told: What the error says.
        other: What a walk that succeeds sees otherwise than without a fault.
        limit: How many items are asked for a page.
    """

    fault: str
    given: dict = field(default_factory=dict)
    error: type[ChiliError] | None = None
    told: str = ""
    other: dict = field(default_factory=dict)
    limit: int = 4

    def __str__(self):
        """Name the row in a report."""
        given = " ".join(f"{key}={value}" for key, value in self.given.items())
        ends = self.error.__name__ if self.error else "passes"
        return f"{self.fault} {given or 'always'}: {ends}"


@dataclass(frozen=True)
class Walk:
    """What a person sees on the whole way."""

    templates: list
    template: str
    missing: type
    preview: bytes
    output: bytes
    saved: bytes
    media: bytes


ROWS = [
    Row("slow", {"seconds": 0.01}),
    Row("slow", {"seconds": 0.01, "path": TOKENS}),
    Row("throttled", {"path": "/grafx/*", "count": 4}),
    Row("throttled", {"count": 9, "path": TASKS}),
    Row("throttled", {"seconds": 7, "path": "/grafx/*"}, TooManyRequestsError, "7 s"),
    Row(
        "throttled", {"seconds": 3600, "path": "media"}, TooManyRequestsError, "3600 s"
    ),
    Row("throttled", {"seconds": 7, "path": ORDERS}, TooManyRequestsError, "7 s"),
    Row("throttled", {"seconds": 7, "path": TOKENS}, TokenRefusedError, "in 7 s"),
    Row("html_error", {"path": "/grafx/*", "count": 4}),
    Row("html_error", {"path": TASKS, "count": 9}),
    Row("html_error", {"path": TASKS, "count": 9, "status": 500}),
    Row("html_error", {"path": "/grafx/*"}, ServerError, "503"),
    Row("html_error", {"path": "*/preview/*", "status": 500}, ServerError, "gateway"),
    Row("html_error", {"path": ORDERS}, ConnectionFailedError, "unknown whether"),
    Row("html_error", {"path": "*/download"}, ServerError, "download"),
    Row("html_error", {"path": TOKENS}, TokenRefusedError, "gateway"),
    Row("dropped", {"path": "/grafx/*", "count": 4}),
    Row("dropped", {"path": TASKS, "count": 9}),
    Row("dropped", {"path": "/grafx/*"}, ConnectionFailedError, "no answer"),
    Row("dropped", {"path": ORDERS}, ConnectionFailedError, "unknown whether"),
    Row("dropped", {}, TokenRequestError, "could not be reached"),
    Row("cut_short", {"path": "templates"}, ConnectionFailedError, "cut off"),
    Row("cut_short", {"path": "*/preview/*"}, ConnectionFailedError, "cut off"),
    Row("cut_short", {"path": ORDERS}, ConnectionFailedError, "unknown whether"),
    Row("cut_short", {"path": "media/*/download"}, ConnectionFailedError, "cut off"),
    Row("cut_short", {"path": TOKENS}, TokenRequestError, "could not be reached"),
    Row("token_expires"),
    Row("token_expires", {"path": "templates", "count": 1}),
    Row("token_expires", EVERY_TIME, UnauthorizedError, "same token"),
    Row("token_refused", {"count": 1}),
    Row("token_refused", {}, UnauthorizedError, "same token"),
    Row("words"),
    Row("numbers"),
    # A page without links is the last one, so that all must be on it.
    Row("no_links", limit=50),
    Row("template_404", other={"missing": NotFoundError}),
]


@pytest.fixture
def walk(signed_in, tmp_path):
    """Give what goes the whole way with a simulator, and says what it saw."""

    def walk(simulator, limit):
        with signed_in(simulator) as chili:
            things = chili.pages("templates", {"limit": limit})
            names = [thing["name"] for thing in things]
            template = chili.templates.list(search="price tag")[0]
            found = chili.templates.get(template.id)
            try:
                missing = chili.templates.get("nobody")
            except (NotFoundError, ServerError) as error:
                if getattr(error, "status_code", 0) not in {404, 500} or (
                    "nobody" not in error.message
                ):
                    raise
                missing = type(error)
            preview = found.preview("thumbnail")
            output = chili.outputs.create(found, "png")
            saved = output.save(tmp_path / "output.png")
            media = chili.media.list()[0].download(tmp_path / "media")
        return Walk(
            names,
            found.name,
            missing,
            preview.content,
            output.content,
            saved.read_bytes(),
            media.read_bytes(),
        )

    return walk


@pytest.fixture(scope="module")
def calm():
    """Keep what is seen on a way without faults."""
    return []


def test_every_fault_is_walked_through():
    """No fault that the simulator can set is missing from the table."""
    assert {row.fault for row in ROWS} == set(KINDS)
    assert len({str(row) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_fault_is_passed_or_told(walk, calm, row, tmp_path, capfd):
    """The whole way succeeds as if there were no fault, or ends in its one error."""
    if not calm:
        with Simulator(clock=Adjustable(Clock())) as simulator:
            calm.append(walk(simulator, 4))
    with Simulator(clock=Adjustable(Clock())) as simulator:
        began = simulator.clock()
        simulator.state.faults.add(row.fault, **row.given)
        told = ""
        if row.error is None:
            assert walk(simulator, row.limit) == replace(calm[0], **row.other)
            assert not any(
                fault["count"] for fault in simulator.state.faults.describe()
            )
        else:
            with pytest.raises(row.error) as caught:
                walk(simulator, row.limit)
            assert type(caught.value) is row.error
            assert row.told in str(caught.value)
            assert caught.value.hint
            told = traceback_text(caught.value)
        told += "".join(capfd.readouterr())
        for secret in (
            simulator.integration.client_secret,
            *simulator.state.issuer._issued,
        ):
            assert secret not in told
        assert simulator.clock() - began < PATIENCE_S
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]
