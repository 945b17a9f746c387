"""The simulator against what GraFx's public pages say, asked as any client would."""

from __future__ import annotations

import base64
import json
import zipfile
from io import BytesIO

import httpx
import pytest

AUDIENCE = "https://chiligrafx.com"
ENVIRONMENT = "cp-demo-001"
READ_ONLY = ("template:list", "template:read")


def test_a_token_is_answered_as_documented(ask, fields):
    """A pair gets a bearer with seconds and scopes (page "Generating a token")."""
    answer = ask(fields)
    body = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 86_400
    assert len(body["scope"].split()) == 17


def test_a_form_body_is_taken_too(simulator, fields):
    """The page on integrations shows the same request as a form."""
    answer = httpx.post(f"{simulator.url}/oauth/token", data=fields)
    assert answer.status_code == 200


def test_a_token_has_the_claims_of_a_machine(ask, fields, simulator):
    """It is a JWT's shape whose claims say who, for whom and until when."""
    payload = ask(fields).json()["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert claims["sub"] == f"{fields['client_id']}@clients"
    assert claims["aud"] == AUDIENCE
    assert claims["exp"] - claims["iat"] == 86_400
    assert claims["iat"] == simulator.clock()


def test_the_endpoint_is_a_cache(ask, fields, simulator):
    """The same token comes back with less time, until an hour before its end."""
    first = ask(fields).json()
    simulator.clock.advance(86_400 - 3_601)
    again = ask(fields).json()
    assert again == first | {"expires_in": 3_601}
    simulator.clock.advance(1)
    assert ask(fields).json()["access_token"] != first["access_token"]


def test_changed_permissions_show_in_the_next_token_only(ask, fields, simulator):
    """A cached token keeps its scopes whatever was changed since."""
    before = ask(fields).json()
    simulator.issuer.integrations[fields["client_id"]].scopes = READ_ONLY
    assert ask(fields).json() == before
    simulator.clock.advance(86_400 - 3_600)
    assert ask(fields).json()["scope"] == "template:list template:read"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": None, "client_id": None}, 400, "invalid_request"),
        ({"client_id": None, "audience": "x"}, 401, "invalid_client"),
        ({"client_id": "nobody", "audience": "x"}, 401, "access_denied"),
        ({"client_secret": "wrong", "audience": "x"}, 401, "access_denied"),
        ({"audience": "https://example.com"}, 403, "access_denied"),
        ({"audience": None}, 403, "access_denied"),
    ],
)
def test_a_refusal_is_auth0s_in_its_order(ask, fields, changes, status, error):
    """Grant type, client, secret and audience are looked at in this order."""
    sent = {k: v for k, v in (fields | changes).items() if v is not None}
    answer = ask(sent)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grant_type": ""}, "Missing required parameter: grant_type"),
        ({"client_id": ""}, "Missing client_id"),
        ({"client_secret": "wrong"}, "Unauthorized"),
        ({"client_secret": ""}, "Unauthorized"),
        ({"audience": "x"}, "Service not enabled within domain: x"),
        ({"audience": ""}, "Non-global clients are not allowed access to APIv1"),
    ],
)
def test_a_refusal_is_in_auth0s_words(simulator, ask, fields, changes, words):
    """The description is the provider's own, for a body of JSON and for a form."""
    url = f"{simulator.url}/oauth/token"
    for answer in (ask(fields | changes), httpx.post(url, data=fields | changes)):
        assert set(answer.json()) == {"error", "error_description"}
        assert answer.json()["error_description"] == words


def test_an_outage_of_the_token_endpoint_is_no_json(simulator, ask, fields):
    """A gateway in its place answers with a page, and then the endpoint as before."""
    simulator.faults.add("html_error", path="/oauth/token", count=1)
    answer = ask(fields)
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert ask(fields).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_none_is_refused(simulator, body):
    """What cannot be read is a 400 and not a failure of the server."""
    headers = {"Content-Type": "application/json"}
    url = f"{simulator.url}/oauth/token"
    assert httpx.post(url, content=body, headers=headers).status_code == 400


def test_every_answer_says_that_it_is_simulated(simulator, api):
    """Answers of either endpoint carry a header that says what this is."""
    for answer in (api.get("templates"), httpx.get(simulator.url), api.get("nowhere")):
        assert "no GraFx" in answer.headers["x-simulated"]


