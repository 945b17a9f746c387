"""One sign-in of a notebook: what its session shows, stores and raises."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from chili_notebook.auth.credentials import Origin
from chili_notebook.auth.environment_check import (
    CheckStatus,
    EnvironmentCheck,
    check_environment,
)
from chili_notebook.card.state import as_text
from chili_notebook.errors import (
    ConfigurationError,
    CredentialsNotFoundError,
    ForbiddenError,
    NotSignedInError,
)
from chili_notebook.guard.install import Guard
from chili_notebook.notebook.session import Session
from chili_notebook.signin import find_login
from conftest import CLIENT_ID, CLIENT_SECRET, FORM_MESSAGE
from fakes import Answer, CardView, OutputRecorder, Server, jwt

REFRESH = {"kind": "refresh"}


@pytest.fixture
def outputs():
    """Return a recorder of what a session displays."""
    return OutputRecorder()


@pytest.fixture
def make_session(clock, outputs):
    """Return a function that creates a session whose outputs are recorded."""

    def make(profile="", name="chili", **more):
        return Session(
            profile, name, guard=Guard(), clock=clock, show_output=outputs, **more
        )

    return make


@pytest.fixture
def displayed_session(make_session, env_file):
    """Return a session that is signed in and displayed live."""
    env_file()
    session = make_session()
    session.sign_in(find_login())
    session.display(live=True)
    return session


@pytest.fixture
def api_without_scopes(endpoint, monkeypatch):
    """Serve the token endpoint, and an API that refuses every call."""

    def answer(request):
        if request.path == "/oauth/token":
            return endpoint(request)
        return Answer(403, {"title": "Forbidden", "status": 403})

    with Server(answer) as server:
        monkeypatch.setenv("CHILI_CLIENT_ID", CLIENT_ID)
        monkeypatch.setenv("CHILI_CLIENT_SECRET", CLIENT_SECRET)
        monkeypatch.setenv("CHILI_ENVIRONMENT", "cp-abc-123")
        monkeypatch.setenv("CHILI_TOKEN_URL", f"{server.url}/oauth/token")
        monkeypatch.setenv("CHILI_BASE_URL", f"{server.url}/grafx")
        yield server


def test_form_is_shown_until_it_is_sent(session, view):
    """The client exists at once, and every call says that the form was not sent."""
    assert view.card.phase == "form"
    assert view.card.form["why"].startswith(
        "No credentials found in the process environment or .env here or above"
    )
    with pytest.raises(NotSignedInError, match="the form has not been sent yet"):
        session.chili.get("templates")
    assert repr(session.chili.token) == "<GraFx token: not signed in>"


def test_form_shows_where_the_secret_is_sent(view, token_server):
    """The host of the token endpoint is shown before a secret is typed."""
    assert f"http://{view.card.environment['token_host']}" == token_server.url


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (
            "CHILI_TOKEN_URL=https://elsewhere.example/oauth/token\n",
            "CHILI_TOKEN_URL in .env is ignored for credentials typed here.",
        ),
        (
            (
                "CHILI_TOKEN_URL=https://elsewhere.example/t\n"
                "CHILI_BASE_URL=https://elsewhere.example/grafx\n"
            ),
            (
                "CHILI_BASE_URL in .env and CHILI_TOKEN_URL in .env are ignored for "
                "credentials typed here."
            ),
        ),
    ],
)
def test_refused_settings_are_a_note_in_the_form(make_session, lines, text):
    """What is typed is sent to GraFx, whatever a .env beside the notebook sets."""
    Path(".env").write_text(lines)
    session = make_session()
    session.show_form(find_login())
    assert session.state.phase == "form"
    assert session.state.environment.token_host == "integration-login.chiligrafx.com"
    assert session.state.note.text == text
    assert "--env-file" in session.state.note.hint
    assert "elsewhere" not in repr(session.state)


def test_refused_settings_raise_for_a_sign_in_without_the_form(
    make_session, env_file, monkeypatch, endpoint
):
    """No request is made with the credentials of another source."""
    env_file()
    monkeypatch.setenv("CHILI_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("CHILI_CLIENT_SECRET", CLIENT_SECRET)
    session = make_session()
    with pytest.raises(ConfigurationError, match=r"CHILI_TOKEN_URL is set in \.env"):
        session.sign_in(find_login())
    assert session.state.phase == "signed-out"
    assert endpoint.grants == 0


def test_form_is_shown_even_if_a_setting_cannot_be_used(make_session):
    """The error is shown beside its field, where it can be corrected."""
    Path(".env").write_text("CHILI_ENVIRONMENT=<cp-abc-123>\n")
    session = make_session()
    session.show_form(find_login())
    assert session.state.phase == "form"
    assert session.state.note.field == "environment"
    assert session.state.note.kind == "error"
    assert "CHILI_ENVIRONMENT in .env" in session.state.note.text


def test_form_is_shown_for_a_new_profile(make_session):
    """A profile that no source knows can be typed."""
    session = make_session("new", "chili_new")
    session.show_form(find_login("new", is_new_profile=True))
    assert session.state.phase == "form"
    assert session.state.profile == "new"


def test_sign_in_without_credentials_raises(make_session, endpoint):
    """The session stays signed out."""
    session = make_session()
    with pytest.raises(CredentialsNotFoundError):
        session.sign_in(find_login())
    assert session.state.phase == "signed-out"
    assert endpoint.grants == 0


def test_sign_in_shows_environment_source_and_token(make_session, env_file, endpoint):
    """The card shows them, and the names are those of the session."""
    env_file()
    Path(".env").chmod(0o600)
    session = make_session()
    session.sign_in(find_login())
    state = session.state
    assert (state.phase, state.source) == ("signed-in", ".env")
    assert state.origin is Origin.ENV_FILE
    assert state.environment.name == "cp-abc-123"
    assert state.token.secret.reveal() == endpoint.issued[0]
    assert state.note is None
    assert session.names == {
        "chili": session.chili,
        "chili_token": session.chili.token,
    }
    assert session.describe_outcome() == "signed in with credentials from .env"


def test_danger_of_the_env_file_is_a_note(make_session, env_file):
    """The note of the card contains the command that fixes it."""
    env_file()
    Path(".env").chmod(0o644)
    session = make_session()
    session.sign_in(find_login())
    assert session.state.note.text == "Other users of this machine can read .env."
    assert session.state.note.hint == "Run: chmod 600 .env"


def test_guard_knows_the_secret_and_every_token(clock, env_file, endpoint):
    """The registry of the session's own guard masks them."""
    env_file()
    guard = Guard()
    session = Session("", "chili", guard=guard, clock=clock)
    session.sign_in(find_login(registry=guard.registry))
    clock.advance(86_400)
    str(session.chili.token)
    known = {known.secret.reveal() for known in guard.registry.known}
    assert known == {CLIENT_SECRET, *endpoint.issued}
    assert len(endpoint.issued) == 2


