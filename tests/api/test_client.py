"""The signed-in client against a scripted server on loopback."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from chili_notebook.api.client import Chili
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.errors import (
    APIError,
    ChiliError,
    ConfigurationError,
    ConnectionFailedError,
    ForbiddenError,
    InsecureURLError,
    NotFoundError,
    NotSignedInError,
    ServerError,
    UnauthorizedError,
    UnexpectedAnswerError,
)
from chili_notebook.http.transport import RETRY
from fakes import Answer, Protector, Server

NO_WAITING = RETRY.copy_with(backoff_factor=0.0)
ROOT = "/grafx/api/v1/environment/cp-abc-123/"


@pytest.fixture
def api():
    """Serve an API that answers with what it was asked."""

    def echo(asked):
        return Answer(200, {"path": asked.path, "method": asked.method})

    with Server(echo) as server:
        yield server


@pytest.fixture
def chili(api, clock, credentials, environment):
    """Give a client that is signed in to that API."""
    source = TokenManager(Protector(), clock=clock)
    source.sign_in(credentials, replace(environment, base_url=f"{api.url}/grafx"))
    with Chili(source, retry=NO_WAITING, sleep=clock.advance) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("templates", ROOT + "templates"),
        ("templates?limit=2", ROOT + "templates?limit=2"),
        ("/api/v1/info", "/grafx/api/v1/info"),
    ],
)
def test_paths_are_relative_to_the_environment_or_the_base(chili, api, path, sent):
    """A bare path is inside the environment, one with a slash under the base URL."""
    assert chili.get(path).json()["path"] == sent
    assert api.asked[-1].headers["authorization"].startswith("Bearer token-number-")


def test_full_urls_of_the_own_origin_are_signed(chili, api):
    """GraFx's links are full URLs, and get the token."""
    chili.get(f"{api.url}/grafx/anything")
    assert "authorization" in api.asked[-1].headers


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_each_verb_is_sent_as_it_is_named(chili, method):
    """chili.get sends GET, and so on."""
    assert getattr(chili, method)("x").json()["method"] == method.upper()


def test_another_host_never_gets_the_token(chili):
    """A full URL elsewhere is fetched without the bearer."""
    with Server(lambda _asked: Answer(200, {})) as other:
        chili.get(f"{other.url}/file")
    assert "authorization" not in other.asked[0].headers


def test_a_redirect_to_another_host_loses_the_token(chili, api):
    """A download that redirects to storage is followed without the bearer."""
    with Server(lambda _asked: Answer(200, b"bytes")) as storage:
        api.answer = lambda _asked: Answer(302, b"", {"Location": f"{storage.url}/f"})
        assert chili.get("media/1/download").content == b"bytes"
    assert "authorization" not in storage.asked[0].headers


def test_a_redirect_over_plain_http_is_refused(chili, api):
    """No redirect leads over plain http to another machine."""
    api.answer = lambda _asked: Answer(302, b"", {"Location": "http://192.0.2.1/f"})
    with pytest.raises(InsecureURLError):
        chili.get("media/1/download")


def test_a_post_follows_no_redirect(chili, api):
    """What changes something at GraFx is not sent on to where a redirect points."""
    with Server(lambda _asked: Answer(200, {})) as other:
        api.answer = lambda _asked: Answer(307, b"", {"Location": other.url})
        with pytest.raises(APIError):
            chili.post("output/png", json={})
        assert other.asked == []


@pytest.mark.parametrize("path", ["../cp-other/templates", "templates/%2e%2e/x", "./x"])
def test_no_path_climbs_out_of_the_environment(chili, api, path):
    """Dot segments are refused before anything is sent."""
    with pytest.raises(ConfigurationError):
        chili.get(path)
    assert api.asked == []


def test_plain_http_elsewhere_is_refused(chili):
    """A full http URL of another machine is not called at all."""
    with pytest.raises(ConfigurationError, match="plain http"):
        chili.get("http://192.0.2.1/x")


def test_problem_documents_become_errors(chili, api):
    """GraFx's own detail, title and trace id are in the error."""
    problem = {
        "title": "Not Found",
        "status": "404",
        "detail": "Environment 'x' is not found",
        "traceId": "00-abc-01",
    }
    api.answer = lambda _asked: Answer(
        404, problem, {"Content-Type": "application/problem+json"}
    )
    with pytest.raises(NotFoundError, match="Environment 'x' is not found") as caught:
        chili.get("templates")
    assert caught.value.status_code == 404
    assert caught.value.trace_id == "00-abc-01"


