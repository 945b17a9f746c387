"""Listings: lazy, page by page, every item once and in order."""

from __future__ import annotations

import signal
import threading
import tracemalloc
from dataclasses import FrozenInstanceError, asdict

import httpx
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook.errors import (
    APIError,
    ChiliError,
    ConfigurationError,
    ConnectionFailedError,
    NotCountedError,
    NotListedError,
    ServerError,
    TooManyRequestsError,
    UnexpectedAnswerError,
)
from fakes import Answer, Server

HOST = "https://cp-abc-123.chili-publish.online"
ROOT = "/grafx/api/v1/environment/cp-abc-123/"
THINGS = f"{HOST}{ROOT}things"
PASSING = [429, 502, 503, 504, "dropped"]
ENDS = [{}, {"links": None}, {"links": {}}, {"links": {"nextPage": ""}}]
LINKS = [THINGS + "{}", "{}", THINGS.removeprefix(HOST) + "{}"]
MANY = 20_000
MORE = "; see more with [:50] or .to_frame()"


class ListingAPI:
    """A listing of numbers, on pages whose sizes the server chooses.

    Args:
        count: The number of items.
        sizes: The numbers of items of the pages, repeated; 0 is an empty page.
        faults: The faults of the requests, in order.
        end: The fields that mark the last page.
        link: The form of the links to the next pages.
        total: Whether pages contain the total.
    """

    def __init__(  # noqa: PLR0913 - each is named at the call
        self, count, *, sizes=(50,), faults=(), end=ENDS[0], link=LINKS[0], total=False
    ):
        self.count, self.sizes, self.faults = count, sizes, list(faults)
        self.end, self.link, self.total = end, link, total
        self.requests = 0

    def __call__(self, request):
        """Return the response to a request."""
        self.requests += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault == "dropped":
            raise httpx.RemoteProtocolError("the connection was lost")
        if fault is not None:
            return httpx.Response(fault, headers={"Retry-After": "0"}, html="<p>")
        query = request.url.params
        start, number = map(int, query.get("nextPageToken", "0.0").split("."))
        # GraFx answers 400 to a token together with an order.
        assert ("nextPageToken" in query) != ("sortBy" in query)
        size = self.sizes[number % len(self.sizes)]
        stop = min(start + min(size, int(query["limit"])), self.count)
        body = {"data": [{"id": n} for n in range(start, stop)]} | self.end
        if self.total:
            body["total"] = self.count
        if stop < self.count:
            more = f"?limit={query['limit']}&nextPageToken={stop}.{number + 1}"
            body["links"] = {"nextPage": self.link.format(more)}
        return httpx.Response(200, json=body)


@pytest.fixture(scope="session")
def things_of(client_of):
    """Return a function that lists an API's things, ordered by name."""

    def things_of(api, limit=50):
        query = {"limit": limit, "sortBy": "name"}
        return client_of(api).pages("things", query)

    return things_of


def ids_of(listing):
    """Return the IDs that a listing yields, and the error that ends it."""
    seen = []
    try:
        for item in listing:
            seen.append(item["id"])  # noqa: PERF401 - items before an error count
    except ChiliError as error:
        return seen, error
    return seen, None


faults = st.lists(st.sampled_from(PASSING), max_size=4)
sizes = st.lists(st.integers(0, 7), min_size=1, max_size=5).filter(any)
shapes = st.fixed_dictionaries(
    {"sizes": sizes, "end": st.sampled_from(ENDS), "link": st.sampled_from(LINKS)}
)


@given(st.integers(0, 30), shapes, st.integers(1, 9), st.lists(faults, max_size=12))
def test_every_item_comes_once_and_in_order(things_of, count, shape, limit, runs):
    """Pages of any size, whose requests fail up to four times, contain every item."""
    api = ListingAPI(
        count, faults=[fault for run in runs for fault in [*run, None]], **shape
    )
    assert ids_of(things_of(api, limit)) == (list(range(count)), None)


@given(
    st.integers(0, 30),
    sizes,
    st.lists(st.sampled_from([None, 410, *PASSING]), max_size=40),
)
def test_listing_that_breaks_off_ends_in_an_error(things_of, count, sizes, faults):
    """It is complete, or raises an error after its first items; no item comes twice."""
    seen, error = ids_of(things_of(ListingAPI(count, sizes=sizes, faults=faults)))
    assert seen == list(range(count))[: len(seen)]
    if error is None:
        assert len(seen) == count
        return
    assert isinstance(
        error, ServerError | TooManyRequestsError | ConnectionFailedError
    ) or (type(error) is APIError and error.status_code == 410)
    assert error.hint