def test_card_says_if_nothing_is_masked(make_session, env_file):
    """A guard that is not installed masks no output."""
    env_file()
    session = make_session()
    session.sign_in(find_login())
    assert not session.state.masked


def test_renewal_by_a_call_is_shown_exactly_once(displayed_session, outputs, clock):
    """The live card and the stored twin each change once, without a note."""
    view = CardView(displayed_session.live_card())
    serials = []
    view.card.observe(lambda change: serials.append(change.new["serial"]), "token")
    clock.advance(86_400 - 30)
    first, second = (str(displayed_session.chili.token) for _use in range(2))
    assert first == second == "token-number-1"
    assert len(serials) == 1
    assert view.card.remaining_s == 86_400
    assert len(outputs.updates) == 1


def test_first_sign_in_is_shown_exactly_once(make_session, env_file, outputs):
    """The twin of a session that was displayed before its sign-in changes once."""
    env_file()
    session = make_session()
    session.display(live=True)
    session.sign_in(find_login())
    assert len(outputs.updates) == 1
    assert "signed in" in outputs.updates[0].bundle["text/plain"]


def test_cards_in_many_cells_are_updated_together(displayed_session, outputs, clock):
    """All stored twins have one display ID, so that one update changes them all."""
    displayed_session.display(live=True)
    displayed_session.display(live=True)
    view = CardView(displayed_session.live_card())
    view.send(REFRESH)
    assert outputs.updates == []  # the same token again
    clock.advance(86_400 - 60)
    view.send(REFRESH)
    twins = [output for output in outputs.outputs if output.display_id is not None]
    assert len({output.display_id for output in twins}) == 1
    assert [output.is_update for output in twins] == [False, False, False, True]


