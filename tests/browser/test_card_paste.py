"""What is pasted into the form is taken apart in the browser, and nowhere else."""

from __future__ import annotations

import json

import pytest
from card_page import FORM, SECRET, SIGN_IN, SYNC

pytestmark = pytest.mark.browser

TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.c2ln"
PASTE = """(input, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const event = new ClipboardEvent(
    "paste", { clipboardData, bubbles: true, cancelable: true });
  return input.dispatchEvent(event);
}"""
ENV = f"""\
# CHILI_CLIENT_ID=an-older-id
export CHILI_CLIENT_ID=an-id
CHILI_CLIENT_SECRET="{SECRET}"   # keep it
CHILI_ACCESS_TOKEN=
CHILI_ENVIRONMENT='cp-abc-123'
CHILI_ENVIRONMENT_TYPE=sandbox
CHILI_ADMIN_CLIENT_ID=another-id
"""
ANSWER = {
    "access_token": TOKEN,
    "expires_in": 79_045,
    "scope": "font:list output:static",
    "token_type": "Bearer",
}
BODY = {
    "grant_type": "client_credentials",
    "audience": "https://chiligrafx.com",
    "client_id": "an-id",
    "client_secret": SECRET,
}


@pytest.fixture
def make_card(make_still_card):
    """Give cards in one page, since no test here moves its clock."""
    return make_still_card


def paste(card, label, text):
    """Paste a text into a field; say whether the browser is left to insert it."""
    return card.field(label).evaluate(PASTE, text)


def values(card):
    """Give what the form holds."""
    labels = ("Client ID", "Client secret", "Access token", "Environment", "Kind")
    return {label: card.field(label).input_value() for label in labels}


@pytest.mark.parametrize("label", ["Client ID", "Client secret", "Environment"])
def test_an_env_file_fills_the_form(make_card, label):
    """A .env fills all it tells of, in whichever field it is pasted."""
    card = make_card(FORM)
    assert paste(card, label, ENV) is False
    assert values(card) == {
        "Client ID": "an-id",
        "Client secret": SECRET,
        "Access token": "",
        "Environment": "cp-abc-123",
        "Kind": "sandbox",
    }
    assert "Filled in from what was pasted: Client ID, Client secret" in card.text
    assert card.button("Sign in").evaluate("node => node === document.activeElement")
    card.button("Sign in").click()
    assert card.sent == [SYNC, SIGN_IN | {"environment_type": "sandbox"}]
    assert SECRET not in card.page.content()


def test_an_address_that_comes_along_is_left_out_aloud(make_card):
    """The form sends where it says; where else a .env would send is told."""
    card = make_card(FORM)
    paste(card, "Client ID", f"{ENV}CHILI_TOKEN_URL=http://127.0.0.1:1/oauth/token\n")
    assert "CHILI_TOKEN_URL was left out: --env-file takes it." in card.text
    paste(card, "Client ID", ENV)
    assert "CHILI_TOKEN_URL" not in card.text


@pytest.mark.parametrize("indent", [None, 2])
def test_a_token_response_asks_for_a_token(make_card, indent):
    """A whole answer of the token endpoint turns the form to its token."""
    card = make_card(FORM)
    card.fill()
    assert paste(card, "Client ID", json.dumps(ANSWER, indent=indent)) is False
    assert card.field("Access token").is_visible()
    assert card.field("Access token").input_value() == TOKEN
    assert card.field("Access token").get_attribute("type") == "password"
    assert not card.holds(SECRET)
    card.button("Sign in").click()
    assert card.sent[-1]["access_token"] == TOKEN
    assert TOKEN not in card.page.content()


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(BODY),
        f"client_id = 'an-id'\nclient_secret = '{SECRET}'\n{{'client_id': client_id",
        f"CHILI_CLIENT_ID: an-id\nCHILI_CLIENT_SECRET: {SECRET}\n",
        f"CHILI_ACME_CLIENT_ID=an-id\r\nCHILI_ACME_CLIENT_SECRET={SECRET}\r\n",
    ],
)
def test_a_pair_is_found_in_other_writings(make_card, text):
    """A request's body, a snippet of Python, YAML and a profile's keys tell a pair."""
    card = make_card(FORM)
    card.button("Use a ready token instead").click()
    assert paste(card, "Access token", text) is False
    assert card.field("Client ID").input_value() == "an-id"
    assert card.field("Client secret").input_value() == SECRET
    focused = card.field("Environment").evaluate("n => n === document.activeElement")
    assert focused