@given(st.integers(0, 7), st.integers(1, 4), st.slices(7), st.integers(-8, 8))
def test_indexes_and_slices_are_those_of_a_list(things_of, count, size, part, index):
    """Order, truth value, indexes and slices do not depend on the pages."""
    numbers = [{"id": number} for number in range(count)]
    things = things_of(ListingAPI(count, sizes=[size]))
    assert bool(things) is bool(numbers)
    assert things[part] == numbers[part]
    if -count <= index < count:
        assert things[index] == numbers[index]
    else:
        with pytest.raises(
            NotListedError, match=r"There (are no|is no item)"
        ) as caught:
            things[index]
        assert isinstance(caught.value, IndexError)  # as a list's would be


def test_error_for_a_missing_index_contains_the_search(client_of):
    """A search that finds nothing is not reported as a missing index."""
    chili = client_of(ListingAPI(0))
    with pytest.raises(NotListedError) as caught:
        chili.pages("things", {"search": "x", "sortBy": "name"})[0]
    assert caught.value.message == "There are no items that match 'x'."
    chili = client_of(ListingAPI(2))
    with pytest.raises(NotListedError) as caught:
        chili.pages("things", {"sortBy": "name"})[2]
    assert caught.value.message == "There is no item 2: there are only 2 items."


@pytest.mark.parametrize(
    ("look", "pages"),
    [
        (lambda things: things[1], 1),
        (lambda things: things[2], 2),
        (lambda things: things[:2], 1),
        (lambda things: things[1:4:2], 2),
        (bool, 1),
        (lambda things: things._repr_mimebundle_(), 1),
        (repr, 0),
    ],
)
def test_only_the_needed_pages_are_fetched(things_of, look, pages):
    """An index, a slice or a table costs only the pages up to it."""
    api = ListingAPI(100, sizes=[2])
    look(things_of(api))
    assert api.requests == pages


@pytest.mark.parametrize(
    ("api", "caption"),
    [
        (
            ListingAPI(1234, total=True),
            "10 of 1,234 items; see more with [:50] or .to_frame()",
        ),
        (ListingAPI(1234), "the first 10 items; see more with [:50] or .to_frame()"),
        (ListingAPI(3), "3 of 3 items"),
        (ListingAPI(0, total=True), "0 of 0 items"),
    ],
)
def test_caption_names_the_total_if_it_is_known(things_of, api, caption):
    """GraFx names the total in newer listings only; one page is its own total."""
    shown = things_of(api)._repr_mimebundle_()
    assert shown["text/plain"].endswith(caption)


def test_items_without_columns_show_their_keys(client_of):
    """A listing of `pages` has one column for each key, in GraFx's order."""
    items = [{"id": 1, "name": "a"}, {"id": 2, "size": {"w": 3}}, {}]
    api = [httpx.Response(200, json={"data": items})]
    shown = client_of(lambda _request: api[0]).pages("things")._repr_mimebundle_()
    assert shown["text/plain"].splitlines()[0].split() == ["id", "name", "size"]
    assert shown["text/plain"].splitlines()[1].split() == ["1", "a"]
    assert shown["text/html"].count("<tr>") == 4
    api[0] = httpx.Response(200, json={"data": []})
    empty = client_of(lambda _request: api[0]).pages("things")._repr_mimebundle_()
    assert empty["text/plain"].splitlines()[0] == "items"