def test_live_display_is_a_hidden_twin_and_a_view(displayed_session, outputs):
    """The twin is an output of its own, before the widget's."""
    twin, live = outputs.outputs
    assert "data-chili-beside" in twin.bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in live.bundle
    assert live.bundle["text/plain"] == ""
    assert displayed_session.state.phase == "signed-in"


@pytest.mark.parametrize(("in_full", "lines"), [(True, 9), (False, 1)])
def test_static_display_is_the_twin_alone(
    make_session, env_file, outputs, in_full, lines
):
    """Logs get one line of text; %chili_status gets all lines."""
    env_file()
    Path(".env").chmod(0o600)
    session = make_session()
    session.sign_in(find_login())
    session.display(live=False, in_full=in_full)
    (output,) = outputs.outputs
    assert output.display_id is None
    assert "data-chili-beside" not in output.bundle["text/html"]
    assert len(output.bundle["text/plain"].splitlines()) == lines
    session.sign_out("done")
    assert outputs.updates == []


def test_stored_twin_changes_before_the_live_card(env_file):
    """A notebook that is saved as soon as the card changes has the new state."""
    env_file()
    order = []
    outputs = OutputRecorder(lambda output: order.append(output.is_update))
    session = Session("", "chili", guard=Guard(), show_output=outputs)
    session.sign_in(find_login())
    session.display(live=True)
    view = CardView(session.live_card())
    view.card.observe(lambda _change: order.append("live card"), "phase")
    view.send({"kind": "sign-out"})
    assert order == [False, False, True, "live card"]


def test_stored_twin_follows_a_sign_in_to_another_environment(
    make_session, token_server, outputs, monkeypatch
):
    """Earlier cells are updated, even if the endpoint returned the same token."""
    monkeypatch.setenv("CHILI_TOKEN_URL", f"{token_server.url}/oauth/token")
    session = make_session()
    session.show_form(find_login())
    view = CardView(session.live_card())
    view.send(FORM_MESSAGE)
    session.display(live=True)
    view.send(FORM_MESSAGE | {"environment": "cp-other-9"})
    update = outputs.updates[-1]
    assert "cp-other-9" in update.bundle["text/plain"]
    assert "cp-other-9" in update.bundle["text/html"]


def test_sign_out_shows_the_expiry_and_where_the_credentials_are(displayed_session):
    """The reason is that of every later call."""
    displayed_session.sign_out("You signed out with %chili_logout.")
    assert displayed_session.state.phase == "signed-out"
    assert displayed_session.state.note.text == "Your credentials are still in .env."
    assert "cannot revoke" in as_text(displayed_session.state)
    assert displayed_session.describe_outcome() == "not signed in"
    with pytest.raises(NotSignedInError, match=r"You signed out with %chili_logout\."):
        displayed_session.chili.get("templates")


def test_sign_out_of_the_simulator_has_no_note(make_session):
    """The simulator's credentials are stored nowhere."""
    session = make_session()
    session.sign_in(find_login(demo=True))
    assert session.state.environment.kind == "simulated"
    session.sign_out("done")
    assert session.state.note is None


@pytest.mark.usefixtures("api_without_scopes")
def test_refused_calls_mark_the_scopes_that_they_needed(make_session):
    """The card lists the scopes that the token lacks, until the next sign-in."""
    session = make_session()
    session.sign_in(find_login())
    card = session.live_card()
    for path in ("output/gif", "output/pdf", "output/mp4"):
        with pytest.raises(ForbiddenError):
            session.chili.post(path)
    with pytest.raises(ForbiddenError):
        session.chili.delete("fonts/1")
    assert card.lacking == ["font:write", "output:animated"]
    assert "calls that probably need font:write, output:animated." in as_text(
        session.state
    )
    session.sign_in(find_login())
    assert card.lacking == []


