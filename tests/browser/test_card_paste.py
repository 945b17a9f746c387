"""Texts that are pasted into the form are parsed in the browser."""

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


def paste(card, label, text):
    """Paste a text into a field; return whether the browser inserts it itself."""
    return card.field(label).evaluate(PASTE, text)


def values(card):
    """Return the values of the form."""
    labels = ("Client ID", "Client secret", "Access token", "Environment", "Kind")
    return {label: card.field(label).input_value() for label in labels}


@pytest.mark.parametrize("label", ["Client ID", "Client secret", "Environment"])
def test_pasted_env_file_fills_the_form(make_card, label):
    """A .env file fills every field that it names, from any field."""
    card = make_card(FORM)
    assert paste(card, label, ENV) is False
    assert values(card) == {
        "Client ID": "an-id",
        "Client secret": SECRET,
        "Access token": "",
        "Environment": "cp-abc-123",
        "Kind": "sandbox",
    }
    assert "Filled in from the pasted text: Client ID, Client secret" in card.text
    assert card.button("Sign in").evaluate("node => node === document.activeElement")
    card.button("Sign in").click()
    assert card.sent == [SYNC, SIGN_IN | {"environment_type": "sandbox"}]
    assert SECRET not in card.page.content()


def test_pasted_token_url_is_ignored_with_a_message(make_card):
    """The form never sends to a pasted URL, and says so."""
    card = make_card(FORM)
    paste(card, "Client ID", f"{ENV}CHILI_TOKEN_URL=http://127.0.0.1:1/oauth/token\n")
    assert (
        "CHILI_TOKEN_URL was ignored; to use it, pass the file with --env-file."
        in card.text
    )
    paste(card, "Client ID", ENV)
    assert "CHILI_TOKEN_URL" not in card.text


@pytest.mark.parametrize("indent", [None, 2])
def test_pasted_token_response_fills_the_token(make_card, indent):
    """A response of the token endpoint switches the form to its access token."""
    card = make_card(FORM)
    card.fill_form()
    assert paste(card, "Client ID", json.dumps(ANSWER, indent=indent)) is False
    assert card.field("Access token").is_visible()
    assert card.field("Access token").input_value() == TOKEN
    assert card.field("Access token").get_attribute("type") == "password"
    assert not card.contains(SECRET)
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
def test_pair_is_found_in_other_formats(make_card, text):
    """JSON, Python, YAML and the variables of a profile contain a pair."""
    card = make_card(FORM)
    card.button("Use an access token instead").click()
    assert paste(card, "Access token", text) is False
    assert card.field("Client ID").input_value() == "an-id"
    assert card.field("Client secret").input_value() == SECRET
    focused = card.field("Environment").evaluate("n => n === document.activeElement")
    assert focused


OTHER_SERVICE = f"AZURE_CLIENT_ID=az-id\nAZURE_CLIENT_SECRET={TOKEN}\n"
PLAIN = f"CHILI_CLIENT_ID=an-id\nCHILI_CLIENT_SECRET={SECRET}\n"
ACME = PLAIN.replace("CHILI_", "CHILI_ACME_")
PLACE = "CHILI_ENVIRONMENT=cp-a\nCHILI_ENVIRONMENT_TYPE=sandbox\n"
LOWER_CASE = f"client_id: an-id\nclient_secret: {SECRET}\n"
QUERY = f"client_id=an-id&client_secret={SECRET}"
OTHER_PROFILE = f"CHILI_B_CLIENT_ID=b-id\nCHILI_B_CLIENT_SECRET={TOKEN}\n"


@pytest.mark.parametrize(
    "text",
    [
        OTHER_SERVICE + PLAIN,
        f"client_id=az-id\nclient_secret={TOKEN}\n{PLAIN}",
        f"MY_CHILI_CLIENT_ID=az-id\n{PLAIN}",
        f"azure-client_id: az-id\nazure.client_secret: {TOKEN}\n{LOWER_CASE}",
        OTHER_PROFILE + PLAIN,
        ACME + OTHER_PROFILE,
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
def test_id_and_secret_come_from_the_same_prefix(make_card, text):
    """Variables of other services are ignored, and two profiles are never mixed."""
    card = make_card(FORM)
    assert paste(card, "Client ID", text) is False
    assert card.field("Client ID").input_value() == "an-id"
    assert card.field("Client secret").input_value() == SECRET
    assert not card.contains("az-id")
    assert not card.contains(TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        OTHER_SERVICE,
        f"AZURE_ACCESS_TOKEN={TOKEN}\nAZURE_ENVIRONMENT=cloud\n",
        f"CHILI_ENVIRONMENT=\n{OTHER_SERVICE}ENVIRONMENT=cloud\nclient_secret={TOKEN}\n",
    ],
)
def test_variables_of_another_service_are_not_used(make_card, text):
    """Names are matched as a whole, and next to a CHILI_ name no others count."""
    card = make_card(FORM)
    assert paste(card, "Client ID", text) is True
    assert not any(value for label, value in values(card).items() if label != "Kind")


def test_incomplete_pair_is_not_completed_from_another_prefix(make_card):
    """If no prefix has both values, only the plain one is used."""
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
        (f"CHILI_ACME_ENVIRONMENT=cp-b\n{PLAIN}", "", "production"),
        ("CHILI_ACME_ENVIRONMENT=cp-b\n", "cp-b", "production"),
        (PLACE.replace("sandbox", "Sandbox"), "cp-a", "sandbox"),
    ],
)
def test_environment_has_the_prefix_of_the_pair(make_card, text, name, kind):
    """The pair's own prefix comes before the plain one; other profiles do not count."""
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
def test_pasted_url_fills_environment_and_kind(make_card, address, name, kind):
    """URLs of Swagger, of the API and of an item contain both."""
    card = make_card(FORM)
    assert paste(card, "Environment", address) is False
    assert card.field("Environment").input_value() == name
    assert card.field("Kind").input_value() == kind
    assert "Filled in from the pasted text: Environment." in card.text


def test_typed_url_fills_environment_and_kind(make_card):
    """Leaving the field has the same effect as pasting."""
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
def test_other_text_is_pasted_by_the_browser(make_card, text):
    """Plain values and URLs of other hosts are inserted unchanged."""
    card = make_card(FORM)
    assert paste(card, "Client secret", text) is True
    assert "Filled in" not in card.text
    assert not any(value for label, value in values(card).items() if label != "Kind")


def test_paste_message_names_fields_but_no_values(make_card):
    """The message is announced, and disappears with the sign-in."""
    card = make_card(FORM)
    paste(card, "Client ID", ENV)
    text = card.root.get_by_role("status").filter(has_text="Filled in").inner_text()
    assert SECRET not in text
    assert "an-id" not in text
    assert SECRET not in card.page.content()
    card.button("Sign in").click()
    assert "Filled in" not in card.text


def test_next_paste_removes_the_message(make_card):
    """A paste that fills nothing in also removes the message."""
    card = make_card(FORM)
    paste(card, "Client ID", ENV)
    assert "Filled in" in card.text
    paste(card, "Client ID", "another-id")
    assert "Filled in" not in card.text


def test_paste_clears_missing_field_errors(make_card):
    """A field that is filled in by a paste is no longer marked as missing."""
    card = make_card(FORM)
    card.button("Sign in").click()
    assert card.root.locator("[aria-invalid]").count() == 3
    paste(card, "Client ID", ENV)
    assert card.root.locator("[aria-invalid]").count() == 0
