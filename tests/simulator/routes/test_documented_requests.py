"""Tests of the requests that GraFx's documentation and code show, with another host.

Each request has the form of its page: a curl command, or a few lines of Python.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote_plus

import pytest
import requests

# Pages: "Generating a token" and "Integrations" (tokens), "Environment API" (listing),
# "Output API" and "GraFx Media"; and mistakes of these pages, as they are printed.
# Each has its status and a key of the JSON response.
CURLS = {
    "a token with JSON": (
        200,
        "access_token",
        """
        curl --request POST --url {login}/oauth/token
        --header 'content-type: application/json'
        --data '{{"client_id": "{id}", "client_secret": "{secret}",
        "audience": "https://chiligrafx.com", "grant_type": "client_credentials"}}'
        """,
    ),
    "a token with a form": (
        200,
        "access_token",
        """
        curl -X POST '{login}/oauth/token'
        -H 'Content-Type: application/x-www-form-urlencoded'
        -d grant_type=client_credentials -d client_id={id}
        --data-urlencode client_secret={secret}
        --data-urlencode audience=https://chiligrafx.com
        """,
    ),
    "a token with the id in place of the secret, as in the Node and Java samples": (
        401,
        "error",
        """
        curl --request POST --url {login}/oauth/token
        --header 'content-type: application/json'
        --data '{{"client_id": "{id}", "client_secret": "{id}",
        "audience": "https://chiligrafx.com", "grant_type": "client_credentials"}}'
        """,
    ),
    "projects": (
        200,
        "data",
        """
        curl -X 'GET' '{base}/api/v1/environment/{env}/projects?limit=10'
        -H 'accept: application/json' -H 'Authorization: Bearer {token}'
        """,
    ),
    "projects of an environment that is spelled in capitals": (
        200,
        "data",
        """
        curl '{base}/api/v1/environment/CP-DEMO-001/projects'
        -H 'Authorization: Bearer {token}'
        """,
    ),
    "templates in an order": (
        200,
        "total",
        """
        curl '{base}/api/v1/environment/{env}/templates?sortBy=Name&sortOrder=None'
        -H 'Authorization: Bearer {token}'
        """,
    ),
    "a template": (
        200,
        "data",
        """
        curl '{base}/api/v1/environment/{env}/templates/{template}'
        -H 'accept: application/json' -H 'Authorization: Bearer {token}'
        """,
    ),
    "a project of a template": (
        201,
        "id",
        """
        curl -X 'POST' '{base}/api/v1/environment/{env}/projects'
        -H 'Content-Type: application/json' -H 'Authorization: Bearer {token}'
        -d '{{"template": {{"id": "{template}"}}}}'
        """,
    ),
    "an output": (
        200,
        "data",
        """
        curl -X 'POST' '{base}/api/v1/environment/{env}/output/pdf'
        -H 'Content-Type: application/json' -H 'Authorization: Bearer {token}'
        -d '{{"outputSettingsId": null, "layoutsToExport": ["{layout}"],
        "templateId": "{template}", "engineVersion": null,
        "variables": [{{"Product": "Figs"}}, {{"Product": "Plums"}}]}}'
        """,
    ),
    "an output without a template": (
        400,
        "detail",
        """
        curl -X 'POST' '{base}/api/v1/environment/{env}/output/pdf'
        -H 'Content-Type: application/json' -H 'Authorization: Bearer {token}'
        -d '{{"layoutsToExport": ["{layout}"]}}'
        """,
    ),
    "an output with the header of the page on variable data": (
        401,
        "traceId",
        """
        curl -X 'POST' '{base}/api/v1/environment/{env}/output/pdf'
        -H 'Content-Type: application/json' -H 'authentication: Bearer {token}'
        -d '{{"templateId": "{template}"}}'
        """,
    ),
    "an output at the address of the page on variable data": (
        404,
        "detail",
        """
        curl -X 'POST' '{login}/api/v1/environment/{env}/output/pdf'
        -H 'Content-Type: application/json' -H 'Authorization: Bearer {token}'
        -d '{{"templateId": "{template}"}}'
        """,
    ),
    "an upload": (
        201,
        "id",
        """
        curl -X POST
        '{base}/api/v1/environment/{env}/media?folderPath=%2FUpload&name=note.pdf'
        -H 'Authorization: Bearer {token}' -F 'file=@note.pdf;type=application/pdf'
        """,
    ),
}


def run_curl(words):
    """Run a curl command, and return the status and the body."""
    more = ["--silent", "--show-error", "--noproxy", "*", "--write-out", "%{http_code}"]
    done = subprocess.run([*words, *more], capture_output=True, text=True, check=True)
    return int(done.stdout[-3:]), done.stdout[:-3]


def send_without_curl(words):
    """Send the request of a curl command; return the status and the body."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address", nargs="?")
    parser.add_argument("--url")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-d", "--data", action="append", default=[])
    parser.add_argument("--data-urlencode", action="append", default=[])
    parser.add_argument("-F", "--form", default="")
    given = parser.parse_args(words[1:])
    encoded = (field.partition("=") for field in given.data_urlencode)
    fields = [
        *given.data,
        *(f"{name}={quote_plus(value)}" for name, _, value in encoded),
    ]
    files = {}
    if given.form:
        name, file, kind = re.fullmatch(r"(\w+)=@(.+);type=(.+)", given.form).groups()
        files[name] = file, Path(file).read_bytes(), kind
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(
            given.request or ("POST" if fields or files else "GET"),
            given.url or given.address,
            headers=dict(header.split(": ", 1) for header in given.header),
            data="&".join(fields) or None,
            files=files or None,
        )
    return answer.status_code, answer.text


