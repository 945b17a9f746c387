"""Define the magics: each parses, calls, binds and displays."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, cast

from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments

from chili_notebook.notebook.arguments import (
    choose_name,
    parse,
    reject_secrets,
)
from chili_notebook.notebook.audit_magic import AuditMagics
from chili_notebook.system.frontend import find_notebook_folder, has_front_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from chili_notebook.notebook.session import Session
    from chili_notebook.signin import LoginSettings

_TRACE_HEADINGS = ("Source", "Key", "Outcome")
_MAGICS = ("chili_login", "chili_status", "chili_logout", "chili_audit")
_GUARD = "chili_notebook.guard.install"


@dataclass
class _Attempt:
    """The last login under a name.

    Attributes:
        profile: Its profile, or empty.
        settings: What its sources contain.
        failed: Whether it raised an error.
    """

    profile: str
    settings: LoginSettings
    failed: bool = True


@magics_class
class ChiliMagics(Magics):
    """Sign in to CHILI GraFx, show the sessions, sign out."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.sessions: dict[str, Session] = {}
        self._attempts: dict[str, _Attempt] = {}

    @magic_arguments()
    @argument(
        "profile",
        nargs="?",
        help="Read CHILI_<PROFILE>_CLIENT_ID and so on, and bind chili_PROFILE.",
    )
    @argument(
        "--env-file",
        metavar="PATH",
        help="Read credentials from this file only.",
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
        help="Bind NAME and NAME_token instead of chili and chili_token.",
    )
    @argument(
        "--no-widget",
        action="store_true",
        help="Show a static card (one line in logs), and never the form.",
    )
    @argument(
        "--no-check",
        action="store_true",
        help="Do not ask the environment whether it accepts the token. To switch this "
        "off for all logins, set CHILI_CHECK=off.",
    )
    @line_magic
    def chili_login(self, line: str) -> None:
        """Sign in to CHILI GraFx and bind a client and its token.

        The first of these sources that contains a client ID with its secret, or an
        access token, is used: the file given with --env-file, the process environment,
        the nearest .env from the notebook's folder upward, the secret store of Colab,
        Kaggle, Databricks or Fabric, the system keyring. If none does, a form is shown.
        A secret is never an argument: it would be saved in the notebook.

        The card is green when the environment accepts the token. To switch this check
        off, use --no-check, or set CHILI_CHECK=off.

        The keys are CHILI_CLIENT_ID, CHILI_CLIENT_SECRET (or CHILI_ACCESS_TOKEN) and
        CHILI_ENVIRONMENT, the technical name of the environment or any of its URLs.
        """
        with _paused_collection():
            self._log_in(line)

    def _log_in(self, line: str) -> None:
        from chili_notebook.errors import ConfigurationError
        from chili_notebook.guard.install import process_guard
        from chili_notebook.signin import find_login

        guard = process_guard()
        guard.install(self._shell)
        reject_secrets(guard, self._shell, line)
        args = parse(self.chili_login, line, exclusive=("--demo", "--form"))
        name, profile = choose_name(args.profile, args.name), args.profile or ""
        live = not args.no_widget and has_front_end(self._shell, voila=True)
        if args.form and not live:
            raise ConfigurationError(
                "No front-end can show the form here.",
                hint="Leave out --form, and set the keys in .env or the environment.",
            )
        settings = find_login(
            args.profile,
            env_file=args.env_file,
            demo=args.demo,
            folder=find_notebook_folder(self._shell),
            is_new_profile=live and args.form,
            is_checked=not args.no_check,
        )
        attempt = self._attempts[name] = _Attempt(profile, settings)
        guard.install(self._shell)  # earlier cells may contain secrets known now
        session = self._find_or_create(name, profile)
        shows_form = live and (args.form or settings.found_nothing)
        if shows_form:
            session.show_form(settings)
        else:
            session.sign_in(settings, live=live)
        attempt.failed = False
        session.show(login_command=f"%chili_login {line.strip()}".strip())
        self._bind(name, session)
        # A live card hands out its token. Voilà's readers are not the author: they get
        # a live card only for a token of their own.
        is_own = shows_form or args.demo
        live = live and has_front_end(self._shell, voila=is_own)
        session.display(live=live, in_full=False)

    @magic_arguments()
    @argument(
        "name", nargs="?", help="Show only the session of this profile or this name."
    )
    @line_magic
    def chili_status(self, line: str) -> None:
        """Show the cards of all sessions, and where their credentials come from.

        The trace lists every source that was read, its keys and whether they were used.
        It never shows a value.
        """
        from IPython.display import display

        from chili_notebook.display.tables import table_bundle

        args = parse(self.chili_status, line)
        for session in self._select(args.name):
            session.display(live=has_front_end(self._shell))
        attempts = {
            name: attempt
            for name, attempt in self._attempts.items()
            if args.name in {None, name, attempt.profile}
        }
        if not attempts:
            self._raise_no_session(args.name)
        for name, attempt in attempts.items():
            rows = [(e.source, e.key, e.outcome) for e in attempt.settings.trace]
            known = self.sessions.get(name)
            outcome = "not signed in" if known is None else known.describe_outcome()
            if attempt.failed:
                # A session from before is not what this trace is about.
                outcome = "the last attempt failed"
            caption = f"Login trace of {name}: {outcome}"
            display(table_bundle(_TRACE_HEADINGS, rows, caption=caption), raw=True)

    @magic_arguments()
    @argument(
        "name",
        nargs="?",
        help="Sign out the session of this profile or this name; by default chili.",
    )
    @argument("--all", action="store_true", help="Sign every session out.")
    @line_magic
    def chili_logout(self, line: str) -> None:
        """Sign out: unbind the names, close the client, forget the token.

        GraFx tokens cannot be revoked: the token stays valid until it expires, which
        the card continues to show.
        """
        args = parse(self.chili_logout, line, exclusive=("name", "--all"))
        name = None if args.all else args.name or "chili"
        for session in self._select(name) or self._raise_no_session(args.name):
            session.sign_out("You signed out with %chili_logout.")
            self._unbind(session)
            session.display(live=False, in_full=False)

    def close(self) -> None:
        """Sign every session out; its names stay bound and raise an error when used."""
        for session in self.sessions.values():
            session.sign_out(
                "The extension has been unloaded.",
                hint="Run %load_ext chili_notebook, and sign in with %chili_login.",
            )
        self.sessions.clear()
        if _GUARD in sys.modules and not _is_reloading():
            from chili_notebook.guard.install import process_guard

            process_guard().uninstall(self._shell)

    def _find_or_create(self, name: str, profile: str) -> Session:
        """Return the session of this name; signing in again keeps its objects alive."""
        from chili_notebook.guard.install import process_guard
        from chili_notebook.notebook.session import Session

        session = self.sessions.get(name)
        if session is not None and session.state.profile == profile:
            return session
        return Session(profile, name, guard=process_guard())

    def _bind(self, name: str, session: Session) -> None:
        """Bind the names of a session that has signed in, or shows its form."""
        previous = self.sessions.get(name)
        if previous is not None and previous is not session:
            previous.sign_out(f"{name} now belongs to another profile.")
        self.sessions[name] = session
        self._shell.push(session.names)

    def _select(self, name: str | None) -> list[Session]:
        """Return the sessions of a profile or a bound name; all for ``None``."""
        return [
            session
            for bound_name, session in self.sessions.items()
            if name in {None, bound_name, session.state.profile or None}
        ]

    def _raise_no_session(self, name: str | None) -> NoReturn:
        from chili_notebook.errors import NotSignedInError

        if not self.sessions:
            raise NotSignedInError(
                "You are not signed in.", hint="Sign in with %chili_login."
            )
        sessions = ", ".join(
            f"{bound_name} (profile {session.state.profile})"
            if session.state.profile
            else bound_name
            for bound_name, session in self.sessions.items()
        )
        raise NotSignedInError(
            f"There is no session {name or 'chili'!r}. Sessions: {sessions}.",
            hint="Name one of them, or sign in with %chili_login.",
        )

    def _unbind(self, session: Session) -> None:
        """Remove the names, unless the user has bound them to something else."""
        namespace = self._shell.user_ns
        for name, value in session.names.items():
            if namespace.get(name) is value:
                self._shell.drop_by_id({name: value})
        self.sessions = {
            name: other for name, other in self.sessions.items() if other is not session
        }

    @property
    def _shell(self) -> InteractiveShell:
        return cast("InteractiveShell", self.shell)


