"""Each fault of the simulator: the client's flow succeeds, or raises a clear error.

Waiting advances the simulator's clock, so it takes no time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

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
from chili_notebook.simulator.state.clock import Clock as SimulatorClock
from chili_notebook.simulator.state.faults import KINDS
from fakes import Clock, traceback_text

MAX_WAIT_S = 120
TOKENS, OUTPUTS, TASKS = "/oauth/token", "output/png", "output/tasks/*"
ALL_CALLS = "/grafx/*"
TOKEN_PREFIX = "eyJ"  # every token of the simulator is a JWT


@dataclass(frozen=True)
class FaultCase:
    """A fault of the simulator, and its expected effect on the client's flow.

    Attributes:
        fault: Its name.
        options: The options that it is set with.
        error: The error that ends the flow; ``None`` if the flow succeeds.
        error_text: A text that the error contains.
        differences: The results that differ from those of a flow without a fault.
        page_size: How many templates a page of the listing contains.
    """

    fault: str
    options: dict = field(default_factory=dict)
    error: type[ChiliError] | None = None
    error_text: str = ""
    differences: dict = field(default_factory=dict)
    page_size: int = 4

    def __str__(self):
        options = " ".join(f"{key}={value}" for key, value in self.options.items())
        outcome = self.error.__name__ if self.error else "success"
        return f"{self.fault} {options or 'by default'}: {outcome}"


@dataclass(frozen=True)
class FlowResult:
    """What the client returns in a flow through its most used calls.

    Attributes:
        listed_names: The names of all templates, read in pages.
        template_name: The name of the template that is found and read.
        missing_error: The class of the error for an unknown template.
        preview: The template's preview.
        output: The rendered output.
        saved_output: The file to which the output is saved.
        media: The file to which a medium is downloaded.
    """

    listed_names: list
    template_name: str
    missing_error: type
    preview: bytes
    output: bytes
    saved_output: bytes
    media: bytes


CASES = [
    FaultCase("slow", {"seconds": 0.01}),
    FaultCase("slow", {"seconds": 0.01, "path": TOKENS}),
    FaultCase("throttled", {"path": ALL_CALLS, "count": 4}),
    FaultCase("throttled", {"path": TASKS, "count": 9}),
    FaultCase("html_error", {"path": ALL_CALLS, "count": 4}),
    FaultCase("html_error", {"path": TASKS, "count": 9}),
    FaultCase("html_error", {"path": TASKS, "count": 9, "status": 500}),
    FaultCase("dropped", {"path": ALL_CALLS, "count": 4}),
    FaultCase("dropped", {"path": TASKS, "count": 9}),
    FaultCase("token_expires"),
    FaultCase("token_expires", {"path": "templates", "count": 1}),
    FaultCase("token_refused", {"count": 1}),
    FaultCase("words"),
    FaultCase("numbers"),
    # A page without links is the last one, so it must contain all templates.
    FaultCase("no_links", page_size=50),
    FaultCase("template_404", differences={"missing_error": NotFoundError}),
    *(
        FaultCase("throttled", options, TooManyRequestsError, error_text)
        for options, error_text in (
            ({"seconds": 7, "path": ALL_CALLS}, "7 s"),
            ({"seconds": 3600, "path": "media"}, "1 h 00 min"),
            ({"seconds": 7, "path": OUTPUTS}, "7 s"),
        )
    ),
    FaultCase("throttled", {"seconds": 7, "path": TOKENS}, TokenRefusedError, "in 7 s"),
    *(
        FaultCase("html_error", options, ServerError, error_text)
        for options, error_text in (
            ({"path": ALL_CALLS}, "503"),
            ({"path": "*/preview/*", "status": 500}, "gateway"),
            ({"path": "*/download"}, "download"),
        )
    ),
    FaultCase(
        "html_error", {"path": OUTPUTS}, ConnectionFailedError, "unknown whether"
    ),
    FaultCase("html_error", {"path": TOKENS}, TokenRefusedError, "gateway"),
    FaultCase("dropped", {"path": ALL_CALLS}, ConnectionFailedError, "no response"),
    FaultCase("dropped", {"path": OUTPUTS}, ConnectionFailedError, "unknown whether"),
    FaultCase("dropped", {}, TokenRequestError, "could not be reached"),
    *(
        FaultCase("cut_short", {"path": path}, ConnectionFailedError, "cut off")
        for path in ("templates", "*/preview/*", "media/*/download")
    ),
    FaultCase("cut_short", {"path": OUTPUTS}, ConnectionFailedError, "unknown whether"),
    FaultCase("cut_short", {"path": TOKENS}, TokenRequestError, "could not be reached"),
    FaultCase(
        "token_expires",
        {"path": ALL_CALLS, "count": 1000},
        UnauthorizedError,
        "same token",
    ),
    FaultCase("token_refused", {}, UnauthorizedError, "same token"),
]


def run_flow(chili, folder, page_size=4):
    """Call the most used methods of the client, and return their results."""
    listed = chili.pages("templates", {"limit": page_size})
    listed_names = [item["name"] for item in listed]
    found = chili.templates.list(search="price tag")[0]
    template = chili.templates.get(found.id)
    missing_error = error_class_for_unknown_template(chili)
    preview = template.preview("thumbnail")
    output = chili.outputs.create(template, "png")
    saved_output = output.save(folder / "output.png")
    media = chili.media.list()[0].download(folder / "media")
    return FlowResult(
        listed_names,
        template.name,
        missing_error,
        preview.content,
        output.content,
        saved_output.read_bytes(),
        media.read_bytes(),
    )


def error_class_for_unknown_template(chili):
    """Return the class of the error that names an unknown template."""
    try:
        chili.templates.get("unknown-id")
    except (NotFoundError, ServerError) as error:
        if error.status_code in {404, 500} and "unknown-id" in error.message:
            return type(error)
        raise
    raise AssertionError("The template exists")


@pytest.fixture(scope="module")
def result_without_fault(signed_in, tmp_path_factory):
    """Return the results of the flow in a simulator without a fault."""
    with (
        Simulator(clock=SimulatorClock(Clock())) as simulator,
        signed_in(simulator) as chili,
    ):
        return run_flow(chili, tmp_path_factory.mktemp("without-fault"))


def test_cases_cover_every_fault():
    """The table contains each fault that the simulator can set, and no case twice."""
    assert {case.fault for case in CASES} == set(KINDS)
    assert len({str(case) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_flow_succeeds_or_raises_the_error_of_the_fault(
    case, simulator, signed_in, result_without_fault, capfd
):
    """No fault changes a result, shows a secret or leaves a temporary file behind."""
    started_at = simulator.clock()
    simulator.state.faults.add(case.fault, **case.options)
    error_details = ""
    if case.error is None:
        with signed_in(simulator) as chili:
            result = run_flow(chili, Path(), case.page_size)
        assert result == replace(result_without_fault, **case.differences)
        # A fault with a count has affected that many requests.
        assert not any(fault["count"] for fault in simulator.state.faults.describe())
    else:
        with pytest.raises(case.error) as caught, signed_in(simulator) as chili:
            run_flow(chili, Path(), case.page_size)
        assert type(caught.value) is case.error
        assert case.error_text in str(caught.value)
        assert caught.value.hint
        error_details = traceback_text(caught.value)
    assert simulator.clock() - started_at < MAX_WAIT_S
    shown = error_details + "".join(capfd.readouterr())
    assert simulator.integration.client_secret not in shown
    assert TOKEN_PREFIX not in shown
    assert not [path for path in Path().rglob("*") if path.name.startswith(".")]
