"""Count the token requests of many calls at once, beside other packages."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module

import httpx
from side_by_side import Row, credentials_for, missing, stub_server

from chili_notebook import login

CALLS = 20


def authlib(keys, url):
    """Return a call with a token of authlib."""
    session = import_module("authlib.integrations.requests_client").OAuth2Session(
        keys["CHILI_CLIENT_ID"],
        keys["CHILI_CLIENT_SECRET"],
        token_endpoint=keys["CHILI_TOKEN_URL"],
        grant_type="client_credentials",
    )

    def call():
        if not session.token:
            session.fetch_token(
                keys["CHILI_TOKEN_URL"], grant_type="client_credentials"
            )
        return session.get(url)

    return call


def httpx_auth(keys, url):
    """Return a call with a token of httpx-auth."""
    package = import_module("httpx_auth")
    package.OAuth2.token_cache.clear()
    auth = package.OAuth2ClientCredentials(
        keys["CHILI_TOKEN_URL"],
        client_id=keys["CHILI_CLIENT_ID"],
        client_secret=keys["CHILI_CLIENT_SECRET"],
    )
    client = httpx.Client(auth=auth)
    return lambda: client.get(url)


def databricks(keys, url):
    """Return a call with a token of databricks-sdk."""
    source = import_module("databricks.sdk.oauth").ClientCredentials(
        client_id=keys["CHILI_CLIENT_ID"],
        client_secret=keys["CHILI_CLIENT_SECRET"],
        token_url=keys["CHILI_TOKEN_URL"],
        use_header=True,
    )
    client = httpx.Client()
    return lambda: client.get(
        url, headers={"Authorization": f"Bearer {source.token().access_token}"}
    )


def google_auth(keys, url):
    """Return a call with a token of google-auth, which has no such grant of its own."""
    package = import_module("google.auth.credentials")

    class Credentials(package.Credentials):
        """Request a token as the other peers do."""

        def refresh(self, request):
            """Request a token."""
            del request
            grant = httpx.post(keys["CHILI_TOKEN_URL"], json={}).json()
            self.token = grant["access_token"]
            now = datetime.now(UTC).replace(tzinfo=None)
            self.expiry = now + timedelta(seconds=grant["expires_in"])

    transport = import_module("google.auth.transport.requests")
    session = transport.AuthorizedSession(Credentials())
    return lambda: session.get(url)


PEERS = {
    "google-auth": ("google.auth", google_auth),
    "authlib": ("authlib", authlib),
    "httpx-auth": ("httpx_auth", httpx_auth),
    "databricks-sdk": ("databricks.sdk", databricks),
}


def grants(origin):
    """Return how many tokens the endpoint has given."""
    return httpx.get(f"{origin}/grants").json()["grants"]


def in_threads(call):
    """Call in many threads at once."""
    with ThreadPoolExecutor(CALLS) as pool:
        list(pool.map(lambda _: call(), range(CALLS)))


async def in_coroutines(auth, url):
    """Send many requests at once from one event loop."""
    async with httpx.AsyncClient(auth=auth) as client:
        await asyncio.gather(*(client.get(url) for _ in range(CALLS)))


def rows(*, smoke=False):
    """Return the rows: numbers of token requests, which do not depend on a machine."""
    result = []

    def count(what, peer, act):
        before = grants(origin)
        act()
        number = grants(origin) - before
        noun = "grant" if number == 1 else "grants"
        result.append(Row(what, peer, None, f"{number} {noun}", "1"))

    with stub_server(grant_s=0.05 if smoke else 0.15) as origin:
        keys = credentials_for(origin)
        url = f"{origin}/grafx/api/v1/environment/cp-abc-123/templates"

        def serve(seconds):
            httpx.get(f"{origin}/grants?{seconds}")

        def both(chili):
            with ThreadPoolExecutor(1) as pool:
                other = pool.submit(in_threads, lambda: chili.get("templates"))
                asyncio.run(in_coroutines(chili.token, url))
                other.result()

        for what, use in (
            (
                f"{CALLS} threads, no valid token",
                lambda chili: in_threads(lambda: chili.get("templates")),
            ),
            (
                f"{CALLS} coroutines, no valid token",
                lambda chili: asyncio.run(in_coroutines(chili.token, url)),
            ),
            (f"{CALLS} threads and {CALLS} coroutines, no valid token", both),
        ):
            serve(1)
            with login() as chili:
                while not chili.token.expired:
                    time.sleep(0.1)
                serve(86_400)
                count(what, "", lambda use=use, chili=chili: use(chili))
        again = "10 calls, token with 20 s left is served again"

        def sign_in_and_call():
            with login() as chili:
                for _ in range(10):
                    chili.get("templates")

        serve(20)
        count(again, "", sign_in_and_call)
        for name, (module, make) in PEERS.items():
            if gone := missing(module):
                result.append(gone)
                continue
            serve(86_400)
            call = make(keys, url)
            count(
                f"{CALLS} threads, no valid token", name, lambda c=call: in_threads(c)
            )
            serve(20)
            call = make(keys, url)
            count(again, name, lambda c=call: [c() for _ in range(10)])
    return result