@contextmanager
def _paused_collection() -> Iterator[None]:
    """Pause the garbage collection while a login imports its modules.

    They make many objects, of which none can be collected.
    """
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()


def load(shell: InteractiveShell) -> None:
    """Register the magics; calling it again changes nothing."""
    if _find_registered(shell) is None:
        shell.register_magics(ChiliMagics(shell), AuditMagics(shell))
    if _GUARD in sys.modules:
        from chili_notebook.guard.install import process_guard

        if process_guard().registry.known:
            # Secrets that were known before %unload_ext are masked again.
            process_guard().install(shell)


def unload(shell: InteractiveShell) -> None:
    """Sign out every session and remove the magics."""
    magics = _find_registered(shell)
    if magics is None:
        return
    magics.close()
    for name in _MAGICS:
        shell.magics_manager.magics["line"].pop(name, None)
    for magics_type in (ChiliMagics, AuditMagics):
        registered = shell.magics_manager.registry.pop(magics_type.__name__, None)
        cast("list[object]", shell.configurables).remove(registered)


def _is_reloading() -> bool:
    """Return whether IPython unloads the extension only to load it again.

    Then the guard must stay: without it, a thread could print a secret in between.
    """
    frame = sys._getframe()  # noqa: SLF001 - IPython does not tell the extension
    while (before := frame.f_back) is not None:
        frame = before
        if frame.f_code.co_name == "reload_extension":
            return True
    return False


def _find_registered(shell: InteractiveShell) -> ChiliMagics | None:
    magics = shell.magics_manager.registry.get(ChiliMagics.__name__)
    return magics if isinstance(magics, ChiliMagics) else None
