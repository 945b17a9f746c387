"""The live card: an anywidget that shows a `CardState` and reports what is clicked.

The states, of which the browser derives the three in brackets::

    form ──► signing-in ──► signed-in ──► (expiring) ──► (expired)
     │          │  ▲         │     ▲            │              │
     │          ▼  │         │     └─ refresh ──┴──────────────┘
     │         failed        │         which a call may do too
     │           │           ▼
     └───────────┴─────► signed-out ◄── from each of these three

    %chili_login leads from every state to signed-in, or to form;
    %chili_logout and %unload_ext lead from every state to signed-out

=============  ==============================  ===================  =================
state          says                            can be done          static twin
=============  ==============================  ===================  =================
form           why nobody is signed in,        Sign in, by pair     not signed in; the
               where the secret goes           or ready token       form waits
signing-in     that GraFx is asked             wait                 signing in
signed-in      time left, end, names, scopes   Refresh, Copy        valid until, scopes,
                                               token, Sign out      names
(expiring)     that GraFx issues a new one     the same             that of signed-in
(expired)      since when, what comes next     Refresh, Sign out    that of signed-in
(unconfirmed)  that no kernel has confirmed    wait, %chili_login   that of signed-in
               it
failed         what failed, beside its field   Sign in again        the last try failed
signed-out     until when the token lives      %chili_login         signed out, the end
=============  ==============================  ===================  =================

A token without a known end never expires here; one that cannot be renewed has no
Refresh. When the kernel is gone the browser shows what was signed-in as signed-out
and says so; what an old notebook says is unconfirmed until its kernel says anything.
Twins are read at any time, so they tell moments and never time left, and that they are
of when they were stored: JupyterLab updates none that was there before a page reload.

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
from chili_notebook.guard.install import process_guard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chili_notebook.auth.secret import Secret

_VIEW = "application/vnd.jupyter.widget-view+json"
_FOLDER = Path(__file__).parent


class Card(anywidget.AnyWidget):
    """One card; every view of it shows the same state.

    Args:
        state: What to show first.
        on_action: Called with each message of the browser: ``{"kind": …}``, kinds
            ``sign-in``, ``refresh``, ``copy``, ``copied`` and ``sign-out``. When it is
            over every view is told so, with whatever it has changed.
        clock: Gives the time in seconds since the epoch.
    """

    _esm = _FOLDER / "card.js"
    _css = _FOLDER / "card.css"

    phase = traitlets.Unicode().tag(sync=True)
    names = traitlets.Dict().tag(sync=True)
    profile = traitlets.Unicode().tag(sync=True)
    environment = traitlets.Dict().tag(sync=True)
    source = traitlets.Unicode().tag(sync=True)
    origin = traitlets.Unicode().tag(sync=True)
    token = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    remaining_s = traitlets.Float(allow_none=True, default_value=None).tag(sync=True)
    note = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    form = traitlets.Dict().tag(sync=True)
    lacking = traitlets.List(traitlets.Unicode()).tag(sync=True)
    masked = traitlets.Bool(True).tag(sync=True)  # noqa: FBT003 - traitlets' signature

    def __init__(
        self,
        state: CardState,
        *,
        on_action: Callable[[Mapping[str, Any]], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._clock = clock
        self._on_action = on_action
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
        """Give the synced traits; a page that is reloaded gets the time left now."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if "remaining_s" in state:
            state["remaining_s"] = self._remaining_s()
        return state

    def hand_over(self, token: Secret, nonce: str) -> None:
        """Give the browser a token for its clipboard, in one message and no trait.

        Args:
            token: The token.
            nonce: What that page sent along, since every page gets the message.
        """
        with process_guard().allow_once(self.model_id, "token"):
            self.send({"kind": "token", "value": token.reveal(), "nonce": nonce})

    def _trait_state(self) -> dict[str, Any]:
        traits = as_traits(self._state, now=self._clock())
        traits["remaining_s"] = self._remaining_s()
        if traits["token"]:
            traits["token"]["serial"] = self._serial
        return traits

    def _remaining_s(self) -> float | None:
        """Give the seconds left; below nought they tell how long ago the end was."""
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
        # No address and no clock: what is stored must not change from run to run.
        return as_text(self._state)

    def view(self) -> dict[str, Any]:
        """Give the bundle of one more view; its static twin is not in it."""
        bundle = super()._repr_mimebundle_()
        # Without any text nbconvert warns that it has nothing to show.
        return {"text/plain": ""} | (
            {} if bundle is None else {_VIEW: bundle[0][_VIEW]}
        )
