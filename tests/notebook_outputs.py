"""What the outputs of a notebook say, apart from when and where it ran."""

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
MEAN_DIFFERENCE = 3.0
# Of any 2 by 2 px. One digit of small print moves some of them by 95 and more; other
# encoders, and the edges of letters as other versions of Pillow draw them, by up to 75.
SPOT_DIFFERENCE = 85
_SPOTS = ImageFilter.Kernel((3, 3), (1, 1, 0, 1, 1, 0, 0, 0, 0))

PICTURE_IN_HTML = re.compile(r"data:image/[a-z+]+;base64,([A-Za-z0-9+/=]+)")
_COLOURS_OF_TERMINALS = re.compile(r"\x1b\[[0-9;]*m")


def normalised(text):
    """Give a text with a word in place of each moment, id, port and the like."""
    text = _COLOURS_OF_TERMINALS.sub("", text)
    for pattern, word in PATTERNS:
        text = re.sub(pattern, word, text)
    return text


def words_of(cell):
    """Give what a cell shows as text, normalised: streams by name, then the rest."""
    streams, rest = {}, []
    for output in cell.outputs:
        match output.output_type:
            case "stream":
                streams[output.name] = streams.get(output.name, "") + output.text
            case "error":
                rest.append(normalised("\n".join([output.ename, *output.traceback])))
            case _:
                rest.append(
                    {
                        kind: "" if _is_picture(kind) else normalised(str(data))
                        for kind, data in output.data.items()
                        if not kind.startswith("application/vnd.jupyter")
                    }
                )
    return {name: normalised(text) for name, text in streams.items()}, rest


def pictures_of(cell):
    """Give the pictures that a cell shows, as files, in their order."""
    found = []
    for output in cell.outputs:
        for kind, data in output.get("data", {}).items():
            if _is_picture(kind):
                found.append(base64.b64decode(data))
            elif kind == "text/html":
                found += map(base64.b64decode, PICTURE_IN_HTML.findall(data))
    return found


def difference_of(one, other):
    """Say how two picture files differ to the eye; empty if they do not."""
    frames, others = _frames(one), _frames(other)
    if len(frames) != len(others):
        return f"{len(frames)} frames and {len(others)}"
    for frame, other_frame in zip(frames, others, strict=True):
        if frame.size != other_frame.size:
            return f"{frame.size} px and {other_frame.size}"
        changed = ImageChops.difference(frame, other_frame).convert("L")
        mean = ImageStat.Stat(changed).mean[0]
        # The filter leaves the outermost pixels as they are, so these are added ones.
        most = ImageOps.expand(changed, 1).filter(_SPOTS).getextrema()[1]
        if mean > MEAN_DIFFERENCE or most > SPOT_DIFFERENCE:
            return f"{mean:.1f} of 255 apart, {most} where it is most"
    return ""


def _is_picture(kind):
    return kind.startswith("image/")


def _frames(file):
    with Image.open(io.BytesIO(file)) as picture:
        return [frame.convert("RGB") for frame in ImageSequence.Iterator(picture)]
