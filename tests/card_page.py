"""The card's script and style sheet in a page without a notebook, in every state.

The clock of the page is stopped unless a test moves it. The card works synchronously,
so tests do not wait.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import chili_notebook

STATIC = Path(chili_notebook.__file__).parent / "card"
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC).timestamp()
DAY_S = 86_400
SECRET = "s3cret_0123456789-abcdefghijklmnop"
HOST = "cp-abc-123.chili-publish.online"
CRUD = ("font", "media", "myproject", "template", "template_collection")
SCOPES = sorted(
    [f"{noun}:{verb}" for noun in CRUD for verb in ("list", "read", "write")]
    + ["output:animated", "output:static"]
)
TOKEN = {
    "fingerprint": "3f9a07c2",
    "expires_at": NOW + DAY_S,
    "lifetime_s": DAY_S,
    "scopes": SCOPES,
    "renewable": True,
    "serial": 1,
}
SIGNED_IN = {
    "phase": "signed-in",
    "names": {"client": "chili", "token": "chili_token"},
    "profile": "",
    "environment": {
        "name": "cp-abc-123",
        "kind": "production",
        "host": HOST,
        "token_host": "integration-login.chiligrafx.com",
    },
    "source": ".env",
    "login_command": "%chili_login",
    "origin": "env-file",
    "token": TOKEN,
    "remaining_s": DAY_S,
    "note": None,
    "form": {
        "environment": "",
        "environment_type": "",
        "why": "No credentials found in .env.",
        "remember": [],
    },
    "check": {
        "status": "answered",
        "has_failed": False,
        "label": "Signed in",
        "text": "",
        "hint": "",
    },
    "lacking": [],
    "masked": True,
}
FORM = SIGNED_IN | {
    "phase": "form",
    "source": "",
    "origin": "",
    "token": None,
    "remaining_s": None,
}
SIGN_IN = {
    "kind": "sign-in",
    "client_id": "an-id",
    "client_secret": SECRET,
    "environment": "cp-abc-123",
    "environment_type": "production",
    "remember": [],
}
SYNC = {"kind": "sync"}


def at(remaining_s, **token):
    """Return the traits of a token with this time left, by the clocks of both sides."""
    ends = {"expires_at": NOW + remaining_s, "lifetime_s": DAY_S}
    return {"token": TOKEN | ends | token, "remaining_s": remaining_s}


_ASKING = FORM["form"] | {"remember": ["env"]}
_SENT = _ASKING | {"environment": "cp-abc-123"}
_REFUSED = {
    "kind": "error",
    "text": "GraFx refused the client ID or the secret (401 access_denied).",
    "hint": "Copy both again from the integration.",
    "field": "client_secret",
}
_READ_ONLY = [scope for scope in SCOPES if not scope.endswith((":write", "animated"))]
_CHECK = SIGNED_IN["check"]
_UNKNOWN = {
    "status": "unknown-environment",
    "has_failed": True,
    "label": "Unknown environment",
    "text": f"{HOST} has no environment 'cp-abc-123'.",
    "hint": "Correct the name and run %chili_login again.",
}
STATES = {
    "form": FORM | {"form": _ASKING},
    "signing-in": FORM | {"phase": "signing-in", "form": _SENT},
    "signed-in": SIGNED_IN | at(79_045.0),
    "checking": SIGNED_IN
    | at(79_045.0)
    | {"check": _CHECK | {"status": "checking", "label": "Checking…"}},
    "unchecked": SIGNED_IN
    | at(79_045.0)
    | {"check": _CHECK | {"status": "not-checked", "text": "The check is off."}},
    "unusable": SIGNED_IN | at(79_045.0) | {"check": _UNKNOWN},
    "expiring": SIGNED_IN | at(42 * 60 + 12.0),
    "expired": SIGNED_IN | at(-1800.0),
    "unconfirmed": SIGNED_IN | at(79_045.0) | {"remaining_s": 84_000.0},
    "failed": FORM | {"phase": "failed", "form": _SENT, "note": _REFUSED},
    "signed-out": SIGNED_IN | at(79_045.0) | {"phase": "signed-out"},
    "refused": SIGNED_IN
    | at(79_045.0, scopes=_READ_ONLY)
    | {"lacking": ["output:animated"]},
}
"""The traits of each state of the card, and of one in which a call was refused."""

_THEMES = Path(sys.prefix) / "share/jupyter/lab/themes/@jupyterlab"
_LAB = {
    "light": ("theme-light-extension", "true"),
    "dark": ("theme-dark-extension", "false"),
    "high-contrast": ("theme-dark-high-contrast-extension", "false"),
}
_VSCODE = "--vscode-editor-background: {}; --vscode-foreground: {};"
_COLAB = "--colab-primary-surface-color: {}; --colab-primary-text-color: {};"
# For each place: the theme attribute, the class of the body, and its colours.
_ELSEWHERE = {
    "plain": ("", "", ""),
    "vscode-light": ("", "vscode-light", _VSCODE.format("#ffffff", "#3b3b3b")),
    "vscode-dark": ("", "vscode-dark", _VSCODE.format("#1f1f1f", "#cccccc")),
    "vscode-contrast": (
        "",
        "vscode-dark vscode-high-contrast",
        _VSCODE.format("#000000", "#ffffff"),
    ),
    "colab-light": ("light", "", _COLAB.format("#ffffff", "#1f1f1f")),
    "colab-dark": ("dark", "", _COLAB.format("#383838", "#e3e3e3")),
}
PLACES = (*_LAB, *_ELSEWHERE)
"""The themes in which a card is shown; the first three are JupyterLab's."""

