"""``python -m chili_notebook audit``: guards a commit or a pipeline."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chili_notebook.errors import ChiliError, CredentialsNotFoundError


def main() -> int:
    """Look for secrets, print what was found, and give the exit code."""
    options = _parser().parse_args()
    try:
        return _audit(options)
    except ChiliError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chili_notebook")
    commands = parser.add_subparsers(title="commands", required=True)
    audit = commands.add_parser(
        "audit",
        help="look for your GraFx secrets in what has been saved",
        description="Look for the secrets in the process environment, .env and the "
        "system keyring in notebooks, IPython's history and git. Nobody is signed in. "
        "The exit code is 1 if something was found and not mended, or not read.",
    )
    audit.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="files and folders"
    )
    audit.add_argument(
        "--fix", action="store_true", help="mask files, remove rows of the history"
    )
    audit.add_argument(
        "--env-file", metavar="PATH", help="read the secrets from this file too"
    )
    return parser


def _audit(options: argparse.Namespace) -> int:
    from IPython.paths import get_ipython_dir

    from chili_notebook.audit.report import bundle_of, require_clean
    from chili_notebook.audit.search import audit
    from chili_notebook.signin import find_secrets

    around = [path if path.is_dir() else path.parent for path in options.paths]
    try:
        wanted = find_secrets([Path.cwd(), *around], env_file=options.env_file)
    except CredentialsNotFoundError as error:
        # Who has no secret here can leak none from here: a hook must not stop them.
        sys.stderr.write(f"{error}\n")
        return 0
    profiles = sorted(Path(get_ipython_dir()).glob("profile_*"))
    findings = audit(wanted, options.paths, profiles=profiles, fix=options.fix)
    sys.stdout.write(f"{bundle_of(findings, wanted)['text/plain']}\n")
    require_clean(findings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
