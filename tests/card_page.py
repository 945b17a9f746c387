"""The card's own module and stylesheet in a page without a notebook, in every state.

The clock stands still unless it is moved; everything the card does is synchronous, so
nothing is waited for.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import chili_notebook

STATIC = Path(chili_notebook.__file__).parent / "static"
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
    "origin": "env-file",
    "token": TOKEN,
    "remaining_s": DAY_S,
    "note": None,
    "form": {"environment": "", "why": "No credentials found in .env."},
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
    """Give the traits of a token with so much time left, by every clock."""
    ends = {"expires_at": NOW + remaining_s, "lifetime_s": DAY_S}
    return {"token": TOKEN | ends | token, "remaining_s": remaining_s}


_ASKING = {"environment": "", "why": FORM["form"]["why"], "remember": ["env"]}
_SENT = _ASKING | {"environment": "cp-abc-123"}
_REFUSED = {
    "kind": "error",
    "text": "GraFx refused the client ID or the secret (401 access_denied).",
    "hint": "Copy both again from the integration.",
    "field": "client_secret",
}
_READ_ONLY = [scope for scope in SCOPES if not scope.endswith((":write", "animated"))]
STATES = {
    "form": FORM | {"form": _ASKING},
    "signing-in": FORM | {"phase": "signing-in", "form": _SENT},
    "signed-in": SIGNED_IN | at(79_045.0),
    "expiring": SIGNED_IN | at(42 * 60 + 12.0),
    "expired": SIGNED_IN | at(-1800.0),
    "unconfirmed": SIGNED_IN | at(79_045.0) | {"remaining_s": 84_000.0},
    "failed": FORM | {"phase": "failed", "form": _SENT, "note": _REFUSED},
    "signed-out": SIGNED_IN | at(79_045.0) | {"phase": "signed-out"},
    "refused": SIGNED_IN
    | at(79_045.0, scopes=_READ_ONLY)
    | {"lacking": ["output:animated"]},
}
"""Each state of the card, and the one in which a call has been refused."""

_THEMES = Path(sys.prefix) / "share/jupyter/lab/themes/@jupyterlab"
_LAB = {
    "light": ("theme-light-extension", "true"),
    "dark": ("theme-dark-extension", "false"),
    "high-contrast": ("theme-dark-high-contrast-extension", "false"),
}
_VSCODE = "--vscode-editor-background: {}; --vscode-foreground: {};"
_COLAB = "--colab-primary-surface-color: {}; --colab-primary-text-color: {};"
# The first two words that a page of each place says of itself, and its colours.
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
"""Where a card is shown, as far as its colours go; the first three are JupyterLab's."""

_PAGE = """<!doctype html>
<html lang="en" {html}><head><title>card</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="theme.css"><link rel="stylesheet" href="card.css">
</head><body {body}><main></main></body></html>"""


SECURE = "http://localhost"
"""An origin whose pages have a clipboard, unlike those of plain http elsewhere."""


def _pages(place):
    """Give what is served to a page in one of `PLACES`."""
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
    """Make a page ready for a card, at `NOW`; each request of its own is a problem."""
    page.clock.install(time=NOW - 60)
    go_to(page, problems, place, origin)
    page.clock.pause_at(NOW)


def go_to(page, problems, place, origin="http://notebook.test"):
    """Lead a page to where a card is shown, whatever the page's clock says."""
    served = _pages(place)

    def serve(route):
        path = route.request.url.removeprefix(origin)
        body, content_type = served.get(path, ("", ""))
        if not content_type:
            problems.append(f"asked the network for {route.request.url}")
            route.abort()
        else:
            route.fulfill(body=body, content_type=f"{content_type}; charset=utf-8")

    page.route("**/*", serve)
    page.goto(f"{origin}/")


# The proxies are as different as anywidget's; timers and listeners are counted.
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


class Card:
    """One model with one view; `show` adds another."""

    def __init__(self, page, state):
        self.page = page
        page.evaluate(HARNESS, state)
        self.root = page.locator("#first .chili-card")

    @property
    def phase(self):
        """The state that is shown."""
        return self.root.get_attribute("data-phase")

    @property
    def countdown(self):
        """The time left, as it is shown."""
        return self.root.locator("[data-role='countdown']").inner_text()

    @property
    def text(self):
        """All that is visible."""
        return self.root.inner_text()

    @property
    def sent(self):
        """The messages to Python so far."""
        return self.page.evaluate("harness.sent")

    def change(self, **traits):
        """Set traits as the kernel does."""
        self.page.evaluate("changes => harness.change(changes)", traits)

    def answer(self, remaining_s, serial=1):
        """Answer a sync as the kernel does."""
        message = {"kind": "time", "serial": serial, "remaining_s": remaining_s}
        self.page.evaluate("message => harness.say(message)", message)

    def hand_over(self, token, nonce=None):
        """Answer a copy as the kernel does: by default the one asked for last."""
        if nonce is None:
            nonce = [sent["nonce"] for sent in self.sent if sent["kind"] == "copy"][-1]
        message = {"kind": "token", "value": token, "nonce": nonce}
        self.page.evaluate("message => harness.say(message)", message)

    def be_done(self):
        """Say that an action is over, as the kernel does after each."""
        self.page.evaluate("harness.say({ kind: 'done' })")

    def become_visible(self):
        """Turn to the tab."""
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def field(self, label):
        """Give the input with this label."""
        return self.root.get_by_label(label, exact=True)

    def button(self, name):
        """Give the button with this name."""
        return self.root.get_by_role("button", name=name, exact=True)

    def fill(self):
        """Type a whole pair and an environment."""
        for label, value in (
            ("Client ID", "an-id"),
            ("Client secret", SECRET),
            ("Environment", "cp-abc-123"),
        ):
            self.field(label).fill(value)

    def described(self, label):
        """Give what a screen reader says about a field."""
        return self.field(label).evaluate(
            "input => input.getAttribute('aria-describedby').split(' ')"
            ".map(id => document.getElementById(id).textContent).join(' ')"
        )

    def holds(self, text):
        """Say whether a text is anywhere in the page."""
        return self.page.evaluate(
            "text => document.documentElement.outerHTML.includes(text) || [..."
            "document.querySelectorAll('input')].some(i => i.value.includes(text))",
            text,
        )
