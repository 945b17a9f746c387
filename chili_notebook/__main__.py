"""``python -m chili_notebook audit``: check what is saved, in a commit or pipeline."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chili_notebook.errors import ChiliError, CredentialsNotFoundError


def main() -> int:
    """Run the command and return its exit code."""
    options = _make_parser().parse_args()
    try:
        return _audit(options)
    except ChiliError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chili_notebook")
    commands = parser.add_subparsers(title="commands", required=True)
    audit = commands.add_parser(
        "audit",
        help="search saved files for your GraFx secrets",
        description="Search notebooks, IPython's history and git for the secrets in "
        "the process environment, .env and the system keyring. Nothing is sent over "
        "the network. The exit code is 1 if a secret was found and not fixed, or if "
        "something could not be read.",
    )
    audit.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="files and folders"
    )
    audit.add_argument(
        "--fix",
        action="store_true",
        help="mask secrets in files, and remove rows of the history",
    )
    audit.add_argument(
        "--env-file", metavar="PATH", help="also read the secrets in this file"
    )
    return parser


def _audit(options: argparse.Namespace) -> int:
    from IPython.paths import get_ipython_dir

    from chili_notebook.audit.report import report_bundle, require_clean
    from chili_notebook.audit.search import audit
    from chili_notebook.signin import find_secrets

    folders = [path if path.is_dir() else path.parent for path in options.paths]
    try:
        known = find_secrets([Path.cwd(), *folders], env_file=options.env_file)
    except CredentialsNotFoundError as error:
        # A person without a secret can leak none: a commit hook must not stop them.
        sys.stderr.write(f"{error}\n")
        return 0
    profiles = sorted(Path(get_ipython_dir()).glob("profile_*"))
    findings = audit(known, options.paths, profiles=profiles, fix=options.fix)
    sys.stdout.write(f"{report_bundle(findings, known)['text/plain']}\n")
    require_clean(findings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
