"""What the magics share: reading their line, names, where their notebook is."""

from __future__ import annotations

import builtins
import keyword
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic_arguments import parse_argstring

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell


def parse(
    magic: Callable[..., Any], line: str, *, clash: tuple[str, ...] = ()
) -> Namespace:
    """Read the arguments of a magic.

    Args:
        magic: The magic.
        line: Its line.
        clash: Options that do not go together.

    Raises:
        ConfigurationError: If they are none of its; IPython's own error would let some
            runs of a notebook pass.
    """
    from chili_notebook.errors import ConfigurationError

    try:
        arguments: Namespace = parse_argstring(magic, line)
    except UsageError as error:
        raise ConfigurationError(
            f"%{magic.__name__}: {error}.", hint=f"%{magic.__name__}? is the manual."
        ) from None
    if clash and all(vars(arguments)[option.lstrip("-")] for option in clash):
        raise ConfigurationError(
            f"{' and '.join(clash)} do not go together.", hint="Leave one of them out."
        )
    return arguments


def require_no_secret(shell: InteractiveShell, line: str) -> None:
    """Refuse a line of %chili_login that holds a secret, and clean its cell.

    Raises:
        ConfigurationError: If it does.
    """
    from chili_notebook.errors import ConfigurationError
    from chili_notebook.guard.cell_history import secrets_in_options
    from chili_notebook.guard.install import process_guard

    if any(secrets_in_options(f"%chili_login {line}")):
        process_guard().fix_running_cell(shell)
        raise ConfigurationError(
            "A secret is never an option of a magic: it would be saved with the cell.",
            hint="Put it into .env, or run %chili_login alone and type it into the "
            "form. If the notebook was saved or shared, rotate it in GraFx.",
        )


def require_somebody(live: bool) -> None:  # noqa: FBT001 - what was asked just before
    """Refuse a form that nobody could fill in.

    Raises:
        ConfigurationError: If nobody is there.
    """
    from chili_notebook.errors import ConfigurationError

    if not live:
        raise ConfigurationError(
            "There is nobody here to fill in a form.",
            hint="Leave --form out, and set the keys in .env or the environment.",
        )


def names_for(profile: str | None, name: str | None) -> str:
    """Give the name of the client: ``chili``, ``chili_PROFILE``, or what was asked for.

    Raises:
        ConfigurationError: If that is not a name in Python, or hides one of its own.
    """
    from chili_notebook.errors import ConfigurationError

    chosen = name or (f"chili_{profile.replace('-', '_')}" if profile else "chili")
    if not chosen.isidentifier() or keyword.iskeyword(chosen):
        raise ConfigurationError(
            f"{chosen!r} is not a name in Python.", hint="Give another one with --as."
        )
    if hasattr(builtins, chosen):
        raise ConfigurationError(
            f"{chosen!r} is one of Python's own names, which would be hidden.",
            hint="Give another one with --as.",
        )
    return chosen
