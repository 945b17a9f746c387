"""A lazy listing against pages of every size; the rest is held over real sockets."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook.api.client import Chili
from chili_notebook.api.listing import Listing
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.errors import NotListedError
from fakes import Answer, Protector, Server

bounds = st.none() | st.integers(-8, 8)


class Pages:
    """A client whose listing has `count` items on pages of `size`."""

    def __init__(self, count, size, *, total=True):
        self.count, self.size, self.total = count, size, total
        self.asked = 0

    def link(self, response, key):
        """Give a link of an answer."""
        return (response.json().get("links") or {}).get(key, "")

    def get(self, path, params=None, **_):
        """Give the first page for a query, and the next ones for their links."""
        self.asked += 1
        start = int(path.rpartition("=")[2]) if params is None else 0
        stop = min(start + self.size, self.count)
        body = {"data": [{"id": n} for n in range(start, stop)]}
        if stop < self.count:
            body["links"] = {"nextPage": f"https://x.example/things?from={stop}"}
        if self.total:
            body["total"] = self.count
        request = httpx.Request("GET", f"https://x.example/{path}")
        return httpx.Response(200, json=body, request=request)


def listing(pages):
    """Give the numbers on those pages."""
    return Listing(pages, "things", {}, read=lambda raw: raw["id"], noun="things")


@given(st.integers(0, 7), st.integers(1, 4), st.slices(7), st.integers(-8, 8))
def test_a_listing_reads_like_a_list(count, size, part, index):
    """Order, length, slices, indexes and truth are a list's, whatever the pages."""
    numbers = list(range(count))
    things = listing(Pages(count, size))
    assert list(things) == numbers
    assert bool(things) is bool(numbers)
    assert things[part] == numbers[part]
    if -count <= index < count:
        assert things[index] == numbers[index]
    else:
        with pytest.raises(NotListedError, match="too few") as caught:
            things[index]
        assert isinstance(caught.value, IndexError)  # as a list's would be


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
def test_no_more_pages_are_fetched_than_are_looked_at(look, pages):
    """An index, a slice or a look costs only the pages up to it."""
    source = Pages(100, 2)
    look(listing(source))
    assert source.asked == pages


@pytest.mark.parametrize(
    ("pages", "caption"),
    [
        (Pages(1234, 50), "10 of 1,234 things"),
        (Pages(1234, 50, total=False), "the first 10 things"),
        (Pages(3, 50, total=False), "3 of 3 things"),
        (Pages(0, 50), "0 of 0 things"),
    ],
)
def test_the_table_says_how_many_there_are(pages, caption):
    """The total is told as far as it is known."""
    assert listing(pages)._repr_mimebundle_()["text/plain"].endswith(caption)


def test_items_without_columns_of_their_own_show_their_keys():
    """What pages() gives is a table with a column for each key, in GraFx's order."""

    class Mixed(Pages):
        def get(self, path, **_):
            items = [{"id": 1, "name": "a"}, {"id": 2, "size": {"w": 3}}, {}]
            request = httpx.Request("GET", f"https://x.example/{path}")
            return httpx.Response(200, json={"data": items}, request=request)

    pages = Listing(Mixed(3, 3), "things", {}, read=dict, noun="items")
    shown = pages._repr_mimebundle_()
    assert shown["text/plain"].splitlines()[0].split() == ["id", "name", "size"]
    assert shown["text/plain"].splitlines()[1].split() == ["1", "a"]
    assert shown["text/html"].count("<tr>") == 4
    empty = Listing(Pages(0, 3), "things", {}, read=dict, noun="items")
    assert empty._repr_mimebundle_()["text/plain"].splitlines()[0] == "items"


def test_who_stops_a_gallery_is_not_kept_waiting(clock, credentials, environment):
    """The interrupt arrives while requests hang; their previews ask no second time."""
    gone, held = threading.Event(), []
    all_six = threading.Barrier(
        6, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    )

    def answer(asked):
        if asked.path.endswith("/templates?limit=50"):
            items = [{"id": str(n), "name": str(n)} for n in range(24)]
            return Answer(200, {"data": items})
        all_six.wait(10)
        held.append(gone.wait(10))
        return Answer(202, b"")

    before = set(threading.enumerate())
    with Server(answer) as server:
        source = TokenManager(Protector(), clock=clock)
        there = replace(environment, base_url=f"{server.url}/grafx")
        source.sign_in(credentials, there)
        with Chili(source, sleep=clock.advance) as chili:
            with pytest.raises(KeyboardInterrupt):
                chili.templates.list().gallery()
            fetching = set(threading.enumerate()) - before
            gone.set()
            for thread in fetching:
                if thread.name.startswith("gallery"):
                    thread.join(10)
        previews = [asked.path for asked in server.asked if "preview" in asked.path]
    assert held == [True] * 6
    assert len(set(previews)) == len(previews) == 6
