"""Show a `CardState` as an anywidget, and report what the user clicks.

The phases. The browser derives those of a signed-in card that are in parentheses from
the time left, from the check of the environment and from whether the kernel answers:
card.js, `derivePhase`. The card of a reopened notebook begins as unconfirmed::

    form ──► signing-in ──► signed-in ──► (expiring) ──► (expired)
     │          │  ▲         │     ▲            │              │
     │          ▼  │         │     └─ refresh ──┴──────────────┘
     │         failed        │         (a call may refresh, too)
     │           │           ▼
     └───────────┴─────► signed-out ◄── from each of these three

    %chili_login leads from every phase to signed-in, or to form;
    %chili_logout and %unload_ext lead from every phase to signed-out

=============  ==============================  ===================  =================
phase          shows                           the user can         static twin
=============  ==============================  ===================  =================
form           why you are not signed in,      sign in, by pair     not signed in; the
               where the secret is sent        or access token      form is waiting
signing-in     that the request is running     wait                 signing in
signed-in      time left, expiry, names,       refresh, copy the    valid until, scopes,
               scopes                          token, sign out      names
(expiring)     that GraFx issues a new token   the same             that of signed-in
(expired)      since when, what to do          refresh, sign out    that of signed-in
(unconfirmed)  that no kernel has confirmed    wait, %chili_login   that of signed-in
               it
(checking)     that the environment is asked   the same             checking
(unchecked)    that it was not asked           the same             not checked
(unusable)     what is wrong with it           the same             what is wrong
failed         what failed, beside its field   sign in again        the last attempt
                                                                    failed
signed-out     until when the token is valid   %chili_login         signed out, the
                                                                    expiry
=============  ==============================  ===================  =================

A token without a known expiry never expires here; one that cannot be renewed has no
Refresh. When the kernel is gone, the browser shows what was signed-in as signed-out,
and says so; an unconfirmed card is confirmed as soon as its kernel answers.
A saved twin can be read much later, so it shows moments, never the time left. It says
that it shows the state at the time of saving: JupyterLab updates no twin that was there
before the page was reloaded.

What is typed travels in one custom message and is never a trait: synced traits are
saved in notebooks.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from chili_notebook.card.state import CardState, as_text, as_traits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from chili_notebook.auth.secret import Secret

_VIEW = "application/vnd.jupyter.widget-view+json"
_FOLDER = Path(__file__).parent


class Card(anywidget.AnyWidget):
    """One card; every view of it shows the same state.

    Args:
        state: The first state to show.
        on_action: Called with each message of the browser: ``{"kind": …}``, kinds
            ``sign-in``, ``refresh``, ``copy``, ``copied`` and ``sign-out``.
            Afterwards every view receives a ``done`` message.
        allow_once: Lets one custom message pass the guard unmasked; called with the
            comm's ID and the kind of the message.
        clock: Returns the time in seconds since the epoch.
    """

    _esm = _FOLDER / "card.js"
    _css = _FOLDER / "card.css"

    phase = traitlets.Unicode().tag(sync=True)
    names = traitlets.Dict().tag(sync=True)
    profile = traitlets.Unicode().tag(sync=True)
    environment = traitlets.Dict().tag(sync=True)
    source = traitlets.Unicode().tag(sync=True)
    login_command = traitlets.Unicode().tag(sync=True)
    origin = traitlets.Unicode().tag(sync=True)
    token = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    remaining_s = traitlets.Float(allow_none=True, default_value=None).tag(sync=True)
    note = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    form = traitlets.Dict().tag(sync=True)
    check = traitlets.Dict().tag(sync=True)
    lacking = traitlets.List(traitlets.Unicode()).tag(sync=True)
    masked = traitlets.Bool(True).tag(sync=True)  # noqa: FBT003 - traitlets' signature

    def __init__(
        self,
        state: CardState,
        *,
        on_action: Callable[[Mapping[str, Any]], None],
        allow_once: Callable[[str, str], AbstractContextManager[None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._clock = clock
        self._on_action = on_action
        self._allow_once = allow_once
        self._serial = 0
        super().__init__(**self._trait_state())
        self.on_msg(self._receive)

    def show(self, state: CardState) -> None:
        """Show another state in every view."""
        if state.token is not self._state.token:
            self._serial += 1
        self._state = state
        with self.hold_sync():
            for name, value in self._trait_state().items():
                self.set_trait(name, value)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - ipywidgets' signature
        """Return the synced traits; a reloaded page gets the time left now."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if "remaining_s" in state:
            state["remaining_s"] = self._remaining_s()
        return state

    def send_token(self, token: Secret, nonce: str) -> None:
        """Send the browser a token for its clipboard, in one message and in no trait.

        Args:
            token: The token.
            nonce: The nonce of the page that asked, since every page gets the message.
        """
        with self._allow_once(self.model_id, "token"):
            self.send({"kind": "token", "value": token.reveal(), "nonce": nonce})

    def _trait_state(self) -> dict[str, Any]:
        traits = as_traits(self._state)
        traits["remaining_s"] = self._remaining_s()
        if traits["token"]:
            traits["token"]["serial"] = self._serial
        return traits

    def _remaining_s(self) -> float | None:
        """Return the seconds until the expiry; negative after it."""
        token = self._state.token
        if token is None or token.expires_at is None:
            return None
        return token.expires_at - self._clock()

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        if content.get("kind") == "sync":
            answer = {"serial": self._serial, "remaining_s": self._remaining_s()}
            self.send({"kind": "time", **answer})
            return
        try:
            self._on_action(content)
        finally:
            # Not every action changes a trait, and the view waits for an answer.
            self.send({"kind": "done"})

    def __repr__(self) -> str:
        # No address and no clock: what is stored must not differ from run to run.
        return as_text(self._state)

    def view(self) -> dict[str, Any]:
        """Return the bundle of one more view, without the static twin."""
        bundle = super()._repr_mimebundle_()
        # Without any text nbconvert warns that it has nothing to show.
        return {"text/plain": ""} | (
            {} if bundle is None else {_VIEW: bundle[0][_VIEW]}
        )