def test_access_is_checked_in_order(simulator, api):
    """Token first (401), then environment (404), then scope (403)."""
    nowhere = f"{simulator.url}/grafx/api/v1/environment/cp-nope-000/templates"
    nobody = httpx.get(nowhere)
    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"] == "Bearer"
    assert nobody.headers["content-type"] == "application/problem+json"
    assert set(nobody.json()) == {"type", "title", "status", "traceId"}
    simulator.issuer.holder(api.headers["authorization"][7:])
    missing = api.get(nowhere)
    assert missing.status_code == 404
    assert missing.json()["detail"] == "Environment 'cp-nope-000' is not found"


def test_a_scope_that_is_lacking_is_403(simulator, ask, fields, template):
    """A read-only integration cannot start an output."""
    integration = simulator.issuer.register(READ_ONLY)
    pair = {
        "client_id": integration.client_id,
        "client_secret": integration.client_secret,
    }
    token = ask(fields | pair).json()["access_token"]
    answer = httpx.post(
        f"{simulator.url}/grafx/api/v1/environment/{ENVIRONMENT}/output/png",
        json={"templateId": template["id"]},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 403


def test_a_token_ends(simulator, api):
    """After its lifetime a token is answered 401."""
    simulator.clock.advance(86_400)
    assert api.get("templates").status_code == 401


def test_an_environment_is_found_in_any_case(simulator, api):
    """The technical name is compared without case, as Studio UI does."""
    url = f"{simulator.url}/grafx/api/v1/environment/CP-Demo-001/templates"
    assert api.get(url).status_code == 200


def test_a_listing_has_pages_with_full_urls(api):
    """links.nextPage leads through all items; pageSize is the page's own count."""
    everything = api.get("templates").json()
    assert everything["links"] == {}
    assert everything["total"] == everything["pageSize"] == len(everything["data"])
    page = api.get("templates", params={"limit": 3}).json()
    seen = page["data"]
    while page["links"].get("nextPage"):
        page = api.get(page["links"]["nextPage"]).json()
        assert page["pageSize"] == len(page["data"]) <= 3
        seen += page["data"]
    assert seen == everything["data"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": "0"}, 400),
        ({"limit": "many"}, 400),
        ({"sortBy": "colour"}, 400),
        ({"sortBy": "Name", "sortOrder": "DESC"}, 200),
        ({"nextPageToken": "x", "sortBy": "name"}, 400),
        ({"nextPageToken": "stale"}, 410),
    ],
)
def test_the_parameters_of_a_listing_have_rules(api, query, status):
    """Sorting does not go with a cursor, and a stale cursor is gone."""
    assert api.get("templates", params=query).status_code == status


def test_a_template_is_wrapped_and_a_setting_is_bare(api, template):
    """The API's two envelopes are both there."""
    assert api.get(f"templates/{template['id']}").json()["data"] == template
    (setting, *_) = api.get("output/settings").json()["data"]
    assert api.get(f"output/settings/{setting['id']}").json() == setting


def test_a_missing_template_answers_500(api):
    """GraFx's workshop notes that a missing template is answered with 500."""
    assert api.get("templates/nobody").status_code == 500


def test_a_preview_is_made_when_it_is_asked_for(api, template):
    """First 202 with a task, then the picture."""
    path = f"templates/{template['id']}/preview/thumbnail"
    started = api.get(path)
    assert started.status_code == 202
    info = started.json()["links"]["taskInfo"]
    assert api.get(info).status_code == 202
    picture = api.get(api.get(info).json()["links"]["download"])
    assert picture.headers["content-type"] == "image/png"
    assert api.get(path).content == picture.content
    assert api.get(f"templates/{template['id']}/preview/huge").status_code == 400


def test_an_output_is_started_polled_and_fetched(api, render):
    """200 with a task, 202 without a body, 200 with a link, then the file."""
    done = render()
    file = api.get(done.json()["links"]["download"])
    assert file.headers["content-type"] == "image/png"
    assert file.headers["content-disposition"].endswith('.png"')
    assert file.content.startswith(b"\x89PNG")