def test_403_names_the_scopes_that_the_token_has(chili, api):
    """Who is refused sees at once what the token may do."""
    api.answer = lambda _asked: Answer(403, {"title": "Forbidden", "status": 403})
    with pytest.raises(ForbiddenError) as caught:
        chili.get("media")
    assert "output:static template:list template:read" in caught.value.hint


def test_a_401_is_refetched_and_replayed_once(chili, api, endpoint):
    """One 401 costs one grant and one replay, and the caller sees the answer."""
    answers = [Answer(401, {}), Answer(200, {"ok": True})]
    api.answer = lambda _asked: answers.pop(0)
    assert chili.post("projects", json={"a": 1}).json() == {"ok": True}
    assert endpoint.grants == 2
    assert [asked.json() for asked in api.asked] == [{"a": 1}, {"a": 1}]


def test_a_lasting_401_is_an_error_after_one_replay(chili, api):
    """A token that stays unwelcome is not tried again and again."""
    api.answer = lambda _asked: Answer(401, {})
    with pytest.raises(UnauthorizedError):
        chili.get("templates")
    assert len(api.asked) == 2


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_safe_methods_are_retried(chili, api, status):
    """What passes by itself is not shown to the person."""
    answers = [Answer(status, b"", {"Retry-After": "0"}), Answer(200, {})]
    api.answer = lambda _asked: answers.pop(0)
    assert chili.get("templates").status_code == 200


def test_a_cut_line_is_retried_for_safe_methods(chili, api):
    """A GET whose answer got lost is asked again."""
    answers = [None, Answer(200, {})]
    api.answer = lambda _asked: answers.pop(0)
    assert chili.get("templates").status_code == 200


def test_a_post_is_never_retried(chili, api):
    """A render that may have begun is not begun twice."""
    api.answer = lambda _asked: Answer(503, b"<html>", {"Content-Type": "text/html"})
    with pytest.raises(ServerError):
        chili.post("output/png", json={})
    assert len(api.asked) == 1


def test_a_lost_answer_to_a_post_says_what_that_means(chili, api):
    """The error tells that GraFx may have carried the request out."""
    api.answer = lambda _asked: None
    with pytest.raises(ConnectionFailedError, match="may have carried"):
        chili.post("output/png", json={})
    assert len(api.asked) == 1


def test_a_stream_gives_the_answer_unread(chili, api):
    """Large files need not be read at once."""
    api.answer = lambda _asked: Answer(200, b"x" * 100_000)
    with chili.stream("GET", "media/1/download") as response:
        assert not response.is_stream_consumed
        assert sum(map(len, response.iter_bytes())) == 100_000


def test_a_stream_raises_for_an_error_status(chili, api):
    """A failed download is no file."""
    api.answer = lambda _asked: Answer(404, {"detail": "gone"})
    with pytest.raises(NotFoundError, match="gone"), chili.stream("GET", "x"):
        pass


def test_without_a_session_every_call_says_so(clock):
    """An unsent form shows up as NotSignedInError, not as a strange address."""
    chili = Chili(TokenManager(Protector(), clock=clock))
    with pytest.raises(NotSignedInError, match="chili_login"):
        chili.get("templates")
    assert repr(chili) == "<Chili: not signed in>"


def test_without_an_environment_calls_say_which_key_to_set(
    clock, credentials, environment
):
    """A token alone signs in, and the first call names CHILI_ENVIRONMENT."""
    source = TokenManager(Protector(), clock=clock)
    source.sign_in(credentials, replace(environment, name="", base_url=""))
    with pytest.raises(ConfigurationError, match="CHILI_ENVIRONMENT"):
        Chili(source).get("templates")


def test_a_closed_client_opens_again(chili):
    """Closing gives connections back and breaks nothing."""
    chili.get("a")
    chili.close()
    assert chili.get("b").status_code == 200


def test_pages_reads_any_listing(chili, api):
    """chili.pages follows links.nextPage to the end, whatever the listing."""

    def pages(asked):
        if "nextPageToken" in asked.path:
            return Answer(200, {"data": [{"id": "3"}], "links": None})
        following = f"{api.url}{ROOT}things?nextPageToken=2"
        return Answer(
            200,
            {"data": [{"id": "1"}, {"id": "2"}], "links": {"nextPage": following}},
        )

    api.answer = pages
    assert [item["id"] for item in chili.pages("things")] == ["1", "2", "3"]


