"""What the card shows, and its static twins for places without widgets. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.auth.environment import Environment
from chili_notebook.auth.environment_check import CheckStatus, EnvironmentCheck
from chili_notebook.display.wording import spell_count, spell_moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chili_notebook.auth.credentials import Origin
    from chili_notebook.auth.secret import Secret
    from chili_notebook.auth.tokens import Token
    from chili_notebook.card.form import Field

# A login makes two outputs: the static twin, and after it the live widget. They are not
# one output with two formats, because JupyterLab would then choose the widget, and show
# an error once its model is gone. In the page they are neighbours:
#
#     JupyterLab, Notebook 7, Voilà, nbconvert     VS Code: div.output_container
#     div.jp-OutputArea-child                      Colab: div.output-id-1
#       div[data-chili-beside]     static twin       (the same)
#     div.jp-OutputArea-child                      VS Code: div.output_container
#       div.jupyter-widgets        live widget     Colab: div.output-id-2
#         div.chili-card                             (the same)
#
# The twin carries this style sheet, which always hides one of the two:
#   1. It hides the twin if the next output contains a card.
#   2. It hides the widget's output after a twin if it contains no card: then it is
#      JupyterLab's error message.
# nbconvert's page has no kernel, so a card in it would not be live: there, rule 1 does
# not apply, and rule 2 hides the card too. Its body has the class jp-Notebook, as
# Voilà's has, which also sets data-voila.
_OUTPUT = ":is(.jp-OutputArea-child,.output_container,[class*=output-id-])"
_TWIN = ":has([data-chili-beside])"
_NBCONVERT = "body.jp-Notebook:not([data-voila]) *"
_STYLE = (
    f"<style>{_OUTPUT}{_TWIN}:has(+ {_OUTPUT} .chili-card):not({_NBCONVERT}),"
    f"{_OUTPUT}{_TWIN} + {_OUTPUT}:has(.jupyter-widgets)"
    f":not(:has(.chili-card):not({_NBCONVERT})){{display:none}}</style>"
)
_FRAME = (
    "max-width:560px;padding:4px 16px;border:1px solid #8884;border-radius:10px;"
    "overflow-wrap:anywhere"
)
_LEFT, _CENTER = "text-align:left", "text-align:center"
_VERBS = ("list", "read", "write")
_STORED = "As of when the notebook was saved; it may have changed since."
_KEYS = "CHILI_CLIENT_ID, CHILI_CLIENT_SECRET and CHILI_ENVIRONMENT"
Phase = Literal["form", "signing-in", "signed-in", "failed", "signed-out"]


@dataclass(frozen=True, slots=True)
class Note:
    """A line on the card, or beside the field of the form that it is about.

    Attributes:
        text: What happened; may contain ``{moment}``.
        hint: What to do next.
        kind: Whether it is an error.
        field: The field that it is about.
        moment: The moment that replaces ``{moment}``, in seconds since the epoch; each
            view shows it in its reader's time zone.
    """

    text: str
    hint: str = ""
    kind: Literal["info", "error"] = "info"
    field: Field = ""
    moment: float | None = None

    def sentences(self) -> list[str]:
        """Return text and hint, with the moment in UTC."""
        if self.moment is None:
            return [self.text, self.hint]
        return [self.text.replace("{moment}", spell_moment(self.moment)), self.hint]


@dataclass(frozen=True, slots=True)
class CardState:
    """Everything that a card shows; the only secret in it is inside `Token`.

    Attributes:
        phase: The phase. The browser derives expiring, expired and unconfirmed:
            card.js, `derivePhase`.
        client_name: The name of the client in the notebook.
        token_name: The name of the token there.
        profile: The profile, or empty.
        environment: The environment.
        source: The name of the source of the credentials.
        origin: Which kind of source it is; ``None`` before the first sign-in.
        renewable: Whether another token can be requested.
        token: The token, if there is one.
        check: Whether the environment responded and accepts the token.
        note: One more line.
        form_reason: Why the form is shown.
        login_command: The magic that signed in, as it was typed.
        storage_options: Where the form offers to store: ``env``, ``keyring``.
        masked: Whether secrets are masked in this notebook's outputs.
        refused_scopes: Scopes that refused calls probably needed.
    """

    phase: Phase
    client_name: str
    token_name: str
    profile: str = ""
    environment: Environment = field(default_factory=Environment)
    source: str = ""
    origin: Origin | None = None
    renewable: bool = False
    token: Token | None = None
    check: EnvironmentCheck = field(default_factory=EnvironmentCheck)
    note: Note | None = None
    form_reason: str = ""
    login_command: str = "%chili_login"
    storage_options: tuple[str, ...] = ()
    masked: bool = True
    refused_scopes: frozenset[str] = frozenset()

    @property
    def lacking(self) -> list[str]:
        """Scopes that refused calls probably needed and that this token lacks."""
        held = self.token.scopes if self.token else None
        return [] if held is None else sorted(self.refused_scopes - held)

    def facts(self, *, with_scopes: bool = True) -> list[tuple[str, str]]:
        """Return the rows of the static twins; moments, never the time left.

        Args:
            with_scopes: Whether one of the rows lists the scopes.
        """
        rows = []
        if self.profile:
            rows.append(("Profile", self.profile))
        if self.environment.name or self.environment.host:
            kind = f" ({self.environment.kind})" if self.environment.kind else ""
            name = self.environment.name or self.environment.host
            rows.append(("Environment", name + kind))
            if self.environment.host and self.environment.name:
                rows.append(("Host", self.environment.host))
        if self.token is not None:
            rows.append(("Token valid until", spell_moment(self.token.expires_at)))
            if with_scopes:
                rows.append(("Scopes", _scopes(self.token)))
        if self.phase == "signed-in":
            rows.append(("Credentials from", self.source))
            rows.append(("Names", f"{self.client_name}, {self.token_name}"))
        return rows

    def stored_as(self) -> tuple[Phase, Environment, Secret | None, EnvironmentCheck]:
        """Return the parts in which a stored twin must agree with the live card."""
        secret = None if self.token is None else self.token.secret
        return self.phase, self.environment, secret, self.check

    def headline(self) -> str:
        """Return the title line."""
        return {
            "form": "CHILI GraFx: not signed in; a live notebook shows the form",
            "signing-in": "CHILI GraFx: signing in",
            "signed-in": f"CHILI GraFx: {self._describe_check()}",
            "failed": "CHILI GraFx: not signed in; the last attempt failed",
            "signed-out": (
                f"CHILI GraFx: signed out of {self.client_name}"
                if self.token is not None
                else "CHILI GraFx: not signed in"
            ),
        }[self.phase]

    def _describe_check(self) -> str:
        status = self.check.status
        if status is CheckStatus.CHECKING:
            return "signed in, checking the environment"
        if status is CheckStatus.NOT_CHECKED:
            return "signed in, environment not checked"
        return self.check.label.lower()

    def remarks(self) -> list[str]:
        """Return the sentences below the rows."""
        lines = []
        if self.phase in {"form", "failed"}:
            keys = "the keys of this profile" if self.profile else _KEYS
            lines = [self.form_reason, f"Without the form: set {keys} in .env."]
        if self.phase == "signed-in":
            lines += [self.check.text, self.check.hint]
        if self.note is not None:
            lines += self.note.sentences()
        if self.phase == "signed-in" and not self.masked:
            lines.append("Secrets are not masked here: what you print is shown.")
        if self.phase == "signed-in" and self.lacking:
            one = len(self.lacking) == 1
            calls = "a call that probably needs" if one else "calls that probably need"
            lines.append(f"GraFx refused {calls} {', '.join(self.lacking)}.")
        if self.phase == "signed-out" and self.token is not None:
            lines.append("GraFx cannot revoke tokens; this one stays valid until then.")
        return [line for line in lines if line]


def as_text(state: CardState) -> str:
    """Return the card as plain text."""
    facts = [f"  {label}: {value}" for label, value in state.facts()]
    remarks = [f"  {line}" for line in state.remarks()]
    return "\n".join([state.headline(), *facts, *remarks])


def as_line(state: CardState) -> str:
    """Return the card as one line, for logs and terminals."""
    parts = [state.headline()]
    if state.token is not None:
        parts.append(f"token valid until {spell_moment(state.token.expires_at)}")
    if state.token is not None and state.phase == "signed-in":
        environment = dict(state.facts()).get("Environment", "an unknown environment")
        has_responded = state.check.status is CheckStatus.ANSWERED
        parts[0] += f" to {environment}" if has_responded else f": {environment}"
        scopes = state.token.scopes
        parts.append(
            "scopes unknown" if scopes is None else spell_count(len(scopes), "scope")
        )
        parts.append(f"credentials from {state.source}")
        parts.append(f"names {state.client_name}, {state.token_name}")
    return " ".join([f"{'; '.join(parts)}.", *state.remarks()])


def as_html(state: CardState) -> str:
    """Return the card as HTML without script, for GitHub and exports.

    It is readable without its styles, which GitHub removes.
    """
    token = state.token
    has_grid = token is not None and bool(token.scopes)
    rows = "".join(
        f'<tr><td style="{_LEFT};white-space:nowrap"><b>{escape(label)}</b></td>'
        f'<td style="{_LEFT}">{escape(value)}</td></tr>'
        for label, value in state.facts(with_scopes=not has_grid)
    )
    remarks = "".join(f"<p>{escape(line)}</p>" for line in state.remarks())
    table = f"<table><tbody>{rows}</tbody></table>" if rows else ""
    grid = _scope_grid(token.scopes or (), state.lacking) if token else ""
    return (
        f'<div data-chili-twin="{state.phase}" style="{_FRAME}">'
        f"<p><b>{escape(state.headline())}</b></p>{table}{grid}{remarks}</div>"
    )


def _scope_grid(scopes: Iterable[str], lacking: Iterable[str]) -> str:
    """Return the scopes as a table of resources by verbs, as on the live card."""
    marks = dict.fromkeys(lacking, "needed") | dict.fromkeys(scopes, "✓")
    if not marks:
        return ""
    verbs: dict[str, dict[str, str]] = {}
    for scope, mark in sorted(marks.items()):
        resource, _, verb = scope.rpartition(":")
        verbs.setdefault(resource or "other", {})[verb] = mark
    title = spell_count(len(set(scopes)), "scope")
    head = "".join(f'<td style="{_CENTER}">{verb}</td>' for verb in _VERBS)
    rows = [f'<td style="{_LEFT}"><b>{title}</b></td>{head}']
    for resource, found in verbs.items():
        others = [
            f"{mark} {verb}" for verb, mark in found.items() if verb not in _VERBS
        ]
        cells = "".join(
            f'<td style="{_CENTER}">{found.get(verb, "-")}</td>' for verb in _VERBS
        )
        first = f'<td style="{_LEFT}">{escape(resource)}</td>'
        if len(others) < len(found):
            rows.append(first + cells)
        if others:
            text = escape(", ".join(others))
            rows.append(
                f'{first}<td style="{_CENTER}" colspan="{len(_VERBS)}">{text}</td>'
            )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><tbody>{body}</tbody></table>"


def as_html_beside(state: CardState) -> str:
    """Return the card as HTML that hides itself if the live card is the next output."""
    return f"<div data-chili-beside>{_STYLE}{as_html(state)}<p>{_STORED}</p></div>"


def as_traits(state: CardState) -> dict[str, Any]:
    """Return the values of the live card's synced traits: JSON without a secret.

    The time left is not among them, because it is not a part of the state.
    """
    environment, token = state.environment, state.token
    return {
        "phase": state.phase,
        "names": {"client": state.client_name, "token": state.token_name},
        "profile": state.profile,
        "environment": {
            "name": environment.name,
            "kind": environment.kind,
            "host": environment.host,
            "token_host": environment.token_host,
        },
        "source": state.source,
        "login_command": state.login_command,
        "origin": "" if state.origin is None else state.origin.value,
        "token": token
        and {
            "fingerprint": token.fingerprint,
            "expires_at": token.expires_at,
            "lifetime_s": token.lifetime_s,
            "scopes": None if token.scopes is None else sorted(token.scopes),
            "renewable": state.renewable,
        },
        "note": state.note
        and {
            "kind": state.note.kind,
            "text": state.note.text,
            "hint": state.note.hint,
            "field": state.note.field,
            "moment": state.note.moment,
        },
        "check": {
            "status": state.check.status.value,
            "has_failed": state.check.has_failed,
            "label": state.check.label,
            "text": state.check.text,
            "hint": state.check.hint,
        },
        "lacking": state.lacking,
        "masked": state.masked,
        "form": {
            "environment": environment.name,
            "environment_type": environment.kind,
            "why": state.form_reason,
            "remember": list(state.storage_options),
        },
    }


def _scopes(token: Token) -> str:
    if token.scopes is None:
        return "unknown"
    return f"{len(token.scopes)}: {' '.join(sorted(token.scopes))}".removesuffix(": ")