_PAGE = """<!doctype html>
<html lang="en" {html}><head><title>card</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="theme.css"><link rel="stylesheet" href="card.css">
</head><body {body}><main></main></body></html>"""


SECURE = "http://localhost"
"""An origin whose pages have a clipboard; other pages over plain http have none."""


def _pages(place):
    """Return the files of a page in one of `PLACES`, by their path."""
    if place in _LAB:
        folder, is_light = _LAB[place]
        theme = (_THEMES / folder / "index.css").read_text()
        html, body = "", f'data-jp-theme-light="{is_light}"'
        paper = "var(--jp-layout-color1)"
    else:
        theme, classes, colours = _ELSEWHERE[place]
        html, body = f'theme="{theme}"' if theme else "", f'class="{classes}"'
        theme = f":root {{ {colours} }}"
        paper = "var(--vscode-editor-background, var(--colab-primary-surface-color))"
    theme += f" body {{ margin: 0; background: {paper}; }}"
    return {
        "/": (_PAGE.format(html=html, body=body), "text/html"),
        "/theme.css": (theme, "text/css"),
        "/card.js": ((STATIC / "card.js").read_text(), "text/javascript"),
        "/card.css": ((STATIC / "card.css").read_text(), "text/css"),
    }


def open_page(page, problems, place="light", origin="http://notebook.test"):
    """Load a page for a card, and stop its clock at `NOW`.

    Each request of the card itself is a problem. The same page can be loaded again.
    """
    served = _pages(place)

    def serve(route):
        path = route.request.url.removeprefix(origin)
        body, content_type = served.get(path, ("", ""))
        if not content_type:
            problems.append(f"asked the network for {route.request.url}")
            route.abort()
        else:
            route.fulfill(body=body, content_type=f"{content_type}; charset=utf-8")

    page.unroute_all()
    page.route("**/*", serve)
    page.clock.install(time=NOW - 60)
    page.goto(f"{origin}/")
    page.clock.pause_at(NOW)


