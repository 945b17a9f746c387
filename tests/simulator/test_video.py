"""Video: an mp4 where an encoder is installed, and an honest word where none is."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from io import BytesIO

import imageio_ffmpeg
import pytest
from PIL import Image, ImageChops

from chili_notebook.errors import OutputFailedError
from chili_notebook.simulator.designs import load_designs
from chili_notebook.simulator.drawing.formats import PRODUCER, encode
from chili_notebook.simulator.drawing.layouts import find_layout
from chili_notebook.simulator.drawing.rendering import render_pages
from chili_notebook.simulator.drawing.values import resolve_values
from chili_notebook.simulator.drawing.video import UnsupportedFormatError

BANNER = next(d.document for d in load_designs() if d.name == "Autumn roast banner")
RAW = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
ODD = {
    "pages": [{"id": "p", "frames": []}],
    "layouts": [{"id": "l", "width": 301_000, "height": 99_000}],
}


def film_of(document, layout_id, size, tmp_path):
    """Encode a layout as an mp4; give the frames that a player shows, 20 a second."""
    values = resolve_values(document, {})
    content, content_type = encode(document, layout_id, values, "mp4")
    assert content_type == "video/mp4"
    assert content[4:8] == b"ftyp"
    assert PRODUCER.encode() in content
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    played = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-i", path, *RAW, "-"],
        capture_output=True,
        check=True,
    )
    for told in (b"h264", b"yuv420p", b"20 fps", b"%dx%d" % size):
        assert told in played.stderr
    one = size[0] * size[1] * 3
    starts = range(0, len(played.stdout), one)
    return [Image.frombytes("RGB", size, played.stdout[at : at + one]) for at in starts]


def farthest(one, other):
    """Tell how far two pictures are apart where they differ most, seen from afar."""
    differing = ImageChops.difference(one, other).convert("L")
    return max(differing.resize((40, 40), Image.Resampling.BOX).getextrema())


@pytest.mark.parametrize("layout", BANNER["layouts"], ids=lambda one: one["name"])
def test_an_animated_layout_moves_and_comes_to_rest(layout, tmp_path):
    """It begins as the layout's first moment, ends at rest, and lasts as long."""
    size = (layout["width"] // 1000, layout["height"] // 1000)
    frames = film_of(BANNER, layout["id"], size, tmp_path)
    values = resolve_values(BANNER, {})
    start, still = (
        render_pages(BANNER, layout["id"], values, pixels_wide=size[0], at_ms=moment)[0]
        for moment in (0, None)
    )
    assert farthest(frames[0], start) < 16
    assert farthest(frames[-1], still) < 16
    assert farthest(frames[0], frames[-1]) > 64
    lasts_ms = find_layout(BANNER, layout["id"]).timeline_ms
    assert len(frames) == lasts_ms // 50


def test_a_layout_at_rest_is_a_short_film(tmp_path):
    """One picture is shown for a while; odd sides are made even, for browsers."""
    frames = film_of(ODD, "l", (302, 100), tmp_path)
    assert len(frames) == 32
    assert farthest(frames[0], frames[-1]) == 0


def test_a_film_has_the_pace_that_is_asked_for(tmp_path):
    """Frames a second are told in the file, and make it no longer or shorter."""
    values = resolve_values(BANNER, {})
    layout = BANNER["layouts"][1]["id"]
    for fps, told in ((10, b"10 fps"), (1000, b"50 fps")):
        content, _ = encode(BANNER, layout, values, "mp4", fps=fps)
        path = tmp_path / "film.mp4"
        path.write_bytes(content)
        program = imageio_ffmpeg.get_ffmpeg_exe()
        asked = [program, "-i", path, "-f", "null", "-"]
        played = subprocess.run(asked, capture_output=True, check=True).stderr
        lasts_s = find_layout(BANNER, layout).timeline_ms / 1000
        assert told in played
        assert f"Duration: 00:00:{lasts_s:05.2f}".encode() in played


def test_a_film_has_an_end(tmp_path):
    """A timeline of a day is cut after a minute."""
    still = {"id": "f", "from": 0, "basicAnimations": {}}
    day = {"timelineLengthMs": 86_400_000, "frameAnimations": [still]}
    document = ODD | {"layouts": [ODD["layouts"][0] | day]}
    assert len(film_of(document, "l", (302, 100), tmp_path)) == 60 * 20


def test_a_video_is_shown_in_the_notebook(simulator, signed_in, tmp_path):
    """An output of the client's is played where it stands, and saved under its name."""
    with signed_in(simulator) as chili:
        template = chili.templates.list(search="banner")[0]
        output = chili.outputs.create(template, "mp4")
    shown = output._repr_mimebundle_()
    assert shown["text/html"].startswith("<video controls")
    assert 'src="data:video/mp4;base64,' in shown["text/html"]
    assert output.save(tmp_path).suffix == ".mp4"


def test_a_batch_of_videos_is_a_zip(simulator, signed_in):
    """Several rows make one archive (release note 2025-05-08)."""
    with signed_in(simulator) as chili:
        template = chili.templates.list(search="price tag")[0]
        output = chili.outputs.create(template, "mp4", variables=[{}, {}])
    archive = zipfile.ZipFile(BytesIO(output.content))
    assert [name[-4:] for name in archive.namelist()] == [".mp4", ".mp4"]


@pytest.fixture
def _no_encoder(monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)


@pytest.mark.usefixtures("_no_encoder")
def test_without_an_encoder_video_is_refused_honestly():
    """The simulator says that it cannot, and what would make it able to."""
    values = resolve_values(BANNER, {})
    with pytest.raises(UnsupportedFormatError, match="pip install imageio-ffmpeg"):
        encode(BANNER, BANNER["layouts"][0]["id"], values, "mp4")


@pytest.mark.usefixtures("_no_encoder")
def test_without_an_encoder_the_output_fails_and_nothing_else(simulator, signed_in):
    """The task fails with that word; an animation of the other format is made."""
    with signed_in(simulator) as chili:
        template = chili.templates.list(search="banner")[0]
        with pytest.raises(OutputFailedError, match=r"video \(mp4\).*imageio-ffmpeg"):
            chili.outputs.create(template, "mp4")
        assert chili.outputs.create(template, "gif").content.startswith(b"GIF8")


@pytest.mark.parametrize("broken", ["not-there", "fails"])
def test_an_encoder_that_does_not_work_is_told(monkeypatch, tmp_path, broken):
    """A program that cannot be run, or makes nothing, is an error of the task's."""
    program = tmp_path / broken
    if broken == "fails":
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    with pytest.raises(UnsupportedFormatError, match="cannot make a video"):
        encode(ODD, "l", resolve_values(ODD, {}), "mp4")
