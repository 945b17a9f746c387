"""``python -m chili_notebook``: search for saved secrets, or copy the notebooks."""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from chili_notebook.errors import (
    AuditIncompleteError,
    ChiliError,
    ConfigurationError,
    CredentialsNotFoundError,
    SecretsFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_EXIT_CODES = """\
exit codes:
  0  no secret is left
  1  a secret was found and not fixed
  2  the arguments or the sources of the secrets are wrong
  3  no secret was found, but a place could not be read
  4  no secret is known, and --require-secrets is set
"""


class _ExitCode(IntEnum):
    """The exit codes of the command; argparse ends with 2 too."""

    CLEAN = 0
    FOUND = 1
    WRONG_INPUT = 2
    UNREADABLE = 3
    NO_SECRETS = 4


# The notebooks are part of the wheel; a checkout has them in a folder of its own.
_EXAMPLES = (
    Path(__file__).parent / "examples",
    Path(__file__).parents[1] / "notebooks",
)
# What running the notebooks, or a login, leaves next to them.
_NOT_COPIED = {".env", ".ipynb_checkpoints", "renders"}


def main() -> _ExitCode:
    """Run the command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file name may contain characters that the output's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
    options = _make_parser().parse_args()
    run: Callable[[argparse.Namespace], _ExitCode] = options.run
    try:
        return run(options)
    except ChiliError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        if isinstance(error, SecretsFoundError):
            return _ExitCode.FOUND
        is_incomplete = isinstance(error, AuditIncompleteError)
        return _ExitCode.UNREADABLE if is_incomplete else _ExitCode.WRONG_INPUT


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chili_notebook")
    commands = parser.add_subparsers(title="commands", required=True)
    audit = commands.add_parser(
        "audit",
        help="search saved files for your GraFx secrets",
        description="Search notebooks, other text files, IPython's history and git for "
        "the secrets in the process environment, .env and the system keyring. Nothing "
        "is sent over the network, and no other program is run.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    audit.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="files and folders"
    )
    audit.add_argument(
        "--fix",
        action="store_true",
        help="mask secrets in notebooks, their copies and the files that you name, and "
        "remove rows of the history",
    )
    audit.add_argument(
        "--env-file", metavar="PATH", help="also read the secrets in this file"
    )
    audit.add_argument(
        "--require-secrets",
        action="store_true",
        help="fail if no secret is known to search for",
    )
    audit.set_defaults(run=_audit)
    notebooks = commands.add_parser(
        "notebooks",
        help="copy the example notebooks into a folder",
        description="Copy the example notebooks, the table that one of them needs, and "
        ".env.example into a folder. Files that exist there are kept as they are.",
    )
    notebooks.add_argument(
        "folder", type=Path, metavar="DIR", help="the folder; it is created if missing"
    )
    notebooks.set_defaults(run=_copy_notebooks)
    return parser


def _audit(options: argparse.Namespace) -> _ExitCode:
    from IPython.paths import get_ipython_dir

    from chili_notebook.audit.findings import AuditSettings, SecretFinder
    from chili_notebook.audit.report import report_bundle, require_clean
    from chili_notebook.audit.search import audit
    from chili_notebook.signin import find_secrets
    from chili_notebook.system.frontend import find_working_folder

    working_folder = find_working_folder()
    folders = [path if path.is_dir() else path.parent for path in options.paths]
    try:
        known = find_secrets([working_folder, *folders], env_file=options.env_file)
    except CredentialsNotFoundError as error:
        # A person without a secret can leak none: a commit hook must not stop them.
        sys.stderr.write(f"{error.message}\n")
        return _ExitCode.NO_SECRETS if options.require_secrets else _ExitCode.CLEAN
    settings = AuditSettings(
        SecretFinder(known),
        working_folder,
        command="python -m chili_notebook audit",
        fix=options.fix,
        credential_files=frozenset({Path(options.env_file).resolve()})
        if options.env_file
        else frozenset(),
    )
    result = audit(
        settings,
        options.paths,
        profiles=sorted(Path(get_ipython_dir()).glob("profile_*")),
        temporary_folder=Path(tempfile.gettempdir()),
    )
    sys.stdout.write(f"{report_bundle(result, known)['text/plain']}\n")
    require_clean(result)
    return _ExitCode.CLEAN


def _copy_notebooks(options: argparse.Namespace) -> _ExitCode:
    examples = next(folder for folder in _EXAMPLES if folder.is_dir())
    for source in sorted(examples.rglob("*")):
        part = source.relative_to(examples)
        if source.is_dir() or _NOT_COPIED.intersection(part.parts):
            continue
        target = options.folder / part
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            # "x" never replaces a file, and never writes through a link.
            with target.open("xb") as stream:
                stream.write(source.read_bytes())
        except OSError as error:
            if target.is_file():
                sys.stdout.write(f"kept, because it exists: {target}\n")
                continue
            raise ConfigurationError(
                f"{target} cannot be written ({error.strerror}).",
                hint="Choose another folder.",
            ) from None
        sys.stdout.write(f"copied: {target}\n")
    sys.stdout.write(f"Open them in JupyterLab:  jupyter lab {options.folder}\n")
    return _ExitCode.CLEAN


if __name__ == "__main__":
    sys.exit(main())
