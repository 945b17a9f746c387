"""Compare a long listing with a loop by hand over the same pages."""

from __future__ import annotations

from collections import deque

import httpx
import pandas as pd
from side_by_side import compare, credentials_for, stub_server

from chili_notebook import login


def rows(*, smoke=False):
    """Return the rows of the table."""
    page_count, rounds = (2, 1) if smoke else (1_000, 5)
    with stub_server(page_count=page_count) as origin:
        credentials_for(origin)
        url = f"{origin}/grafx/api/v1/environment/cp-abc-123/templates?limit=100"
        with login() as chili, httpx.Client(auth=chili.token) as client:

            def by_hand():
                following = url
                while following:
                    body = client.get(following).json()
                    yield from body["data"]
                    link = body["links"]["nextPage"]
                    following = link and origin + link

            deque(by_hand(), 0)  # the server makes each page when it is asked for first
            count = f"{100 * page_count:,} templates"
            return [
                compare(
                    f"list of {count}, pages of 100",
                    lambda: deque(chili.templates.list(), 0),
                    lambda: deque(by_hand(), 0),
                    peer="httpx and json by hand",
                    rounds=rounds,
                    aim="≤ 1.30",
                ),
                compare(
                    f"`to_frame()` of {count}",
                    lambda: chili.templates.list().to_frame(),
                    lambda: pd.DataFrame(list(by_hand())),
                    peer="pandas.DataFrame of the loop by hand",
                    rounds=rounds,
                    aim="≤ 2.00",
                ),
            ]
