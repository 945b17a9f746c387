"""The requests that GraFx's pages and code show, with only the host changed.

Each is in the form of its page: a command of curl, or a few lines of Python. Nothing
of the package takes part.
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
# "Output API", "GraFx Media", and what the pages get wrong, as they print it.
# Each is given with its status and a key of the JSON that comes back.
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
        "data",
        """
        curl -X POST
        '{base}/api/v1/environment/{env}/media?folderPath=%2FUpload&name=note.pdf'
        -H 'Authorization: Bearer {token}' -F 'file=@note.pdf;type=application/pdf'
        """,
    ),
}


def run_curl(words):
    """Run a command of curl; give the status and the body."""
    more = ["--silent", "--show-error", "--noproxy", "*", "--write-out", "%{http_code}"]
    done = subprocess.run([*words, *more], capture_output=True, text=True, check=True)
    return int(done.stdout[-3:]), done.stdout[:-3]


def send_curls(words):
    """Send what a command of curl would, without it; give the status and the body."""
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
def names(simulator, api, tag):
    """Give what the requests have to name."""
    variables = simulator.variables()
    document = api.get(f"templates/{tag['id']}/download").json()
    return {
        "login": simulator.url,
        "base": variables["CHILI_BASE_URL"],
        "env": variables["CHILI_ENVIRONMENT"],
        "id": variables["CHILI_CLIENT_ID"],
        "secret": simulator.client_secret,
        "token": api.headers["Authorization"].removeprefix("Bearer "),
        "template": tag["id"],
        "layout": document["layouts"][0]["id"],
    }


@pytest.mark.parametrize("name", CURLS)
def test_a_command_of_curl_is_answered(simulator, names, name, tmp_path):
    """A command as it is shown is answered as its page says.

    It is sent as curl would and, where there is a curl, by it as well: what arrives is
    the same.
    """
    status, key, command = CURLS[name]
    (tmp_path / "note.pdf").write_bytes(b"%PDF-1.4 simulated")
    words = shlex.split(command.format(**names))
    arrived = []
    for send in [send_curls, run_curl] if shutil.which("curl") else [send_curls]:
        simulator.requests.clear()
        got, body = send(words)
        assert got == status, body
        assert key in json.loads(body)
        arrived.append(list(simulator.requests))
    assert all(len(sent) == 1 and sent == arrived[0] for sent in arrived)


def test_the_python_of_the_page_on_tokens(names, session):
    """Its lines of http.client and of requests get the same token, one from a cache."""
    payload = json.dumps(
        {
            "client_id": names["id"],
            "client_secret": names["secret"],
            "audience": "https://chiligrafx.com",
            "grant_type": "client_credentials",
        }
    )
    headers = {"content-type": "application/json"}
    conn = http.client.HTTPConnection(names["login"].removeprefix("http://"))
    conn.request("POST", "/oauth/token", payload, headers)
    first = json.loads(conn.getresponse().read())
    conn.close()
    url = f"{names['login']}/oauth/token"
    again = session.post(url, data=payload, headers=headers).json()
    assert again == first
    assert first["access_token"] == names["token"]


@pytest.fixture
def session(names):
    """Give a session of requests as the workshop makes one."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {names['token']}"
        yield session


def test_the_steps_of_the_workshop(session, names):
    """Template, project, save, output, poll, download and preview, page after page."""
    root = f"{names['base']}/api/v1/environment/{names['env']}"
    # 09: a template's name and document
    found = session.get(f"{root}/templates/{names['template']}").json()
    assert found["data"]["name"] == "Market price tag"
    document = session.get(f"{root}/templates/{names['template']}/download").json()
    # 10: a project of it
    body = {"template": {"id": names["template"]}}
    made = session.post(f"{root}/projects", json=body)
    assert made.ok
    project = made.json()["id"]
    # 13: save the document, and start an output of the project
    assert "selectedLayoutId" in document
    url = f"{root}/projects/{project}/document"
    assert session.put(url, json=document).status_code == 204
    query = {
        "outputType": "png",
        "layoutToExport": "0",
        "projectId": project,
        "pixelRatio": "1",
    }
    started = session.post(f"{root}/output/image", params=query)
    assert started.status_code == 200
    # 14: poll, and fetch with the same header
    info = started.json()["links"]["taskInfo"]
    while (polled := session.get(info)).status_code in {202, 204}:
        assert not polled.content
    file = session.get(polled.json()["links"]["download"])
    assert file.headers["Content-Type"] == "image/png"
    # 15: a template's preview is polled through projects/preview/tasks/
    url = f"{root}/templates/{names['template']}/preview/thumbnail"
    task = session.get(url).json()["data"]["taskId"]
    url = f"{root}/projects/preview/tasks/{task}"
    while (polled := session.get(url)).status_code == 202:
        assert not polled.content
    shown = session.get(polled.json()["links"]["download"])
    assert shown.headers["Content-Type"] == "image/png"


def test_studio_uis_output(session, names):
    """Studio UI sends its unsaved document together with the id of what it is of."""
    root = f"{names['base']}/api/v1/environment/{names['env']}"
    document = session.get(f"{root}/templates/{names['template']}/download").json()
    (setting, *_) = session.get(f"{root}/output/settings").json()["data"]
    body = {
        "outputSettingsId": setting["id"],
        "layoutsToExport": [document["selectedLayoutId"]],
        "engineVersion": None,
        "documentContent": document,
        "templateId": names["template"],
    }
    started = session.post(f"{root}/output/{setting['type'].lower()}", json=body)
    assert set(started.json()) == {"data", "links"}


def test_the_media_connectors_query(session, names):
    """GraFx's connector asks for folders and items, then for previews by name."""
    root = f"{names['base']}/api/v1/environment/{names['env']}"
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


def test_the_page_on_variable_data_sends_a_document(session, names):
    """Rows of text go with a documentContent alone ("Variable data printing")."""
    root = f"{names['base']}/api/v1/environment/{names['env']}"
    document = session.get(f"{root}/templates/{names['template']}/download").json()
    body = {
        "documentContent": document,
        "layoutsToExport": [names["layout"]],
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
