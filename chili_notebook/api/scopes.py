"""Which scope a call is believed to need. Pure.

GraFx publishes no such list; this one is inferred from the scopes' names, so that it is
a hint for people and never a gate.
"""

from __future__ import annotations

import re

_NOUNS = {
    "templates": "template",
    "template-collections": "template_collection",
    "projects": "myproject",
    "media": "media",
    "fonts": "font",
    "font-families": "font",
    "font-styles": "font",
}
_IN_ENVIRONMENT = re.compile(r"/environment/[^/]+/(.+)")


def believed_scope(method: str, path: str) -> str:
    """Give the scope that a call is believed to need, empty if nobody can say.

    Args:
        method: The HTTP method.
        path: The path of the call's URL.
    """
    match = _IN_ENVIRONMENT.search(path)
    parts = match.group(1).strip("/").split("/") if match else [""]
    if parts[0] == "output":
        animated = parts[1:2] in (["gif"], ["mp4"], ["animation"])
        return "output:animated" if animated else "output:static"
    noun = _NOUNS.get(parts[0], "")
    if not noun:
        return ""
    if method.upper() not in {"GET", "HEAD"}:
        return f"{noun}:write"
    return f"{noun}:list" if len(parts) == 1 else f"{noun}:read"
