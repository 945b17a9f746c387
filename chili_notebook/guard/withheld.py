"""What takes the place of a message that could not be checked for secrets. Pure."""

from __future__ import annotations

from typing import Any

NOTE = "chili_notebook: this could not be checked for secrets and is withheld."


def stand_in(message: dict[str, Any]) -> dict[str, Any]:
    """Give a message with a note where the texts were, of the same type if it can."""
    kind, content = message["header"]["msg_type"], message["content"]
    if kind == "status":  # the kernel's own word, busy or idle
        return {**message, "metadata": {}, "buffers": []}
    if kind.endswith("_reply") or kind == "error":
        texts: dict[str, Any] = {"status": "error", "ename": "Withheld"}
        texts |= {"evalue": NOTE, "traceback": [NOTE]}
    elif kind in {"display_data", "update_display_data", "execute_result"}:
        texts = {"data": {"text/plain": NOTE}, "metadata": {}}
    elif kind in {"input_request", "execute_input"}:
        texts = {"prompt" if kind == "input_request" else "code": NOTE}
    else:
        kind = "stream"
        texts = {"name": "stderr", "text": f"{NOTE}\n"}
    flags = {
        key: value
        for key, value in content.items()
        if value is None or isinstance(value, bool | int)
    }
    return {
        **message,
        "header": {**message["header"], "msg_type": kind},
        "msg_type": kind,
        "content": flags | texts,
        "metadata": {},
        "buffers": [],
    }
