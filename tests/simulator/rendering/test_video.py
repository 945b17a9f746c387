"""Tests of MP4 files, with and without an encoder."""

from __future__ import annotations

import subprocess
import sys

import imageio_ffmpeg
import pytest
from PIL import Image, ImageChops

from chili_notebook.simulator.rendering.file_formats import encode
from chili_notebook.simulator.rendering.layouts import find_layout
from chili_notebook.simulator.rendering.pages import render_pages
from chili_notebook.simulator.rendering.pdf import PRODUCER
from chili_notebook.simulator.rendering.variable_values import resolve_values
from chili_notebook.simulator.rendering.video import UnsupportedFormatError
from chili_notebook.simulator.state.sample_templates import load_sample_templates

BANNER = next(
    template.document
    for template in load_sample_templates()
    if template.name == "Autumn roast banner"
)
RAW = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
ODD_SIZE = {
    "pages": [{"id": "p", "frames": []}],
    "layouts": [{"id": "l", "width": 301_000, "height": 99_000}],
}


def decode_video(document, layout_id, size, tmp_path):
    """Encode a layout as MP4, and return the frames that a player shows."""
    content = encode(document, layout_id, resolve_values(document, {}), "mp4")
    assert content[4:8] == b"ftyp"
    assert PRODUCER.encode() in content
    path = tmp_path / "video.mp4"
    path.write_bytes(content)
    decoded = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-i", path, *RAW, "-"],
        capture_output=True,
        check=True,
    )
    for text in (b"h264", b"yuv420p", b"20 fps", b"%dx%d" % size):
        assert text in decoded.stderr
    length = size[0] * size[1] * 3
    starts = range(0, len(decoded.stdout), length)
    return [
        Image.frombytes("RGB", size, decoded.stdout[start : start + length])
        for start in starts
    ]


def largest_difference(one, other):
    """Return the largest difference of two pictures that are scaled down."""
    difference = ImageChops.difference(one, other).convert("L")
    return max(difference.resize((40, 40), Image.Resampling.BOX).getextrema())


@pytest.mark.parametrize("layout", BANNER["layouts"], ids=lambda one: one["name"])
def test_video_moves_and_ends_at_rest(layout, tmp_path):
    """Its first and last frame and its duration are those of the layout."""
    size = (layout["width"] // 1000, layout["height"] // 1000)
    frames = decode_video(BANNER, layout["id"], size, tmp_path)
    values = resolve_values(BANNER, {})
    start, still = (
        render_pages(BANNER, layout["id"], values, pixels_wide=size[0], at_ms=at_ms)[0]
        for at_ms in (0, None)
    )
    assert largest_difference(frames[0], start) < 16
    assert largest_difference(frames[-1], still) < 16
    assert largest_difference(frames[0], frames[-1]) > 64
    assert len(frames) == find_layout(BANNER, layout["id"]).timeline_ms // 50


def test_video_of_a_still_layout_is_short(tmp_path):
    """It has one picture; odd sides become even, as browsers need."""
    frames = decode_video(ODD_SIZE, "l", (302, 100), tmp_path)
    assert len(frames) == 32
    assert largest_difference(frames[0], frames[-1]) < 16


@pytest.mark.parametrize(("fps", "text"), [(10, b"10 fps"), (1000, b"50 fps")])
def test_video_has_the_given_frame_rate(fps, text, tmp_path):
    """The rate is at most 50, and does not change the duration."""
    layout = BANNER["layouts"][1]["id"]
    content = encode(BANNER, layout, resolve_values(BANNER, {}), "mp4", fps=fps)
    path = tmp_path / "video.mp4"
    path.write_bytes(content)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", path, "-f", "null", "-"]
    info = subprocess.run(command, capture_output=True, check=True).stderr
    duration_s = find_layout(BANNER, layout).timeline_ms / 1000
    assert text in info
    assert f"Duration: 00:00:{duration_s:05.2f}".encode() in info


def test_video_is_at_most_a_minute_long(tmp_path):
    """A timeline of a day is cut off."""
    still = {"id": "f", "from": 0, "basicAnimations": {}}
    day = {"timelineLengthMs": 86_400_000, "frameAnimations": [still]}
    document = ODD_SIZE | {"layouts": [ODD_SIZE["layouts"][0] | day]}
    assert len(decode_video(document, "l", (302, 100), tmp_path)) == 60 * 20


def test_missing_encoder_is_an_error(monkeypatch):
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UnsupportedFormatError, match="pip install imageio-ffmpeg"):
        encode(ODD_SIZE, "l", resolve_values(ODD_SIZE, {}), "mp4")


@pytest.mark.parametrize("program", ["not-there", "fails"])
def test_failing_encoder_is_an_error(monkeypatch, tmp_path, program):
    """A program that is missing or fails is an error, and not a crash."""
    path = tmp_path / program
    if program == "fails":
        path.write_text("#!/bin/sh\nexit 1\n")
        path.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))
    with pytest.raises(UnsupportedFormatError, match="failed to encode a video"):
        encode(ODD_SIZE, "l", resolve_values(ODD_SIZE, {}), "mp4")
