"""Read the arguments of a magic, and check them."""

from __future__ import annotations

import builtins
import keyword
import os
import shlex
from typing import TYPE_CHECKING, Any, cast

from IPython.core.error import UsageError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from chili_notebook.guard.install import Guard


def parse(
    magic: Callable[..., Any], line: str, *, exclusive: tuple[str, ...] = ()
) -> Namespace:
    """Parse the line of a magic, with quotes as in a shell and a comment at its end.

    Args:
        magic: The magic.
        line: Its line.
        exclusive: Options and arguments of which only one may be given.

    Raises:
        ConfigurationError: If the arguments are not valid. IPython's own UsageError
            would not fail the cell in nbclient and papermill.
    """
    from chili_notebook.errors import ConfigurationError

    try:
        arguments: Namespace = cast("Any", magic).parser.parse_args(_split(line))
    except (UsageError, ValueError) as error:
        raise ConfigurationError(
            f"%{magic.__name__}: {error}.",
            hint=f"Run %{magic.__name__}? to read the manual.",
        ) from None
    given = vars(arguments)
    used = [name for name in exclusive if given[_attribute_of(name)]]
    if len(used) > 1:
        raise ConfigurationError(
            f"{' and '.join(used)} cannot be combined.", hint="Use only one."
        )
    return arguments


def _attribute_of(option: str) -> str:
    """Return the attribute in which argparse puts an option."""
    return option.lstrip("-").replace("-", "_")


def _split(line: str) -> list[str]:
    """Split a line into words; IPython's own function would keep the quotes.

    Raises:
        ValueError: If a quote is not closed.
    """
    splitter = shlex.shlex(line, posix=True, punctuation_chars=False)
    splitter.whitespace_split = True
    splitter.commenters = ""
    if os.name == "nt":
        splitter.escape = ""  # a backslash separates folders
    words = list(splitter)
    comment = next((n for n, word in enumerate(words) if word.startswith("#")), None)
    return words[:comment]


def reject_secrets(guard: Guard, shell: InteractiveShell, line: str) -> None:
    """Raise if a line of %chili_login contains a secret, and remove it from its cell.

    Raises:
        ConfigurationError: If it does.
    """
    from chili_notebook.errors import ConfigurationError
    from chili_notebook.guard.cell_history import secrets_in_options

    if any(secrets_in_options(f"%chili_login {line}")):
        guard.fix_running_cell(shell)
        raise ConfigurationError(
            "A secret cannot be an option of a magic: it would be saved with the cell.",
            hint="Put it into .env, or run %chili_login alone and type it into the "
            "form. If the notebook was saved or shared, rotate the secret in GraFx.",
        )


def choose_name(profile: str | None, name: str | None) -> str:
    """Return the name of the client: ``chili``, ``chili_PROFILE``, or a given one.

    Raises:
        ConfigurationError: If it is not a valid name, or is one of Python's own.
    """
    from chili_notebook.errors import ConfigurationError

    chosen = name or (f"chili_{profile.replace('-', '_')}" if profile else "chili")
    if not chosen.isidentifier() or keyword.iskeyword(chosen):
        raise ConfigurationError(
            f"{chosen!r} is not a valid Python name.", hint="Set another with --as."
        )
    if hasattr(builtins, chosen):
        raise ConfigurationError(
            f"{chosen!r} is one of Python's own names and would be hidden.",
            hint="Set another with --as.",
        )
    return chosen
