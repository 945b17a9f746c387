"""Sign in with the live card where there are no magics, as in marimo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chili_notebook.guard.install import process_guard
from chili_notebook.notebook.session import Session
from chili_notebook.signin import find_login

if TYPE_CHECKING:
    from chili_notebook.api.client import Chili
    from chili_notebook.card.widget import Card


class LoginCard:
    """A live card for notebooks without magics; its cell must end with it.

    The card is the form if no source contains credentials. Use ``.chili`` in another
    cell; before the form has been sent, its calls raise an error that says so.

    Args:
        profile: Read ``CHILI_<PROFILE>_…`` keys; by default ``CHILI_…``.
        env_file: A file to read instead of all other sources.
        demo: Sign in to a simulator that is started in this process.

    Raises:
        ConfigurationError: If the credentials are malformed.
        TokenError: If the token request fails.

    Example:
        from chili_notebook import LoginCard

        card = LoginCard(demo=True)
        card.chili.templates.list()
    """

    def __init__(
        self,
        profile: str | None = None,
        env_file: str | None = None,
        *,
        demo: bool = False,
    ) -> None:
        guard = process_guard()
        guard.install_here()
        settings = find_login(
            profile, env_file=env_file, demo=demo, is_new_profile=True
        )
        settings.warn_of_other_author()
        self._session = Session(profile or "", "card.chili", guard=guard)
        names = {"client_name": "card.chili", "token_name": "card.chili.token"}
        self._session.show(login_command="LoginCard", **names)
        if settings.found_nothing:
            self._session.show_form(settings)
        else:
            self._session.sign_in(settings)
            self._session.start_check()

    @property
    def chili(self) -> Chili:
        """The client.

        Example:
            from chili_notebook import LoginCard

            LoginCard(demo=True).chili.templates.list()
        """
        return self._session.chili

    def sign_out(self) -> None:
        """Close the client and forget the token.

        The card shows where the credentials are still stored.

        Example:
            from chili_notebook import LoginCard

            LoginCard(demo=True).sign_out()
        """
        self._session.sign_out("You signed out with LoginCard.sign_out().")

    def _display_(self) -> Card:
        # marimo shows what this returns.
        return self._session.live_card()

    def _ipython_display_(self) -> None:
        self._session.display(live=True)

    def __repr__(self) -> str:
        return repr(self._session.live_card())