def test_a_file_lives_four_hours_and_a_task_seven_days(api, render, simulator):
    """Then the download is gone, and later the task is unknown."""
    link = render().json()["links"]["download"]
    for expected, seconds in ((200, 0), (410, 4 * 3600), (404, 7 * 86_400)):
        simulator.clock.advance(seconds)
        token = simulator.issuer.answer(
            {
                "grant_type": "client_credentials",
                "audience": AUDIENCE,
                "client_id": simulator.variables()["CHILI_CLIENT_ID"],
                "client_secret": simulator.client_secret,
            }
        )["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"
        assert api.get(link).status_code == expected


def test_a_download_before_the_end_is_refused(api, template):
    """A task without a file answers 400."""
    start = api.post("output/png", json={"templateId": template["id"]})
    info = start.json()["links"]["taskInfo"]
    assert api.get(f"{info}/download").status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 500),
        (b"{}", 400),
        (b'{"templateId": "nobody"}', 400),
        (b'{"layoutsToExport": ["nobody"]}', 400),
        (b'{"outputSettingsId": "nobody"}', 400),
        (b'{"variables": {}}', 400),
        (b'{"variables": [{"a": 1}]}', 400),
        (b'{"variables": [' + b"{}," * 10_000 + b"{}]}", 413),
        (b'{"variables": [{"a": "' + b"x" * 10_000_000 + b'"}]}', 413),
        (b" " * 20_000_001, 413),
    ],
)
def test_an_order_that_is_none_is_refused(api, template, body, status):
    """Bodies, ids, types of values and limits are checked before a task starts."""
    if body.startswith(b"{") and b"templateId" not in body and body != b"{}":
        body = b'{"templateId": "' + template["id"].encode() + b'", ' + body[1:]
    assert api.post("output/png", content=body).status_code == status


@pytest.mark.parametrize(
    "rows",
    [[{}] * 10_000, [{"a": "x" * 9_999_900}]],
    ids=["10,000 rows", "10 MB"],
)
def test_an_order_of_the_largest_size_is_taken(api, template, rows):
    """What is no more than the page on variable data allows starts a task."""
    body = {"templateId": template["id"], "variables": rows}
    assert api.post("output/pdf", json=body).status_code == 200


def test_a_document_with_variables_may_be_twice_as_large(api, template):
    """Ten megabytes are for the variables alone (release note 2026-07-10)."""
    document = api.get(f"templates/{template['id']}/download").json()
    large = document | {"padding": "x" * 15_000_000}
    body = {"documentContent": large, "variables": [{}]}
    assert api.post("output/png", json=body).status_code == 200


def test_a_document_stands_in_for_a_template(api, template, render):
    """A documentContent goes before the template's own document."""
    document = api.get(f"templates/{template['id']}/download").json()
    plain = api.get(render().json()["links"]["download"]).content
    same = render(documentContent=document, templateId=None)
    assert api.get(same.json()["links"]["download"]).content == plain
    for layout in document["layouts"]:
        layout["fillColorEnabled"] = False
    other = render(documentContent=document)
    assert api.get(other.json()["links"]["download"]).content != plain


def test_a_failed_task_leads_to_its_report(api, template, render):
    """A value that is no item of a list fails the task, with a report by record."""
    document = api.get(f"templates/{template['id']}/download").json()
    kind = next(v["name"] for v in document["variables"] if v["type"] == "list")
    rows = [{}, {kind: "no such item"}, {}]
    failed = render(variables=rows)
    problem = failed.json()
    assert failed.status_code == problem["status"] == 500
    report = api.get(problem["detail"].split("Error report: ")[1]).json()
    # A key that is left out keeps the value of the row before.
    assert [record["recordNumber"] for record in report] == [1, 2]
    assert report[0]["errorList"][0]["type"] == "InvalidVariableValue"


def test_a_batch_of_pictures_is_a_zip(api, template, render):
    """Several rows make one archive with a picture for each."""
    document = api.get(f"templates/{template['id']}/download").json()
    name = next(v["name"] for v in document["variables"] if v["type"] == "shortText")
    done = render(variables=[{name: "One"}, {name: "Two"}])
    file = api.get(done.json()["links"]["download"])
    assert file.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(BytesIO(file.content))
    first, second = (archive.read(item) for item in archive.namelist())
    assert first.startswith(b"\x89PNG")
    assert first != second


def test_the_clock_can_be_turned_from_outside(simulator):
    """A control path that GraFx does not have turns the simulator's clock."""
    before = simulator.clock()
    url = f"{simulator.url}/simulator/clock"
    assert httpx.post(url, params={"advance_s": 60}).json()["now"] == before + 60
    assert httpx.post(url, params={"advance_s": "soon"}).status_code == 400