FOREIGN = f"AZURE_CLIENT_ID=az-id\nAZURE_CLIENT_SECRET={TOKEN}\n"
OURS = f"CHILI_CLIENT_ID=an-id\nCHILI_CLIENT_SECRET={SECRET}\n"
ACME = OURS.replace("CHILI_", "CHILI_ACME_")
PLACE = "CHILI_ENVIRONMENT=cp-a\nCHILI_ENVIRONMENT_TYPE=sandbox\n"
BARE = f"client_id: an-id\nclient_secret: {SECRET}\n"
QUERY = f"client_id=an-id&client_secret={SECRET}"
OTHER = f"CHILI_B_CLIENT_ID=b-id\nCHILI_B_CLIENT_SECRET={TOKEN}\n"


@pytest.mark.parametrize(
    "text",
    [
        FOREIGN + OURS,
        f"client_id=az-id\nclient_secret={TOKEN}\n{OURS}",
        f"MY_CHILI_CLIENT_ID=az-id\n{OURS}",
        f"azure-client_id: az-id\nazure.client_secret: {TOKEN}\n{BARE}",
        OTHER + OURS,
        ACME + OTHER,
        f"CHILI_CLIENT_ID=plain-id\nCHILI_CLIENT_SECRET=\n{ACME}",
        f"CHILI_CLIENT_SECRET={TOKEN}\nCHILI_B_CLIENT_ID=b-id\n{ACME}",
        f'CHILI_CLIENT_ID=""\n{ACME}',
        f"{QUERY}&audience=https%3A%2F%2Fa.example",
        f"client_secret={SECRET}&client_id=an-id",
        f"curl -d 'grant_type=client_credentials&{QUERY}'",
        QUERY.replace("&", ","),
        QUERY.replace("&", ";") + ";",
        f"{{client_id: an-id, client_secret: {SECRET}, a: b}}",
        f"get-token --client_id=an-id --client_secret={SECRET}",
    ],
)
def test_id_and_secret_are_of_one_source_and_ours(make_card, text):
    """Another service's keys never count, nor do two profiles give one pair."""
    card = make_card(FORM)
    assert paste(card, "Client ID", text) is False
    assert card.field("Client ID").input_value() == "an-id"
    assert card.field("Client secret").input_value() == SECRET
    assert not card.holds("az-id")
    assert not card.holds(TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        FOREIGN,
        f"AZURE_ACCESS_TOKEN={TOKEN}\nAZURE_ENVIRONMENT=cloud\n",
        f"CHILI_ENVIRONMENT=\n{FOREIGN}ENVIRONMENT=cloud\nclient_secret={TOKEN}\n",
    ],
)
def test_keys_of_another_service_fill_nothing(make_card, text):
    """Keys are whole words, and beside a CHILI_ key no others count."""
    card = make_card(FORM)
    assert paste(card, "Client ID", text) is True
    assert not any(value for label, value in values(card).items() if label != "Kind")


def test_half_a_pair_is_not_made_whole_by_a_profile(make_card):
    """Where no prefix has both, the plain one fills what it has."""
    card = make_card(FORM)
    halves = f"CHILI_ACME_CLIENT_SECRET={SECRET}\nCHILI_CLIENT_ID=plain-id\n"
    assert paste(card, "Client ID", halves) is False
    assert card.field("Client ID").input_value() == "plain-id"
    assert card.field("Client secret").input_value() == ""


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        (f"{ACME}CHILI_ENVIRONMENT=cp-a\nENVIRONMENT=cloud", "cp-a", "production"),
        (f"{PLACE}{ACME}CHILI_ACME_ENVIRONMENT=cp-b\n", "cp-b", "sandbox"),
        (f"CHILI_ACME_ENVIRONMENT=cp-b\n{OURS}", "", "production"),
        ("CHILI_ACME_ENVIRONMENT=cp-b\n", "cp-b", "production"),
        (PLACE.replace("sandbox", "Sandbox"), "cp-a", "sandbox"),
    ],
)
def test_the_environment_is_that_of_the_pair(make_card, text, name, kind):
    """The pair's own prefix goes before the plain one, and no other profile's does."""
    card = make_card(FORM)
    assert paste(card, "Client ID", text) is False
    assert card.field("Environment").input_value() == name
    assert card.field("Kind").input_value() == kind


