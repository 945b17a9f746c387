"""Paging through any listing, whatever befalls its pages: every item once, in order."""

from __future__ import annotations

import tracemalloc
from itertools import islice

import httpx
import pytest
from httpx_retries import RetryTransport
from hypothesis import given, settings
from hypothesis import strategies as st

from chili_notebook.api.client import Chili
from chili_notebook.auth.credentials import Credentials, Origin
from chili_notebook.auth.environment import Environment
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.errors import (
    ChiliError,
    ConnectionFailedError,
    GoneError,
    ServerError,
    TooManyRequestsError,
    UnexpectedAnswerError,
)
from chili_notebook.http.transport import RETRY
from fakes import Clock, Protector

HOST = "https://cp-abc-123.chili-publish.online"
THINGS = f"{HOST}/grafx/api/v1/environment/cp-abc-123/things"
AT_ONCE = RETRY.copy_with(backoff_factor=0)
PASSING = [429, 502, 503, 504, "dropped"]
ENDS = [{}, {"links": None}, {"links": {}}, {"links": {"nextPage": ""}}]
LINKS = [THINGS + "{}", "{}", THINGS.removeprefix(HOST) + "{}"]
MANY, SLACK_BYTES = 100_000, 30_000


class GraFx:
    """A listing on pages that the server cuts, with faults on the way.

    Args:
        ids: What is listed.
        sizes: How many items the pages hold, again and again; 0 is an empty page.
        faults: What befalls the requests, one after the other.
        end: How the last page says that it is the last.
        link: How the links to the next pages are written.
    """

    def __init__(self, ids, sizes=(50,), faults=(), end=ENDS[0], link=LINKS[0]):
        self.ids, self.sizes, self.faults = ids, sizes, list(faults)
        self.end, self.link = end, link
        self.ids_after_410 = ids
        self.given, self.before_410 = [], None
        self.cursors = {}
        self.requests = 0

    def __call__(self, request):
        """Answer a request."""
        self.requests += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault == "dropped":
            raise httpx.RemoteProtocolError("the line was cut")
        if fault == "cut":
            return httpx.Response(200, stream=_Cut())
        if fault in {429, 502, 503, 504}:
            return httpx.Response(fault, headers={"Retry-After": "0"}, html="<p>")
        query = request.url.params
        cursor = query.get("nextPageToken")
        if cursor is None:
            return self.page(0, 0, int(query["limit"]))
        assert "sortBy" not in query  # GraFx answers 400 to the two together
        if fault == 410:
            self.cursors.clear()
            self.ids, self.before_410 = self.ids_after_410, list(self.given)
        if cursor not in self.cursors:
            return httpx.Response(410, json={"title": "Gone", "status": 410})
        return self.page(*self.cursors[cursor], int(query["limit"]))

    def page(self, start, number, limit):
        """Give a page, and open a cursor to the next one."""
        stop = start + min(self.sizes[number % len(self.sizes)], limit)
        self.given += self.ids[start:stop]
        data = [{"id": one} for one in self.ids[start:stop]]
        body = {"data": data, "pageSize": len(data)} | self.end
        if stop < len(self.ids):
            cursor = f"{len(self.cursors)}.{self.requests}"
            self.cursors[cursor] = stop, number + 1
            query = f"?limit={limit}&nextPageToken={cursor}"
            body["links"] = {"nextPage": self.link.format(query)}
        return httpx.Response(200, json=body)


class Endless:
    """A listing whose pages are made as they are asked for, and forgotten."""

    def __init__(self, count):
        self.count = count
        self.requests = 0

    def __call__(self, request):
        """Answer a request."""
        self.requests += 1
        query = request.url.params
        start, limit = int(query.get("nextPageToken", 0)), int(query["limit"])
        stop = min(start + limit, self.count)
        data = [{"id": str(number)} for number in range(start, stop)]
        more = f"{THINGS}?limit={limit}&nextPageToken={stop}"
        links = {"nextPage": more} if stop < self.count else None
        return httpx.Response(200, json={"data": data, "links": links})


class _Cut(httpx.SyncByteStream):
    def __iter__(self):
        yield b'{"data": ['
        raise httpx.RemoteProtocolError("the line was cut")


def client_of(grafx):
    """Give a client, with all that it does about faults, before that server."""
    source = TokenManager(Protector(), clock=Clock())
    environment = Environment("cp-abc-123", "production", f"{HOST}/grafx")
    source.sign_in(
        Credentials(".env", Origin.ENV_FILE, access_token=Secret("a.b.c")), environment
    )
    chili = Chili(source, retry=AT_ONCE)
    transport = RetryTransport(httpx.MockTransport(grafx), AT_ONCE)
    chili._http = (environment.base_url, httpx.Client(transport=transport))
    return chili