def test_no_item_is_stored_in_memory(things_of):
    """Half of 20,000 items would need 2 MB; only the links of the pages are stored."""
    items = iter(things_of(ListingAPI(MANY)))
    tracemalloc.start()
    try:
        count = sum(1 for _ in zip(range(MANY // 2), items, strict=False))
        _, first_peak = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        count += sum(1 for _ in items)
        _, second_peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == MANY
    assert second_peak <= first_peak + 500_000


@pytest.mark.parametrize("before", [0, 1, 3])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_pages_that_form_a_circle_are_an_error(things_of, before, length):
    """A page that leads back to an earlier one ends the listing."""

    def api(request):
        number = int(request.url.params.get("nextPageToken", 0))
        following = number + 1 if number + 1 < before + length else before
        links = {"nextPage": f"{THINGS}?nextPageToken={following}"}
        return httpx.Response(200, json={"data": [{"id": number}], "links": links})

    seen, error = ids_of(things_of(api))
    assert isinstance(error, UnexpectedAnswerError)
    assert "circle" in error.message
    assert seen[: before + length] == list(range(before + length))
    assert len(seen) <= before + 2 * length


@pytest.mark.parametrize("body", [b"<html>", b"", b'"text"', b"{}", b'{"data": 1}'])
def test_response_that_is_not_a_listing_is_an_error(client_of, body):
    """The error is one of the package, and not of a library."""
    chili = client_of(lambda _request: httpx.Response(200, content=body))
    with pytest.raises(UnexpectedAnswerError):
        list(chili.pages("things"))


def test_item_without_fields_is_listed_with_blanks(client_of):
    """An unexpected item breaks neither the listing nor its table."""
    strange = {"dateCreated": "0001-01-01T00:00:00", "lastModifiedContentUtc": None}
    body = {"data": [{}, strange, {"id": 3}]}
    chili = client_of(lambda _request: httpx.Response(200, json=body))
    templates = chili.templates.list()
    assert [template.id for template in templates] == ["", "", "3"]
    assert "3 of 3" in templates._repr_mimebundle_()["text/plain"]
    with pytest.raises(ConfigurationError, match="not a valid ID"):
        templates[0].document()


def test_data_of_null_is_an_empty_listing(client_of):
    """GraFx may send null instead of an empty list."""
    chili = client_of(lambda _request: httpx.Response(200, json={"data": None}))
    assert list(chili.templates.list()) == []


@pytest.mark.parametrize(
    "link",
    [
        "{root}things?page=2",
        "?page=2",
        "{api}{root}things?page=2",
        "https://cp-abc-123.chili-publish.online{root}things?page=2",
        "http://cp-abc-123.chili-publish.online{root}things?page=2",
    ],
)
def test_every_form_of_a_link_leads_to_the_base_url(chili, server, link):
    """Links are relative, or full with GraFx's own host, also behind a proxy."""
    next_page = link.format(root=ROOT, api=server.url)

    def answer(request):
        if "page=2" in request.path:
            return Answer(200, {"data": [{"id": "2"}], "links": {"nextPage": ""}})
        return Answer(200, {"data": [{"id": "1"}], "links": {"nextPage": next_page}})

    server.answer = answer
    assert [item["id"] for item in chili.pages("things")] == ["1", "2"]
    assert all("authorization" in request.headers for request in server.requests)


def test_link_to_another_host_is_followed_without_the_token(chili, server):
    """A path like the API's does not make another host the environment."""
    second = {"data": [{"id": "2"}], "links": None}
    with Server(lambda _request: Answer(200, second)) as other:
        next_page = f"{other.url}{ROOT}things?page=2"
        first = {"data": [{"id": "1"}], "links": {"nextPage": next_page}}
        server.answer = lambda _request: Answer(200, first)
        assert [item["id"] for item in chili.pages("things")] == ["1", "2"]
    assert [request.path for request in other.requests] == [f"{ROOT}things?page=2"]
    assert "authorization" not in other.requests[0].headers
    assert len(server.requests) == 1


def test_listing_becomes_a_data_frame(client_of):
    """A frame has one row for each item, and one column for each public field."""
    body = {"data": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]}
    chili = client_of(lambda _request: httpx.Response(200, json=body))
    assert list(chili.pages("things").to_frame()["name"]) == ["a", "b"]
    frame = chili.templates.list().to_frame()
    assert list(frame["id"]) == ["1", "2"]
    assert not {"raw", "_client", "_render"} & set(frame)


def test_interrupted_gallery_does_not_wait_for_its_requests(connect):
    """The interrupt arrives while six requests hang; no further ones are sent."""
    released, interrupted = threading.Event(), threading.Event()
    hanging = threading.Semaphore(0)

    def answer(request):
        if request.path.endswith("/templates?limit=100"):
            items = [{"id": str(n), "name": str(n)} for n in range(24)]
            return Answer(200, {"data": items})
        hanging.release()
        assert released.wait(60)
        return Answer(200, b"picture", {"Content-Type": "image/png"})

    def raise_once(_signal, _frame):
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt

    def interrupt():
        if all(hanging.acquire(timeout=60) for _ in range(6)):
            # Python does not notice a signal that comes just before it waits.
            while not interrupted.wait(0.1):
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    before = set(threading.enumerate())
    handler = signal.signal(signal.SIGINT, raise_once)
    with Server(answer) as server, connect(server) as chili:
        user = threading.Thread(target=interrupt)
        user.start()
        with pytest.raises(KeyboardInterrupt):
            chili.templates.list().gallery()
        user.join()
        signal.signal(signal.SIGINT, handler)
        released.set()
        for thread in set(threading.enumerate()) - before:
            if thread.name.startswith("gallery"):
                thread.join(60)
        assert sum("preview" in request.path for request in server.requests) == 6


def test_frame_has_the_values_of_each_field(client_of):
    """The columns of a frame are the fields of its items, with the same values."""
    raw = {
        "id": 1,
        "name": "\u00fc",
        "type": "0",
        "dateCreated": "2026-01-02T03:04:05Z",
    }
    raw |= {"fontStylesCount": "2", "extensions": ["ttf"], "width": 3, "metaData": {}}
    chili = client_of(lambda _request: httpx.Response(200, json={"data": [raw] * 2}))
    for listing in (
        *(chili.templates.list(), chili.projects.list(), chili.media.list()),
        *(chili.fonts.list(), chili.brand_kits.list(), chili.media.folders()),
    ):
        rows = [asdict(item) for item in listing]
        pd.testing.assert_frame_equal(listing.to_frame(), pd.DataFrame(rows))


def test_item_has_no_other_attributes(client_of):
    """A misspelt field is an AttributeError, also before any field has been used."""
    body = {"data": [{"id": "1", "name": "a", "owner": "b"}]}
    chili = client_of(lambda _request: httpx.Response(200, json=body))
    item = chili.templates.list()[0]
    with pytest.raises(AttributeError, match="no attribute 'owner'"):
        _ = item.owner
    with pytest.raises(FrozenInstanceError):
        item.name = "b"
    assert item.name == "a"


def test_total_is_known_or_counted_without_other_pages(things_of):
    """GraFx's own number costs one request; a listing on one page is counted."""
    for api, total in (
        (ListingAPI(1234, total=True), 1234),
        (ListingAPI(1234), None),
        (ListingAPI(3), 3),
    ):
        assert things_of(api).total == total
        assert api.requests == 1


def test_len_is_refused_with_the_alternatives(things_of):
    """`len` could fetch thousands of pages; a list can still be made without it."""
    api = ListingAPI(3)
    with pytest.raises(NotCountedError) as caught:
        len(things_of(api))
    assert isinstance(caught.value, TypeError)
    assert ".total" in caught.value.hint
    assert api.requests == 0
    assert list(things_of(api)) == [{"id": 0}, {"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    "index", ["Card", None, 1.5, slice("a", "b"), slice(None, None, 0), ["0"]]
)
def test_other_indexes_are_refused_in_words(things_of, index):
    """A name is not a position: the hint names the method that finds it."""
    with pytest.raises(ConfigurationError, match="is not a position") as caught:
        things_of(ListingAPI(3))[index]
    assert "get()" in caught.value.hint


def test_slice_may_end_far_after_the_last_item(things_of):
    """Its end is a limit and not a number of items."""
    assert len(things_of(ListingAPI(3))[1 : 10**20]) == 2


def test_slice_is_shown_as_a_table(things_of):
    """A slice has as many rows as items, also more than a listing shows by itself."""
    text = things_of(ListingAPI(100))[:30]._repr_mimebundle_()["text/plain"]
    assert text.split() == ["id", *map(str, range(30))]


def test_items_in_a_data_frame_have_only_data(client_of):
    """Neither `asdict` nor a DataFrame contains the client or GraFx's JSON."""
    body = {"data": [{"id": "1", "name": "a"}]}
    chili = client_of(lambda _request: httpx.Response(200, json=body))
    for listing in (chili.templates.list(), chili.media.list(), chili.fonts.list()):
        names = set(asdict(listing[0]))
        assert {"id", "name"} <= names
        assert not {"raw", "_client", "_render"} & names
        assert set(pd.DataFrame(listing)) == set(listing.to_frame()) == names
        assert listing[0].raw == {"id": "1", "name": "a"}
