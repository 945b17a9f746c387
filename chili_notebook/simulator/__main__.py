"""``python -m chili_notebook.simulator``: serves until it is interrupted."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from chili_notebook.simulator.app import WHAT_THIS_IS
from chili_notebook.simulator.faults import KINDS
from chili_notebook.simulator.server import Simulator

_MARK = "# Signs in to the simulator of chili_notebook; nothing here is real."


def main() -> None:
    """Serve, and print the ``.env`` lines that sign in."""
    parser = argparse.ArgumentParser(
        prog="python -m chili_notebook.simulator",
        description=f"{WHAT_THIS_IS} Its first lines of output are the .env lines "
        "that sign in to it.",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="where to listen; by default a free port"
    )
    parser.add_argument(
        "--write-env",
        type=Path,
        metavar="PATH",
        help="write those lines to this file too; a file of somebody else's is kept",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="keep the state in this folder, all but the output tasks; "
        "by default it is gone at the end",
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
        help="how many outputs are made at the same time, with --render-seconds",
    )
    parser.add_argument(
        "--sandbox",
        action="store_true",
        help="be a sandbox, as GraFx has them: every output has a watermark",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:PATH[:COUNT]]",
        help=f"set a fault; may be given again. Faults: {', '.join(KINDS)}",
    )
    options = parser.parse_args()
    simulator = _simulator(options, parser)
    lines = [f"{key}={value}" for key, value in simulator.variables().items()]
    if options.write_env is not None:
        try:
            _write(options.write_env, [_MARK, *lines])
        except OSError as error:
            parser.error(f"cannot write {options.write_env}: {error.strerror or error}")
    simulator.start()
    notice = f"# {WHAT_THIS_IS}# It listens on {simulator.url}; Ctrl+C stops it."
    sys.stdout.write("\n".join([*lines, "", notice, ""]))
    sys.stdout.flush()
    try:
        simulator.join()
    except KeyboardInterrupt:
        simulator.stop()


def _simulator(
    options: argparse.Namespace, parser: argparse.ArgumentParser
) -> Simulator:
    """Make the simulator that the options ask for, or end the command."""
    if options.slots < 1 or not (options.render_seconds or 0) >= 0:
        parser.error("--slots must be 1 or more, --render-seconds 0 or more")
    try:
        simulator = Simulator(
            port=options.port,
            data=options.data,
            render_seconds=options.render_seconds,
            slots=options.slots,
            sandbox=options.sandbox,
        )
    except ValueError as error:
        parser.error(f"cannot read the state in {options.data}: {error}")
    except (OSError, OverflowError) as error:
        folder = getattr(error, "filename", None)
        cannot = f"use {folder}" if folder else f"listen on port {options.port}"
        parser.error(f"cannot {cannot}: {error}")
    try:
        for text in options.fault:
            simulator.faults.parse(text)
    except ValueError as error:
        parser.error(f"cannot set a fault: {error}")
    return simulator


def _write(path: Path, lines: list[str]) -> None:
    """Write the file for its owner only.

    Raises:
        FileExistsError: If there is one that the simulator did not write.
    """
    if path.exists() and not path.read_bytes().startswith(_MARK.encode()):
        raise FileExistsError(None, "it exists, and the simulator did not write it")
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write("\n".join([*lines, ""]).encode())


if __name__ == "__main__":
    main()
