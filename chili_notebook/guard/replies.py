"""The reply to a cell whose text is to be replaced in the notebook. Pure.

Front-ends carry out what a reply asks of them (``set_next_input``) only if it says
``ok``. To a cell that failed the error itself has been sent before, so that only the
reply need say so; the kernel is told the truth, and stops the cells behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    Message = dict[str, Any]


def send_replacing(
    send: Callable[[Message], Any], message: Message, replacements: Collection[str]
) -> Any:
    """Send a message, and give what the kernel is to know of it.

    Args:
        send: Sends a message and gives it back.
        message: Any message.
        replacements: The texts that cells are to be replaced by.
    """
    content = message["content"]
    asked = content.get("payload") or ()
    if content.get("status") != "error" or not any(
        part.get("source") == "set_next_input" and part.get("text") in replacements
        for part in asked
    ):
        return send(message)
    sent = send(
        {**message, "content": {"user_expressions": {}, **content, "status": "ok"}}
    )
    return {**sent, "content": content}
