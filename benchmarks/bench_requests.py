"""Compare requests on a kept connection.

`chili.get`, and `chili_token` as auth of httpx and requests, each beside the same
client with a static header.
"""

from __future__ import annotations

import httpx
import requests
from side_by_side import compare, credentials_for, stub_server

from chili_notebook import login


def rows(*, smoke=False):
    """Return the rows of the table."""
    rounds, block = (1, 2) if smoke else (60, 50)
    with stub_server() as origin:
        credentials_for(origin)
        url = f"{origin}/grafx/api/v1/environment/cp-abc-123/templates"
        with login() as chili:
            header = {"Authorization": f"Bearer {chili.token}"}
            with (
                httpx.Client(headers=header) as plain,
                httpx.Client(auth=chili.token) as signed,
                requests.Session() as plain_session,
                requests.Session() as signed_session,
            ):
                plain_session.headers.update(header)
                signed_session.auth = chili.token

                def each(call):
                    call()  # opens the connection

                    def run():
                        for _ in range(block):
                            call()

                    return run

                static = each(lambda: plain.get(url))
                pairs = [
                    (
                        "`chili.get`",
                        lambda: chili.get("templates"),
                        static,
                        "httpx.Client, static header",
                        "≤ 1.10",
                    ),
                    (
                        "`httpx.Client(auth=chili_token)`",
                        lambda: signed.get(url),
                        static,
                        "httpx.Client, static header",
                        "≤ 1.04",
                    ),
                    (
                        "`requests`, `auth=chili_token`",
                        lambda: signed_session.get(url),
                        each(lambda: plain_session.get(url)),
                        "requests.Session, static header",
                        "≤ 1.00",
                    ),
                ]
                return [
                    compare(
                        f"{what}, kept connection, {block} calls",
                        each(call),
                        theirs,
                        peer=peer,
                        rounds=rounds,
                        aim=aim,
                    )
                    for what, call, theirs, peer, aim in pairs
                ]