def read(grafx, limit=50):
    """Give the ids that a listing gives, and the error that ends it."""
    query = {"limit": limit, "sortBy": "name"}
    seen = []
    try:
        for item in client_of(grafx).pages("things", query):
            seen.append(item["id"])  # noqa: PERF401 - what came before an error counts
    except ChiliError as error:
        return seen, error
    return seen, None


counts = st.integers(0, 30).map(lambda count: list(map(str, range(count))))
sizes = st.lists(st.integers(0, 7), min_size=1, max_size=5).filter(any)
hitches = st.lists(st.sampled_from(PASSING), max_size=4)
shapes = st.fixed_dictionaries(
    {"sizes": sizes, "end": st.sampled_from(ENDS), "link": st.sampled_from(LINKS)}
)


@settings(deadline=None)
@given(counts, shapes, st.integers(1, 9), st.lists(hitches, max_size=12))
def test_what_passes_by_itself_costs_no_item(ids, shape, limit, runs):
    """Pages of any size that fail up to four times give every item once, in order."""
    faults = [fault for run in runs for fault in [*run, None]]
    assert read(GraFx(ids, faults=faults, **shape), limit) == (ids, None)


@settings(deadline=None)
@given(counts, shapes, st.integers(0, 8), st.tuples(hitches, hitches))
def test_a_cursor_that_runs_out_costs_no_item(ids, shape, page, around):
    """One 410, behind empty pages too, leaves no gap and no double."""
    before, after = around
    faults = [*[None] * page, *before, 410, *after]
    assert read(GraFx(ids, faults=faults, **shape)) == (ids, None)


@settings(deadline=None)
@given(counts, sizes, st.integers(1, 6), st.data())
def test_what_changes_meanwhile_is_told_as_it_is_then(ids, sizes, page, data):
    """After a 410 come those that then stand behind the last one, if it still does."""
    grafx = GraFx(ids, sizes, [*[None] * page, 410])
    grafx.ids_after_410 = data.draw(st.permutations([*ids[::2], "new", "newer"]))
    seen, error = read(grafx)
    before = grafx.before_410
    if before is None:
        assert (seen, error) == (ids, None)
        return
    after = grafx.ids_after_410
    if before and before[-1] not in after:
        assert seen == before
        assert isinstance(error, UnexpectedAnswerError)
        assert error.__context__ is None
        return
    follows = after.index(before[-1]) + 1 if before else 0
    assert (seen, error) == (before + after[follows:], None)


@settings(deadline=None)
@given(
    counts,
    sizes,
    st.lists(st.sampled_from([None, 410, "cut", *PASSING]), max_size=40),
)
def test_whatever_happens_no_item_comes_twice(ids, sizes, faults):
    """A listing is whole, or its beginning, and then a clear error says why."""
    seen, error = read(GraFx(ids, sizes, faults))
    if error is None:
        assert seen == ids
        return
    assert seen == ids[: len(seen)]
    assert isinstance(
        error,
        GoneError | ServerError | TooManyRequestsError | ConnectionFailedError,
    )
    assert error.message
    assert error.hint


def test_a_long_listing_needs_the_memory_of_a_page():
    """The second half of 100,000 items takes no more at its peak than the first."""
    grafx = Endless(MANY)
    items = iter(client_of(grafx).pages("things"))
    tracemalloc.start()
    try:
        count = sum(1 for _ in islice(items, MANY // 2))
        _, first = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        count += sum(1 for _ in items)
        _, second = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == MANY
    assert second <= first + SLACK_BYTES


def test_a_long_listing_is_still_like_a_list():
    """It is read again from the start, by index and by slice, and only as far."""
    grafx = Endless(MANY)
    things = client_of(grafx).pages("things", {"limit": 50})
    assert [item["id"] for item in things[48:52]] == ["48", "49", "50", "51"]
    assert things[0] == next(iter(things))
    assert grafx.requests == 4


@pytest.mark.parametrize("before", range(5))
@pytest.mark.parametrize("around", range(1, 8))
def test_a_circle_of_any_length_is_found(before, around):
    """Pages that lead in a circle end in an error, wherever it begins."""

    def grafx(request):
        number = int(request.url.params.get("nextPageToken", 0))
        following = number + 1 if number + 1 < before + around else before
        link = THINGS + f"?nextPageToken={following}"
        body = {"data": [{"id": str(number)}], "links": {"nextPage": link}}
        return httpx.Response(200, json=body)

    seen, error = read(grafx)
    assert "circle" in error.message
    assert seen[: before + around] == list(map(str, range(before + around)))
    assert len(seen) < 4 * (before + around)
