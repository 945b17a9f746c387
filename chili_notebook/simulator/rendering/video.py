"""Encode frames as a video with the encoder of the package imageio-ffmpeg."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from chili_notebook.simulator.rendering.pdf import PRODUCER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL import Image

_DEFAULT_FPS, _MAX_DURATION_MS = 20, 60_000
# Every browser plays this; the pixel format requires even sides.
_ENCODING = (
    *("-vf", "scale=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264"),
    *("-pix_fmt", "yuv420p", "-movflags", "+faststart"),
    *("-metadata", f"comment={PRODUCER}"),
)


class UnsupportedFormatError(Exception):
    """The simulator cannot create this format."""


def mp4_encoder(
    fps: float | None = None,
) -> Callable[[Sequence[Image.Image], Sequence[int]], bytes]:
    """Return a function that encodes frames, each with its duration in ms, as an MP4.

    Args:
        fps: Frames per second; 20 by default.

    Raises:
        UnsupportedFormatError: If there is no encoder. The function raises it if the
            encoder fails.
    """
    try:
        program: str = import_module("imageio_ffmpeg").get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise UnsupportedFormatError(
            "The simulator cannot encode video (mp4) without an encoder. "
            "Install one with: pip install imageio-ffmpeg"
        ) from error

    rate = fps or _DEFAULT_FPS

    def encode(frames: Sequence[Image.Image], durations_ms: Sequence[int]) -> bytes:
        with TemporaryDirectory() as folder:
            target = Path(folder, "video.mp4")
            try:
                _run(program, frames, _repetitions(durations_ms, rate), rate, target)
                return target.read_bytes()
            except OSError as error:
                raise UnsupportedFormatError(
                    "The encoder of imageio-ffmpeg failed to encode a video (mp4)."
                ) from error

    return encode


def _run(
    program: str,
    frames: Sequence[Image.Image],
    counts: Sequence[int],
    fps: float,
    target: Path,
) -> None:
    width, height = frames[0].size
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}")
    rate = ("-r", f"{fps:g}")
    with subprocess.Popen(  # noqa: S603 - no shell, and our own arguments
        [
            program,
            "-loglevel",
            "quiet",
            *raw,
            *rate,
            "-i",
            "-",
            *_ENCODING,
            str(target),
        ],
        stdin=subprocess.PIPE,
    ) as encoder:
        assert encoder.stdin is not None  # noqa: S101 - it is a pipe
        with suppress(BrokenPipeError):  # then there is no file either
            for frame, count in zip(frames, counts, strict=True):
                data = frame.tobytes()
                for _ in range(count):
                    encoder.stdin.write(data)
            encoder.stdin.close()
    if encoder.returncode:
        raise ChildProcessError(encoder.returncode, "The encoder failed")


def _repetitions(durations_ms: Sequence[int], fps: float) -> list[int]:
    """Return how often each frame is repeated; the video ends after a minute."""
    counts, total, at_ms = [], 0, 0
    for duration_ms in durations_ms:
        at_ms = min(at_ms + duration_ms, _MAX_DURATION_MS)
        count = round(at_ms * fps / 1000) - total
        counts.append(count)
        total += count
    return counts