# A model that records messages and writes. `initialize` and `render` get different
# proxies of it, as with anywidget. Timers and listeners are counted.
HARNESS = """async (state) => {
  const harness = { sent: [], writes: 0, timers: new Set(), listeners: 0 };
  const { setTimeout: start, clearTimeout: stop } = window;
  window.setTimeout = (run, ms) => {
    const id = start(() => { harness.timers.delete(id); run(); }, ms);
    harness.timers.add(id);
    return id;
  };
  window.clearTimeout = (id) => { harness.timers.delete(id); stop(id); };
  window.setInterval = () => { throw new Error("no intervals: they drift"); };
  for (const [name, step] of [["addEventListener", 1], ["removeEventListener", -1]]) {
    const real = document[name];
    document[name] = function (...given) {
      harness.listeners += step;
      return real.apply(document, given);
    };
  }
  const heard = new Map();
  const emit = (name, ...given) => heard.get(name)?.forEach((tell) => tell(...given));
  const proxy = () => ({
    get: (key) => state[key],
    set: () => { harness.writes += 1; },
    save_changes: () => { harness.writes += 1; },
    send: (message) => {
      if (harness.isClosed) throw new Error("closed");
      harness.sent.push(message);
    },
    on(name, tell) {
      harness.listeners += 1;
      heard.set(name, [...(heard.get(name) ?? []), tell]);
    },
    off(name, tell) {
      harness.listeners -= 1;
      heard.set(name, heard.get(name).filter((other) => other !== tell));
    },
  });
  const widget = await (await import("./card.js")).default();
  harness.change = (changes) => {
    Object.assign(state, changes);
    for (const key of Object.keys(changes)) emit(`change:${key}`);
  };
  harness.lose = () => emit("comm_live_update");
  harness.say = (content) => emit("msg:custom", content, []);
  harness.show = (id) => {
    const el = Object.assign(document.createElement("div"), { id });
    document.querySelector("main").append(el);
    return widget.render({ model: proxy(), el });
  };
  harness.stop = widget.initialize({ model: proxy() });
  harness.hide = harness.show("first");
  window.harness = harness;
}"""


class CardPage:
    """A card with one model and one view; ``harness.show`` adds another view."""

    def __init__(self, page, state):
        self.page = page
        page.evaluate(HARNESS, state)
        self.root = page.locator("#first .chili-card")

    @property
    def phase(self):
        """The phase that is shown."""
        return self.root.get_attribute("data-phase")

    @property
    def countdown(self):
        """The text of the countdown."""
        return self.root.locator(".chili-countdown").inner_text()

    @property
    def text(self):
        """The visible text."""
        return self.root.inner_text()

    @property
    def sent(self):
        """The messages that were sent to the kernel."""
        return self.page.evaluate("harness.sent")

    def change(self, **traits):
        """Set traits, as the kernel does."""
        self.page.evaluate("changes => harness.change(changes)", traits)

    def answer(self, remaining_s, serial=1):
        """Answer a request for the time, as the kernel does."""
        message = {"kind": "time", "serial": serial, "remaining_s": remaining_s}
        self.page.evaluate("message => harness.say(message)", message)

    def send_token(self, token, nonce=None):
        """Answer a request for the token, by default the latest one."""
        if nonce is None:
            nonce = [sent["nonce"] for sent in self.sent if sent["kind"] == "copy"][-1]
        message = {"kind": "token", "value": token, "nonce": nonce}
        self.page.evaluate("message => harness.say(message)", message)

    def finish_action(self):
        """Send that an action is done, as the kernel does after each."""
        self.page.evaluate("harness.say({ kind: 'done' })")

    def show_tab(self):
        """Show the tab, as if it was in the background."""
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def field(self, label):
        """Return the input with this label."""
        return self.root.get_by_label(label, exact=True)

    def button(self, name):
        """Return the button with this name."""
        return self.root.get_by_role("button", name=name, exact=True)

    def fill_form(self):
        """Type a client ID, a client secret and an environment."""
        for label, value in (
            ("Client ID", "an-id"),
            ("Client secret", SECRET),
            ("Environment", "cp-abc-123"),
        ):
            self.field(label).fill(value)

    def description(self, label):
        """Return the accessible description of a field: its error and its help."""
        return self.field(label).evaluate(
            "input => input.getAttribute('aria-describedby').split(' ')"
            ".map(id => document.getElementById(id).textContent).join(' ')"
        )

    def contains(self, text):
        """Return whether a text is anywhere in the page, inputs included."""
        return self.page.evaluate(
            "text => document.documentElement.outerHTML.includes(text) || [..."
            "document.querySelectorAll('input')].some(i => i.value.includes(text))",
            text,
        )
