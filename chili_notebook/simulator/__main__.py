"""``python -m chili_notebook.simulator``: serve until Ctrl+C."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from pathlib import Path

from chili_notebook.simulator.comparison import compare_with, format_table
from chili_notebook.simulator.openapi import SpecificationError
from chili_notebook.simulator.server.app import NOTICE
from chili_notebook.simulator.server.server import Simulator
from chili_notebook.simulator.state.faults import KINDS

_FIRST_LINE = "# Credentials of the simulator of chili_notebook; they are not real."


def main() -> None:
    """Serve, and print the ``.env`` lines for signing in."""
    parser = argparse.ArgumentParser(
        prog="python -m chili_notebook.simulator",
        description=textwrap.fill(
            f"{NOTICE.strip()} The first lines of the output are the .env lines for "
            "signing in to it."
        ),
        epilog=_describe_faults(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port", type=int, default=0, help="the port; by default a free one"
    )
    parser.add_argument(
        "--write-env",
        type=Path,
        metavar="PATH",
        help="also write these lines to a file; a file that the simulator did not "
        "write is not replaced",
    )
    parser.add_argument(
        "--render-seconds",
        type=float,
        metavar="S",
        help="how long an output takes; by default it is done after a few polls",
    )
    parser.add_argument(
        "--slots",
        type=int,
        default=4,
        metavar="N",
        help="how many outputs run at the same time, if they take time",
    )
    parser.add_argument(
        "--no-drawing",
        dest="draws",
        action="store_false",
        help="outputs are small valid files without their content, made quickly",
    )
    parser.add_argument(
        "--sandbox",
        action="store_true",
        help="simulate a sandbox, where every output has a watermark",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:PATH[:COUNT]]",
        help="activate a fault; can be repeated. The faults are listed below",
    )
    parser.add_argument(
        "--compare",
        type=Path,
        metavar="PATH",
        help="serve nothing; print how the simulator differs from an OpenAPI document "
        "in JSON, such as that of an environment's /grafx/swagger/index.html. The exit "
        "code is 0 without differences, 1 with differences, 2 for a file that is not "
        "such a document",
    )
    options = parser.parse_args()
    if options.compare is not None:
        sys.exit(_print_comparison(options.compare))
    simulator = _make_simulator(options, parser)
    lines = [f"{key}={value}" for key, value in simulator.variables().items()]
    if options.write_env is not None:
        try:
            _write_env(options.write_env, [_FIRST_LINE, *lines])
        except OSError as error:
            parser.error(f"cannot write {options.write_env}: {error.strerror or error}")
    simulator.start()
    notice = f"# {NOTICE}# It listens on {simulator.url}; Ctrl+C stops it."
    sys.stdout.write("\n".join([*lines, "", notice, ""]))
    sys.stdout.flush()
    try:
        simulator.join()
    except KeyboardInterrupt:
        simulator.stop()


def _print_comparison(path: Path) -> int:
    """Print the differences, and return the exit code."""
    try:
        differences = compare_with(path)
    except SpecificationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(
        f"{format_table(differences)}\n" if differences else "No differences.\n"
    )
    return 1 if differences else 0


def _describe_faults() -> str:
    width = max(map(len, KINDS))
    lines = [f"  {name:{width}}  {kind.description}" for name, kind in KINDS.items()]
    counts = "GET /simulator/counts returns how many outputs were started, and how many"
    return "\n".join(
        ["faults:", *lines, "", f"{counts}\nrequests of each kind were received."]
    )


def _make_simulator(
    options: argparse.Namespace, parser: argparse.ArgumentParser
) -> Simulator:
    """Return the simulator with the options, or exit with an error."""
    if options.slots < 1 or not (options.render_seconds or 0) >= 0:
        parser.error("--slots must be 1 or more, --render-seconds 0 or more")
    try:
        simulator = Simulator(
            port=options.port,
            render_seconds=options.render_seconds,
            slots=options.slots,
            draws=options.draws,
            sandbox=options.sandbox,
        )
    except (OSError, OverflowError) as error:
        parser.error(f"cannot listen on port {options.port}: {error}")
    try:
        for text in options.fault:
            simulator.state.faults.parse(text)
    except ValueError as error:
        parser.error(f"cannot activate a fault: {error}")
    return simulator


def _write_env(path: Path, lines: list[str]) -> None:
    """Write a file that only its owner can read.

    Raises:
        FileExistsError: If the simulator did not write the existing file.
    """
    if path.exists() and not path.read_bytes().startswith(_FIRST_LINE.encode()):
        raise FileExistsError(None, "it exists, and the simulator did not write it")
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write("\n".join([*lines, ""]).encode())


if __name__ == "__main__":
    main()
