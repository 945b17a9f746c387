"""The magics: parse, call, bind, display."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn, cast

from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments

from chili_notebook.notebook.arguments import (
    names_for,
    parse,
    require_no_secret,
    require_somebody,
)
from chili_notebook.notebook.audit_magic import AuditMagics
from chili_notebook.system.frontend import folder_of, has_front_end

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from chili_notebook.notebook.session import Session
    from chili_notebook.signin import Found

_TRACE = ("Source", "Key", "Outcome")
NAMES = ("chili_login", "chili_status", "chili_logout", "chili_audit")


@magics_class
class ChiliMagics(Magics):
    """Sign in to CHILI GraFx, look at the sessions, sign out."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._sessions: dict[str, Session] = {}
        self._found: dict[str, tuple[str, Found]] = {}

    @magic_arguments()
    @argument(
        "profile",
        nargs="?",
        help="Read CHILI_<PROFILE>_CLIENT_ID and so on, and bind chili_PROFILE.",
    )
    @argument(
        "--env-file",
        metavar="PATH",
        help="Read credentials from this file and from nowhere else.",
    )
    @argument(
        "--form",
        action="store_true",
        help="Show the form even if credentials are found.",
    )
    @argument(
        "--demo",
        action="store_true",
        help="Sign in to a GraFx simulator on this machine; needs no credentials.",
    )
    @argument(
        "--as",
        dest="name",
        metavar="NAME",
        help="Bind NAME and NAME_token in place of chili and chili_token.",
    )
    @argument(
        "--no-widget",
        action="store_true",
        help="Show a plain card, and never the form.",
    )
    @line_magic
    def chili_login(self, line: str) -> None:
        """Sign in to CHILI GraFx and bind a client and its token.

        Credentials are taken from the first of these that holds a client ID with its
        secret, or a ready token: the file given with --env-file, the process
        environment, the nearest .env from the notebook's folder upward, the system
        keyring. If none does, a form is shown. A secret is never an argument: it would
        be saved in the notebook.

        The keys are CHILI_CLIENT_ID, CHILI_CLIENT_SECRET (or CHILI_ACCESS_TOKEN) and
        CHILI_ENVIRONMENT, the technical name of the environment or any of its URLs.
        """
        from chili_notebook.guard.install import process_guard
        from chili_notebook.signin import find

        process_guard().install(self._shell)
        require_no_secret(self._shell, line)
        args = parse(self.chili_login, line, clash=("--demo", "--form"))
        name = names_for(args.profile, args.name)
        live = not args.no_widget and has_front_end(self._shell, voila=True)
        if args.form:
            require_somebody(live)
        found = find(
            args.profile,
            env_file=args.env_file,
            demo=args.demo,
            folder=folder_of(self._shell),
            new_profile=live and args.form,
        )
        self._found[name] = args.profile or "", found
        process_guard().install(
            self._shell
        )  # what was stored of earlier cells may hold secrets
        session = self._session(name, args.profile or "")
        asking = live and (args.form or found.nothing)
        session.ask(found) if asking else session.sign_in(found)
        self._bind(name, session)
        # A live card hands out its token: in Voilà the reader's own, not the author's.
        own = asking or args.demo
        live = live and has_front_end(self._shell, voila=own)
        session.display(live=live, in_full=False)

    @magic_arguments()
    @argument("profile", nargs="?", help="Show this profile's session only.")
    @line_magic
    def chili_status(self, line: str) -> None:
        """Show the cards of all sessions and where their credentials came from.

        The trace lists every source that was tried, what it held and what was passed
        over, and never a value.
        """
        from IPython.display import display

        from chili_notebook.display.tables import table_bundle

        args = parse(self.chili_status, line)
        for session in self._of_profile(args.profile):
            session.display(live=has_front_end(self._shell))
        traces = {
            name: found.trace
            for name, (profile, found) in self._found.items()
            if args.profile is None or profile == args.profile
        }
        if not traces:
            self._missing(args.profile)
        for name, trace in traces.items():
            rows = [(entry.source, entry.key, entry.outcome) for entry in trace]
            held = self._sessions.get(name)
            outcome = held.outcome() if held else "nobody is signed in"
            caption = f"Login trace of {name}; {outcome}"
            table = table_bundle(_TRACE, rows, caption=caption)
            display(table, raw=True)

    @magic_arguments()
    @argument("profile", nargs="?", help="Sign this profile out.")
    @argument("--all", action="store_true", help="Sign every session out.")
    @line_magic
    def chili_logout(self, line: str) -> None:
        """Sign out: unbind the names, close the client, forget the token.

        GraFx tokens cannot be revoked: the token stays valid until its expiry, which
        the card goes on to say.
        """
        args = parse(self.chili_logout, line)
        profile = None if args.all else args.profile or ""
        for session in self._of_profile(profile) or self._missing(profile):
            session.sign_out("You signed out with %chili_logout.")
            self._unbind(session)
            session.display(live=False, in_full=False)

    def close(self) -> None:
        """Sign every session out; the names stay, and say so when used."""
        for session in self._sessions.values():
            session.sign_out("The extension has been unloaded.")
        self._sessions.clear()
        if "chili_notebook.guard.install" in sys.modules:
            from chili_notebook.guard.install import process_guard

            process_guard().uninstall(self._shell)

    def _session(self, name: str, profile: str) -> Session:
        """Give the session of this name: signing in again keeps its objects alive."""
        from chili_notebook.notebook.session import Session

        held = self._sessions.get(name)
        same = held is not None and held.state.profile == profile
        return held if held is not None and same else Session(profile, name)

    def _bind(self, name: str, session: Session) -> None:
        """Bind the names of a session, once it has come about."""
        held = self._sessions.get(name)
        if held is not None and held is not session:
            held.sign_out(f"{name} now belongs to another profile.")
        self._sessions[name] = session
        self._shell.push(session.names)

    def _of_profile(self, profile: str | None) -> list[Session]:
        """Give the sessions of a profile, empty for the plain ones, or all."""
        return [
            session
            for session in self._sessions.values()
            if profile is None or session.state.profile == profile
        ]

    def _missing(self, profile: str | None) -> NoReturn:
        from chili_notebook.errors import NotSignedInError

        known = ", ".join(self._sessions) or "none"
        whose = f" of profile {profile!r}" if profile else ""
        raise NotSignedInError(
            f"There is no session{whose}; sessions: {known}.",
            hint=f"Sign in with %chili_login{f' {profile}' if profile else ''}.",
        )

    def _unbind(self, session: Session) -> None:
        """Remove the names, unless the person has bound something else to them."""
        namespace = self._shell.user_ns
        for name, value in session.names.items():
            if namespace.get(name) is value:
                self._shell.drop_by_id({name: value})
        self._sessions = {
            name: held for name, held in self._sessions.items() if held is not session
        }

    @property
    def _shell(self) -> InteractiveShell:
        return cast("InteractiveShell", self.shell)


def load(shell: InteractiveShell) -> None:
    """Register the magics; once, however often it is called."""
    if _registered(shell) is None:
        shell.register_magics(ChiliMagics(shell), AuditMagics(shell))
    loaded = sys.modules.get("chili_notebook.guard.install")
    if loaded is not None and loaded.process_guard().registry.known:
        loaded.process_guard().install(
            shell
        )  # what was protected before %unload_ext is masked again


def unload(shell: InteractiveShell) -> None:
    """Sign out everywhere and remove the magics."""
    magics = _registered(shell)
    if magics is None:
        return
    magics.close()
    for name in NAMES:
        shell.magics_manager.magics["line"].pop(name, None)
    for kind in (ChiliMagics, AuditMagics):
        held = shell.magics_manager.registry.pop(kind.__name__, None)
        cast("list[object]", shell.configurables).remove(held)


def _registered(shell: InteractiveShell) -> ChiliMagics | None:
    magics = shell.magics_manager.registry.get(ChiliMagics.__name__)
    return magics if isinstance(magics, ChiliMagics) else None
