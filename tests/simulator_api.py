"""Helpers for tests that send HTTP requests to the simulator."""

from __future__ import annotations

import ssl
from contextlib import contextmanager

import httpx

_NO_TLS = ssl.create_default_context()  # creating one for each client is slow


def token_fields_of(integration):
    """Return the four documented fields of a token request."""
    return {
        "grant_type": "client_credentials",
        "audience": "https://chiligrafx.com",
        "client_id": integration.client_id,
        "client_secret": integration.client_secret,
    }


@contextmanager
def open_client(simulator):
    """Sign in, and return an httpx client at the root of the environment."""
    fields = token_fields_of(simulator.integration)
    token = simulator.state.issuer.grant(fields)["access_token"]
    with httpx.Client(
        base_url=f"{simulator.url}/grafx/api/v1/environment/cp-demo-001/",
        headers={"Authorization": f"Bearer {token}"},
        verify=_NO_TLS,
    ) as client:
        yield client


def wait_for_task(api, url):
    """Poll a task to its end, and return the last response."""
    while (response := api.get(url)).status_code == 202:
        assert response.content == b""
    return response


def download_of(api, response):
    """Return the download of a finished task."""
    return api.get(response.json()["links"]["download"])


def find_price_tag(api):
    """Return the price tag, the smallest template."""
    return api.get("templates", params={"search": "price tag"}).json()["data"][0]


def make_output_function(api, template):
    """Return a function that starts an output and polls it to its end."""

    def create_output(kind="png", **body):
        is_named = {"templateId", "projectId", "documentContent"} & set(body)
        source = {} if is_named else {"templateId": template["id"]}
        started = api.post(f"output/{kind}", json=source | body)
        assert started.status_code == 200, started.text
        return wait_for_task(api, started.json()["links"]["taskInfo"])

    return create_output