@pytest.fixture
def values(simulator, api, price_tag):
    """Return the values that the requests contain."""
    variables = simulator.variables()
    document = api.get(f"templates/{price_tag['id']}/download").json()
    return {
        "login": simulator.url,
        "base": variables["CHILI_BASE_URL"],
        "env": variables["CHILI_ENVIRONMENT"],
        "id": variables["CHILI_CLIENT_ID"],
        "secret": simulator.integration.client_secret,
        "token": api.headers["Authorization"].removeprefix("Bearer "),
        "template": price_tag["id"],
        "layout": document["layouts"][0]["id"],
    }


@pytest.mark.parametrize("name", CURLS)
def test_curl_command_has_its_documented_response(simulator, values, name, tmp_path):
    """The response has the status and the key of the page.

    The test sends the request itself and, if curl is installed, with curl too; both
    requests are the same.
    """
    status, key, command = CURLS[name]
    (tmp_path / "note.pdf").write_bytes(b"%PDF-1.4 simulated")
    words = shlex.split(command.format(**values))
    received = []
    for send in (
        [send_without_curl, run_curl] if shutil.which("curl") else [send_without_curl]
    ):
        simulator.state.requests.clear()
        got, body = send(words)
        assert got == status, body
        assert key in json.loads(body)
        received.append(list(simulator.state.requests))
    assert all(len(sent) == 1 and sent == received[0] for sent in received)


def test_python_of_the_page_on_tokens(values, session):
    """The samples for http.client and requests get the same, cached token."""
    payload = json.dumps(
        {
            "client_id": values["id"],
            "client_secret": values["secret"],
            "audience": "https://chiligrafx.com",
            "grant_type": "client_credentials",
        }
    )
    headers = {"content-type": "application/json"}
    conn = http.client.HTTPConnection(values["login"].removeprefix("http://"))
    conn.request("POST", "/oauth/token", payload, headers)
    first = json.loads(conn.getresponse().read())
    conn.close()
    url = f"{values['login']}/oauth/token"
    again = session.post(url, data=payload, headers=headers).json()
    assert again == first
    assert first["access_token"] == values["token"]


@pytest.fixture
def session(values):
    """Return a session of requests, as in the workshop."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {values['token']}"
        yield session


def test_steps_of_the_workshop(session, values):
    """The pages read a template, save a project and poll a preview."""
    root = f"{values['base']}/api/v1/environment/{values['env']}"
    # 09: a template's name and document
    found = session.get(f"{root}/templates/{values['template']}").json()
    assert found["data"]["name"] == "Market price tag"
    document = session.get(f"{root}/templates/{values['template']}/download").json()
    # 10: a project of it
    body = {"template": {"id": values["template"]}}
    made = session.post(f"{root}/projects", json=body)
    assert made.ok
    project = made.json()["id"]
    # 13: save the document
    assert "selectedLayoutId" in document
    url = f"{root}/projects/{project}/document"
    assert session.put(url, json=document).status_code == 204
    # 15: a template's preview is polled through projects/preview/tasks/
    url = f"{root}/templates/{values['template']}/preview/thumbnail"
    task = session.get(url).json()["data"]["taskId"]
    url = f"{root}/projects/preview/tasks/{task}"
    while (polled := session.get(url)).status_code == 202:
        assert not polled.content
    shown = session.get(polled.json()["links"]["download"])
    assert shown.headers["Content-Type"] == "image/png"


def test_output_of_studio_ui(session, values):
    """Studio UI sends its unsaved document with the ID of the template."""
    root = f"{values['base']}/api/v1/environment/{values['env']}"
    document = session.get(f"{root}/templates/{values['template']}/download").json()
    (setting, *_) = session.get(f"{root}/output/settings").json()["data"]
    body = {
        "outputSettingsId": setting["id"],
        "layoutsToExport": [document["selectedLayoutId"]],
        "engineVersion": None,
        "documentContent": document,
        "templateId": values["template"],
    }
    started = session.post(f"{root}/output/{setting['type'].lower()}", json=body)
    assert set(started.json()) == {"data", "links"}


def test_query_of_the_media_connector(session, values):
    """GraFx's connector lists folders and items, and requests previews."""
    root = f"{values['base']}/api/v1/environment/{values['env']}"
    query = {
        "limit": "30",
        "sortBy": "name",
        "sortOrder": "asc",
        "includeFolders": "true",
        "search": "",
        "folder": "/",
        "includeItemsFromSubfolders": "true",
    }
    listed = session.get(f"{root}/media", params=query).json()["data"]
    names_listed = [item["name"].lower() for item in listed]
    assert names_listed == sorted(names_listed)
    asset = next(item for item in listed if item["extension"])
    previewed = session.get(
        f"{root}/media/{asset['id']}/preview", params={"previewType": "thumbnail"}
    )
    assert previewed.status_code == 202


def test_output_of_the_page_on_variable_data(session, values):
    """The page sends rows with a documentContent ("Variable data printing")."""
    root = f"{values['base']}/api/v1/environment/{values['env']}"
    document = session.get(f"{root}/templates/{values['template']}/download").json()
    body = {
        "documentContent": document,
        "layoutsToExport": [values["layout"]],
        "variables": [
            {"Product": "Figs", "Picture": "pear-pair"},
            {"Product": "Plums", "Picture": None},
        ],
    }
    info = session.post(f"{root}/output/pdf", json=body).json()["links"]["taskInfo"]
    while (polled := session.get(info)).status_code == 202:
        pass
    file = session.get(polled.json()["links"]["download"])
    assert file.headers["Content-Type"] == "application/pdf"