@pytest.mark.parametrize(
    ("address", "name", "kind"),
    [
        ("https://cp-abc-123.chili-publish.online/grafx", "cp-abc-123", "production"),
        (
            "https://cp-abc-123.chili-publish-sandbox.online/grafx/swagger/index.html",
            "cp-abc-123",
            "sandbox",
        ),
        ("cp-abc-123.chili-publish-sandbox.online", "cp-abc-123", "sandbox"),
        (
            "https://cp-a.chili-publish.online/grafx/api/v1/environment/cp-a/media?l=5",
            "cp-a",
            "production",
        ),
        (
            "https://CP-A.chili-publish.online/grafx/api/v1/environment/cp-a",
            "cp-a",
            "production",
        ),
        ("https://CP-A.chili-publish.online:443/grafx", "cp-a", "production"),
        (
            "CHILI_BASE_URL=https://cp-abc-123.chili-publish-sandbox.online/grafx\n",
            "cp-abc-123",
            "sandbox",
        ),
    ],
)
def test_an_address_fills_environment_and_kind(make_card, address, name, kind):
    """The address of Swagger, of the API or of an item tells both."""
    card = make_card(FORM)
    assert paste(card, "Environment", address) is False
    assert card.field("Environment").input_value() == name
    assert card.field("Kind").input_value() == kind
    assert "Filled in from what was pasted: Environment." in card.text


def test_an_address_that_is_typed_is_read_too(make_card):
    """Leaving the field does what pasting does."""
    card = make_card(FORM)
    card.field("Environment").fill("https://cp-a.chili-publish-sandbox.online/grafx")
    card.field("Kind").focus()
    assert card.field("Environment").input_value() == "cp-a"
    assert card.field("Kind").input_value() == "sandbox"


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        TOKEN,
        "cp-abc-123",
        "",
        "https://chili.example.com/grafx/swagger",
        "https://chiligrafx.com/environments/0f8fad5b/studio",
        "https://cp-a.chili-publish.online/grafx/api/v1/environment/cp-b/templates",
        "https://cp-a.chili-publish.online.example.com/grafx",
        "https://cp-a.chili-publish.online:8443/grafx",
        "CHILI_CLIENT_ID=\nCHILI_CLIENT_SECRET=\n",
        "client_id client_secret",
    ],
)
def test_what_is_not_understood_is_left_to_the_browser(make_card, text):
    """Plain values and foreign addresses are inserted as they are."""
    card = make_card(FORM)
    assert paste(card, "Client secret", text) is True
    assert "Filled in" not in card.text
    assert not any(value for label, value in values(card).items() if label != "Kind")


def test_what_was_pasted_is_told_without_its_value(make_card):
    """The word about it is read out, names fields only and goes with the next try."""
    card = make_card(FORM)
    paste(card, "Client ID", ENV)
    told = card.root.get_by_role("status").filter(has_text="Filled in").inner_text()
    assert SECRET not in told
    assert "an-id" not in told
    assert SECRET not in card.page.content()
    card.button("Sign in").click()
    assert "Filled in" not in card.text


def test_what_was_told_of_a_paste_goes_with_the_next(make_card):
    """Even if that one is only inserted."""
    card = make_card(FORM)
    paste(card, "Client ID", ENV)
    assert "Filled in" in card.text
    paste(card, "Client ID", "another-id")
    assert "Filled in" not in card.text


def test_a_paste_mends_what_was_missing(make_card):
    """A field that is filled so is missing no more."""
    card = make_card(FORM)
    card.button("Sign in").click()
    assert card.root.locator("[aria-invalid]").count() == 3
    paste(card, "Client ID", ENV)
    assert card.root.locator("[aria-invalid]").count() == 0