def test_a_cursor_that_ran_out_costs_no_item(chili, api):
    """After a 410 the listing begins again and goes on behind the last item seen."""
    ids, broken = [str(number) for number in range(7)], []

    def pages(asked):
        start = int(asked.path.rpartition("Token=")[2]) if "Token" in asked.path else 0
        if start == 4 and not broken:
            broken.append(start)
            return Answer(410, {"detail": "stale"})
        following = f"{api.url}{ROOT}things?nextPageToken={start + 2}"
        more = start + 2 < len(ids)
        links = {"nextPage": following} if more else {}
        data = [{"id": one} for one in ids[start : start + 2]]
        return Answer(200, {"data": data, "links": links})

    api.answer = pages
    assert [item["id"] for item in chili.pages("things")] == ids
    broken.clear()
    listing = iter(chili.pages("things"))
    assert [next(listing)["id"] for _ in range(4)] == ids[:4]
    ids[3] = "gone"
    with pytest.raises(UnexpectedAnswerError, match="not there any more"):
        list(listing)


@pytest.mark.parametrize(
    ("call", "needed"),
    [
        (("GET", "media"), "media:list"),
        (("GET", "fonts/1"), "font:read"),
        (("PATCH", "projects/1"), "myproject:write"),
        (("POST", "output/gif"), "output:animated"),
    ],
)
def test_403_names_the_scope_that_is_probably_lacking(chili, api, call, needed):
    """A hint from the scopes' names, where the token has it not."""
    api.answer = lambda _asked: Answer(403, {})
    with pytest.raises(ForbiddenError) as caught:
        chili.request(*call)
    assert f"probably needs {needed}" in caught.value.hint


def test_a_refusal_elsewhere_says_that_the_token_was_not_sent(chili):
    """Another host's 401 is not blamed on the token."""
    with (
        Server(lambda _asked: Answer(401, {})) as other,
        pytest.raises(UnauthorizedError) as caught,
    ):
        chili.get(f"{other.url}/file")
    assert "was not sent there" in caught.value.hint


def test_what_a_problem_says_of_fields_and_traces_is_told(chili, api):
    """Field errors are in the message, the trace id of a failure in the hint."""
    problem = {"title": "Invalid", "errors": {"limit": ["too large"]}}
    api.answer = lambda _asked: Answer(400, problem)
    with pytest.raises(APIError, match=r"limit: \['too large'\]"):
        chili.get("templates")
    api.answer = lambda _asked: Answer(500, {"title": "x", "traceId": "00-abc-01"})
    with pytest.raises(ServerError) as caught:
        chili.get("media")
    assert "00-abc-01" in caught.value.hint


def test_a_429_names_the_wait(chili, api):
    """Who is to slow down learns for how long."""
    api.answer = lambda _asked: Answer(429, b"", {"Retry-After": "3600"})
    with pytest.raises(APIError) as caught:
        chili.post("output/png", json={})
    assert caught.value.hint == "GraFx asks to wait for 3600 s."


def test_a_lasting_401_explains_the_cache(chili, api):
    """The person learns when a new token can be had, and why not before."""
    api.answer = lambda _asked: Answer(401, {})
    with pytest.raises(UnauthorizedError) as caught:
        chili.get("templates")
    assert "at about" in caught.value.hint
    assert "permissions" in caught.value.hint


def test_a_listing_becomes_a_data_frame(chili, api):
    """to_frame() has a row for each item and a column for each field."""
    body = {"data": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]}
    api.answer = lambda _asked: Answer(200, body)
    assert list(chili.pages("things").to_frame()["name"]) == ["a", "b"]
    frame = chili.templates.list().to_frame()
    assert list(frame["id"]) == ["1", "2"]
    assert "raw" not in frame