def test_calls_refused_for_another_reason_mark_no_scope(
    make_session, api_without_scopes
):
    """The token has the scope of these calls, or the scope is unknown."""
    session = make_session()
    session.sign_in(find_login())
    for path in ("templates", "output/pdf", "something/else"):
        with pytest.raises(ForbiddenError):
            session.chili.get(path)
    assert session.live_card().lacking == []
    assert len(api_without_scopes.requests) == 4


@pytest.mark.usefixtures("api_without_scopes")
def test_marked_scope_is_removed_by_a_token_that_has_it(make_session, endpoint, clock):
    """A renewal without the scope keeps the mark."""
    session = make_session()
    session.sign_in(find_login())
    view = CardView(session.live_card())
    with pytest.raises(ForbiddenError):
        session.chili.post("output/gif")
    clock.advance(86_000)
    view.send(REFRESH)
    assert view.card.lacking == ["output:animated"]
    body = {"access_token": jwt(n=3), "token_type": "Bearer", "expires_in": 86_400}
    endpoint.failing = Answer(200, body | {"scope": "output:animated"})
    view.send(REFRESH)
    assert view.card.token["scopes"] == ["output:animated"]
    assert view.card.lacking == []


def test_sessions_of_two_names_are_independent(make_session, env_file, endpoint):
    """Signing one out leaves the other signed in."""
    env_file()
    first, second = make_session(), make_session(name="other")
    first.sign_in(find_login())
    second.sign_in(find_login())
    first.sign_out("done")
    assert str(second.chili.token) == endpoint.issued[0]


def test_closed_card_is_replaced(displayed_session):
    """Anybody can close a widget; the next display shows a new one."""
    closed = displayed_session.live_card()
    closed.close()
    card = displayed_session.live_card()
    assert card is not closed
    assert card.phase == "signed-in"
    displayed_session.display(live=True)


class PausedCheck:
    """Stands for a slow environment, which answers when the test allows it."""

    def __init__(self, result):
        self.result = result
        self.may_answer = threading.Event()
        self.tokens = []

    def __call__(self, _environment, token):
        """Return the result, once the test allows it."""
        self.tokens.append(token.secret.reveal())
        assert self.may_answer.wait(5)
        return self.result


ANSWERED = EnvironmentCheck(CheckStatus.ANSWERED)
UNKNOWN = EnvironmentCheck(CheckStatus.UNKNOWN_ENVIRONMENT, "No such one.", "Fix it.")


@pytest.fixture
def check():
    """Return a check of the environment that waits for the test."""
    check = PausedCheck(ANSWERED)
    yield check
    check.may_answer.set()


@pytest.fixture
def checked_session(make_session, env_file, check):
    """Return a session that is signed in, and asks the environment when displayed."""
    env_file(CHILI_CHECK="on")
    session = make_session(check=check)
    session.sign_in(find_login())
    return session


def wait_for_check(session):
    """Wait until the card no longer shows that the environment is asked."""
    waiting = threading.Event()
    session.live_card().observe(lambda _change: waiting.set(), "check")
    if session.state.check.status is CheckStatus.CHECKING:
        assert waiting.wait(5)


@pytest.mark.parametrize("result", [ANSWERED, UNKNOWN])
def test_live_card_follows_the_check(checked_session, check, outputs, result):
    """The token works at once; the card and its stored twin change with the answer."""
    check.result = result
    checked_session.display(live=True)
    assert checked_session.live_card().check["status"] == "checking"
    assert "checking the environment" in outputs.outputs[0].bundle["text/plain"]
    token = str(checked_session.chili.token)
    check.may_answer.set()
    wait_for_check(checked_session)
    assert checked_session.live_card().check["text"] == result.text
    shown = outputs.updates[-1].bundle["text/plain"]
    assert ("signed in" in shown) is (result is ANSWERED)
    checked_session.display(live=True)
    assert check.tokens == [token]


