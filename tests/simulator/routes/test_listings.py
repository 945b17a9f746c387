"""Tests of listings: paging, search, sorting and their errors."""

from __future__ import annotations

import httpx
import pytest

LISTINGS = ["templates", "media", "font-families", "output/settings", "projects"]


@pytest.mark.parametrize("path", LISTINGS)
def test_pages_lead_through_the_whole_listing(shared_api, path):
    """Pages of one item have full links and contain all items in order."""
    everything = shared_api.get(path).json()["data"]
    page = shared_api.get(path, params={"limit": 1}).json()
    items = page["data"]
    while url := (page["links"] or {}).get("nextPage"):
        assert url.startswith("http://127.0.0.1:")
        page = shared_api.get(url).json()
        assert page["pageSize"] == 1
        items += page["data"]
    assert items == everything
    assert len(items) > 1


def test_total_is_the_number_of_all_items(shared_api):
    """The page size is that of the page, the total that of the listing."""
    everything = shared_api.get("templates").json()
    page = shared_api.get("templates", params={"limit": 3}).json()
    assert page["pageSize"] == len(page["data"]) == 3
    assert page["total"] == everything["total"] == len(everything["data"])


@pytest.mark.parametrize("path", LISTINGS)
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": "0"}, 400),
        ({"limit": "many"}, 400),
        ({"limit": "101"}, 400),
        ({"sortBy": "colour"}, 400),
        ({"sortBy": "Name", "sortOrder": "DESC"}, 200),
        ({"nextPageToken": "x", "sortBy": "name"}, 400),
        ({"nextPageToken": "x", "sortOrder": "asc"}, 400),
        ({"nextPageToken": "unknown"}, 410),
    ],
)
def test_parameters_are_checked(shared_api, path, query, status):
    """Sorting cannot be combined with a cursor, and an unknown cursor is a 410."""
    assert shared_api.get(path, params=query).status_code == status


def test_cursor_belongs_to_its_listing_and_expires(api, simulator):
    """A cursor is a 410 for another listing, and after an hour."""
    url = api.get("templates", params={"limit": 2}).json()["links"]["nextPage"]
    token = httpx.URL(url).params["nextPageToken"]
    assert api.get("media", params={"nextPageToken": token}).status_code == 410
    simulator.clock.advance(3599)
    assert api.get(url).status_code == 200
    simulator.clock.advance(1)
    assert api.get(url).status_code == 410


@pytest.mark.parametrize("key", ["dateCreated", "lastModifiedContentUtc", "name"])
def test_templates_are_sorted_by_the_keys_of_their_items(shared_api, key):
    """Dates are sort keys too (release note 2026-06-17)."""
    query = {"sortBy": key, "sortOrder": "desc"}
    items = shared_api.get("templates", params=query).json()["data"]
    values = [item[key].lower() for item in items]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) > 1