def test_a_missing_template_is_told_as_probably_missing(chili, api):
    """GraFx answers 500 for one; the hint says what that means."""
    api.answer = lambda _asked: Answer(500, {"title": "Internal Server Error"})
    with pytest.raises(ServerError) as caught:
        chili.templates.get("1")
    assert "no such template" in caught.value.hint


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
def test_links_are_followed_however_they_are_written(chili, api, link):
    """Relative, or by GraFx's own address behind a proxy: they lead to the base URL."""
    following = link.format(root=ROOT, api=api.url)

    def pages(asked):
        if "page=2" in asked.path:
            return Answer(200, {"data": [{"id": "2"}], "links": {"nextPage": ""}})
        return Answer(200, {"data": [{"id": "1"}], "links": {"nextPage": following}})

    api.answer = pages
    assert [item["id"] for item in chili.pages("things")] == ["1", "2"]
    assert all("authorization" in asked.headers for asked in api.asked)


def test_a_link_to_another_host_is_followed_there_and_unsigned(chili, api):
    """A path like the API's makes no other host the environment."""
    second = {"data": [{"id": "2"}], "links": None}
    with Server(lambda _asked: Answer(200, second)) as other:
        following = f"{other.url}{ROOT}things?page=2"
        first = {"data": [{"id": "1"}], "links": {"nextPage": following}}
        api.answer = lambda _asked: Answer(200, first)
        assert [item["id"] for item in chili.pages("things")] == ["1", "2"]
    assert [asked.path for asked in other.asked] == [f"{ROOT}things?page=2"]
    assert "authorization" not in other.asked[0].headers
    assert len(api.asked) == 1


def test_settings_come_wrapped_or_bare(chili, api):
    """Either envelope is opened; what is no object is told."""
    told = {"sdkVersionPublic": "1.26"}
    for body in (told, {"data": told, "links": None}):
        api.answer = lambda _asked, body=body: Answer(200, body)
        assert chili.settings() == told
    api.answer = lambda _asked: Answer(200, [1])
    with pytest.raises(UnexpectedAnswerError):
        chili.settings()


def test_a_strange_item_spoils_no_listing(chili, api):
    """An item without fields is an item of blanks, and the table shows."""
    strange = {"dateCreated": "0001-01-01T00:00:00", "lastModifiedContentUtc": None}
    api.answer = lambda _asked: Answer(200, {"data": [{}, strange, {"id": 3}]})
    templates = chili.templates.list()
    assert [template.id for template in templates] == ["", "", "3"]
    assert "3 of 3" in templates._repr_mimebundle_()["text/plain"]
    with pytest.raises(ConfigurationError, match="not an id"):
        templates[0].document()
    api.answer = lambda _asked: Answer(200, {"data": None})
    assert list(chili.templates.list()) == []


def test_pages_in_a_circle_are_an_error(chili, api):
    """A cursor that leads back to itself does not run for ever."""
    following = f"{api.url}{ROOT}things?nextPageToken=2"
    body = {"data": [{"id": "1"}], "links": {"nextPage": following}}
    api.answer = lambda _asked: Answer(200, body)
    with pytest.raises(UnexpectedAnswerError, match="circle"):
        list(chili.pages("things"))


@pytest.mark.parametrize("body", [b"<html>", b"", b'"text"', b"{}", b'{"data": 1}'])
def test_what_is_no_listing_is_a_clear_error(chili, api, body):
    """Anything but a listing gives an error of ours and not a library's."""
    api.answer = lambda _asked: Answer(200, body)
    with pytest.raises(ChiliError):
        list(chili.pages("things"))


def test_the_users_proxy_is_used(monkeypatch, clock, credentials, environment):
    """HTTPS_PROXY is honoured even though the transport is our own."""
    with Server(lambda _asked: Answer(502, b"")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        source = TokenManager(Protector(), clock=clock)
        source.sign_in(credentials, environment)
        with (
            pytest.raises(ConnectionFailedError),
            Chili(source, retry=RETRY.copy_with(total=0)) as chili,
        ):
            chili.get("templates")
    assert proxy.asked[0].method == "CONNECT"


def test_no_error_holds_the_token_in_a_frame(chili, api, endpoint):
    """Verbose tracebacks and debuggers find no token in the frames of an error."""
    api.answer = lambda _asked: None
    with pytest.raises(ConnectionFailedError) as caught:
        chili.get("templates")
    error = caught.value
    assert error.__context__ is None
    frame = error.__traceback__
    while frame is not None:
        if "chili_notebook" in frame.tb_frame.f_code.co_filename:
            assert endpoint.issued[0] not in repr(frame.tb_frame.f_locals)
        frame = frame.tb_next


def test_httpx_is_what_comes_back(chili):
    """Answers are httpx's own, so everything known of them holds."""
    assert isinstance(chili.get("x"), httpx.Response)