@pytest.mark.parametrize("result", [ANSWERED, UNKNOWN])
def test_static_card_shows_the_result_of_the_check(
    checked_session, check, outputs, result
):
    """A run that nobody watches stores the same card each time."""
    check.result = result
    check.may_answer.set()
    checked_session.display(live=False)
    (output,) = outputs.outputs
    first = output.bundle["text/plain"].splitlines()[0]
    assert first == f"CHILI GraFx: {result.label.lower()}"
    assert all(
        part in output.bundle["text/html"] for part in (result.text, result.hint)
    )


def test_check_that_fails_is_repeated_by_a_refresh(checked_session, check):
    """The user may have connected to the VPN meanwhile."""
    check.result = UNKNOWN
    check.may_answer.set()
    checked_session.display(live=False)
    check.result = ANSWERED
    view = CardView(checked_session.live_card())
    view.send(REFRESH)
    wait_for_check(checked_session)
    assert checked_session.state.check is ANSWERED
    view.send(REFRESH)
    assert len(check.tokens) == 2


def test_answer_after_a_sign_out_is_ignored(checked_session, check, outputs):
    """A card that says signed out does not change any more."""
    checked_session.display(live=True)
    checked_session.sign_out("done")
    before = len(outputs.outputs)
    check.may_answer.set()
    checked_session.display(live=False)
    assert checked_session.state.phase == "signed-out"
    assert len(outputs.outputs) == before + 1


@pytest.mark.parametrize(
    ("keys", "options"),
    [
        ({"CHILI_CHECK": "off"}, {}),
        ({"CHILI_CHECK": "on"}, {"is_checked": False}),
        ({"CHILI_ENVIRONMENT": ""}, {}),
    ],
)
def test_check_that_is_switched_off_is_shown(
    make_session, env_file, check, keys, options
):
    """A card that nobody has checked is not green, and nothing is asked."""
    env_file(**keys)
    session = make_session(check=check)
    session.sign_in(find_login(**options))
    session.display(live=False)
    assert session.state.check.status is CheckStatus.NOT_CHECKED
    assert "environment not checked" in as_text(session.state)
    assert check.tokens == []


def test_typed_login_is_checked(make_session, check, token_server, monkeypatch):
    """The form's sign-in asks the environment without another display."""
    monkeypatch.setenv("CHILI_TOKEN_URL", f"{token_server.url}/oauth/token")
    check.may_answer.set()
    session = make_session(check=check)
    session.show_form(find_login())
    CardView(session.live_card()).send(FORM_MESSAGE)
    wait_for_check(session)
    assert session.state.check is ANSWERED


@pytest.mark.parametrize("is_typed", [False, True])
def test_simulator_is_shown_as_simulated_however_one_signed_in(
    simulator, make_session, monkeypatch, is_typed
):
    """The simulator marks its answers, so its credentials can come from anywhere."""
    variables = simulator.variables()
    for key, value in variables.items():
        if not (is_typed and key.startswith("CHILI_CLIENT")):
            monkeypatch.setenv(key, value)
    session = make_session(check=check_environment)
    if is_typed:
        session.show_form(find_login())
        message = FORM_MESSAGE | {"environment": variables["CHILI_ENVIRONMENT"]}
        for key in ("client_id", "client_secret"):
            message[key] = variables[f"CHILI_{key.upper()}"]
        CardView(session.live_card()).send(message)
    else:
        session.sign_in(find_login())
    session.display(live=False)
    assert session.state.check == EnvironmentCheck(
        CheckStatus.ANSWERED, is_simulated=True
    )
    assert session.chili.environment.kind == "simulated"
    assert "(simulated)" in as_text(session.state)
    session.sign_out("done")


def test_typed_login_is_not_warned_about_a_file(
    make_session, env_file, token_server, monkeypatch
):
    """A .env that others can read matters only if its credentials were used."""
    env_file()
    monkeypatch.setenv("CHILI_TOKEN_URL", f"{token_server.url}/oauth/token")
    Path(".env").chmod(0o644)
    session = make_session()
    session.sign_in(find_login())
    assert "can read .env" in session.state.note.text
    session.show_form(find_login())
    CardView(session.live_card()).send(FORM_MESSAGE)
    assert session.state.phase == "signed-in"
    assert session.state.note is None
