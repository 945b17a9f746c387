"""Compare the outputs of two runs of a notebook, apart from times and identifiers."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

from nbval.plugin import get_sanitize_patterns
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageSequence, ImageStat

PATTERNS = get_sanitize_patterns(
    Path(__file__).with_name("nbval-sanitize.cfg").read_text("utf-8")
)
MAX_MEAN_DIFFERENCE = 3.0
# For any square of 2 by 2 px. Another digit in small print changes some squares by 95
# or more. Another encoder or version of Pillow changes them by up to 75.
MAX_SQUARE_DIFFERENCE = 85
_MEAN_OF_SQUARE = ImageFilter.Kernel((3, 3), (1, 1, 0, 1, 1, 0, 0, 0, 0))

PICTURE_IN_HTML = re.compile(r"data:image/[a-z+]+;base64,([A-Za-z0-9+/=]+)")
_TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def normalise(text):
    """Replace each time, duration, ID, port and the like in a text with a word."""
    text = _TERMINAL_COLOURS.sub("", text)
    for pattern, word in PATTERNS:
        text = re.sub(pattern, word, text)
    return text


def texts_of(cell):
    """Return a cell's streams by name, and its other outputs as normalised texts."""
    streams, others = {}, []
    for output in cell.outputs:
        match output.output_type:
            case "stream":
                streams[output.name] = streams.get(output.name, "") + output.text
            case "error":
                others.append(normalise("\n".join([output.ename, *output.traceback])))
            case _:
                others.append(
                    {
                        mime_type: ""
                        if _is_picture(mime_type)
                        else normalise(str(data))
                        for mime_type, data in output.data.items()
                        if not mime_type.startswith("application/vnd.jupyter")
                    }
                )
    return {name: normalise(text) for name, text in streams.items()}, others


def pictures_of(cell):
    """Return the picture files that a cell shows, also those inside HTML, in order."""
    files = []
    for output in cell.outputs:
        for mime_type, data in output.get("data", {}).items():
            if _is_picture(mime_type):
                files.append(base64.b64decode(data))
            elif mime_type == "text/html":
                files += map(base64.b64decode, PICTURE_IN_HTML.findall(data))
    return files


def difference_between(file, other_file):
    """Describe the visible difference of two pictures; return "" if there is none."""
    frames, other_frames = _frames_of(file), _frames_of(other_file)
    if len(frames) != len(other_frames):
        return f"{len(frames)} frames and {len(other_frames)}"
    for frame, other_frame in zip(frames, other_frames, strict=True):
        if frame.size != other_frame.size:
            return f"{frame.size} px and {other_frame.size}"
        changes = ImageChops.difference(frame, other_frame).convert("L")
        mean = ImageStat.Stat(changes).mean[0]
        # The filter does not change the outermost pixels, so a border is added.
        largest = ImageOps.expand(changes, 1).filter(_MEAN_OF_SQUARE).getextrema()[1]
        if mean > MAX_MEAN_DIFFERENCE or largest > MAX_SQUARE_DIFFERENCE:
            return f"colours differ by {mean:.1f} of 255, in one place by {largest}"
    return ""


def _is_picture(mime_type):
    return mime_type.startswith("image/")


def _frames_of(file):
    with Image.open(io.BytesIO(file)) as picture:
        return [frame.convert("RGB") for frame in ImageSequence.Iterator(picture)]
