"""The live card in notebooks without magics."""

from __future__ import annotations

import pytest

from chili_notebook import LoginCard
from chili_notebook.card.widget import Card
from chili_notebook.errors import NotSignedInError
from conftest import FORM_MESSAGE
from fakes import CardView


def test_card_is_shown_and_its_client_works(env_file):
    """The protocol of marimo returns the widget, which shows the session."""
    env_file()
    login = LoginCard()
    card = login._display_()
    assert isinstance(card, Card)
    assert card.phase == "signed-in"
    assert card.names == {"client": "card.chili", "token": "card.chili.token"}
    assert str(login.chili.token) == "token-number-0"
    login.sign_out()
    assert card.phase == "signed-out"
    assert "signed out" in repr(login)


def test_card_is_the_form_if_there_are_no_credentials(token_server, monkeypatch):
    """What is typed signs in; until then calls say that the form was not sent."""
    monkeypatch.setenv("CHILI_TOKEN_URL", f"{token_server.url}/oauth/token")
    monkeypatch.setenv("CHILI_CHECK", "off")
    login = LoginCard()
    view = CardView(login._display_())
    assert view.card.phase == "form"
    with pytest.raises(NotSignedInError, match="form has not been sent"):
        login.chili.get("templates")
    view.send(FORM_MESSAGE)
    assert view.card.phase == "signed-in"
    assert str(login.chili.token) == "token-number-0"
    login.sign_out()


def test_environment_is_checked(simulator, monkeypatch):
    """The card is green when the simulator has answered."""
    for key, value in simulator.variables().items():
        monkeypatch.setenv(key, value)
    login = LoginCard()
    login._session.display(live=False)  # waits for the answer
    assert login._display_().check["status"] == "answered"
    assert login.chili.environment.kind == "simulated"
    login.sign_out()
