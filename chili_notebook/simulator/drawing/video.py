"""Encodes frames as video, if imageio-ffmpeg is installed, which brings an encoder."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from chili_notebook.simulator.drawing.pdf import PRODUCER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL import Image

_FRAMES_PER_S, _LONGEST_MS = 20, 60_000
# What every browser plays; its colours need even sides.
_HOW = (
    *("-vf", "scale=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264"),
    *("-pix_fmt", "yuv420p", "-movflags", "+faststart"),
    *("-metadata", f"comment={PRODUCER}"),
)


class UnsupportedFormatError(Exception):
    """The simulator cannot make this format."""


def mp4_encoder(
    fps: float | None = None,
) -> Callable[[Sequence[Image.Image], Sequence[int]], bytes]:
    """Give what encodes frames, each shown for so many milliseconds, as an mp4.

    Args:
        fps: How many frames a second it has; 20 by default.

    Raises:
        UnsupportedFormatError: If there is no encoder; also from what is given.
    """
    try:
        program: str = import_module("imageio_ffmpeg").get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise UnsupportedFormatError(
            "The simulator cannot encode video (mp4) without an encoder; this brings "
            "one: pip install imageio-ffmpeg"
        ) from error

    pace = fps or _FRAMES_PER_S

    def encode(frames: Sequence[Image.Image], durations_ms: Sequence[int]) -> bytes:
        with TemporaryDirectory() as folder:
            target = Path(folder, "video.mp4")
            try:
                _run(program, frames, _counts(durations_ms, pace), pace, target)
                return target.read_bytes()
            except OSError as error:
                raise UnsupportedFormatError(
                    "The encoder of imageio-ffmpeg cannot make a video (mp4) here."
                ) from error

    return encode


def _run(
    program: str,
    frames: Sequence[Image.Image],
    counts: Sequence[int],
    pace: float,
    target: Path,
) -> None:
    width, height = frames[0].size
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}")
    rate = ("-r", f"{pace:g}")
    with subprocess.Popen(  # noqa: S603 - no shell, and our own arguments
        [program, "-loglevel", "quiet", *raw, *rate, "-i", "-", *_HOW, str(target)],
        stdin=subprocess.PIPE,
    ) as encoder:
        assert encoder.stdin is not None  # noqa: S101 - it was asked for
        with suppress(BrokenPipeError):  # no file will be there
            for frame, count in zip(frames, counts, strict=True):
                data = frame.tobytes()
                for _ in range(count):
                    encoder.stdin.write(data)
            encoder.stdin.close()
    if encoder.returncode:
        raise ChildProcessError(encoder.returncode, "the encoder failed")


def _counts(durations_ms: Sequence[int], pace: float) -> list[int]:
    """Give how often each frame is shown at an even pace; a minute is the most."""
    counts, shown, at_ms = [], 0, 0
    for duration_ms in durations_ms:
        at_ms = min(at_ms + duration_ms, _LONGEST_MS)
        count = round(at_ms * pace / 1000) - shown
        counts.append(count)
        shown += count
    return counts
