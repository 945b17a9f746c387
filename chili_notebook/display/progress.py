"""Show the progress of a call in a notebook, and at the end what was done."""

from __future__ import annotations

import sys
import threading
from html import escape
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from chili_notebook.system.frontend import has_front_end

if TYPE_CHECKING:
    from collections.abc import Callable

_DELAY_S = 2.0
_UPDATES_PER_S = 2
_LINE_EVERY_S = 30.0


class LiveLine:
    """One line below the cell, updated in place; the last one stays.

    A notebook shows it as one display, and a terminal as one line. Where nobody watches
    (nbconvert, papermill, a log file), a line is printed every half minute.

    Args:
        clock: Returns the time in seconds.

    Example:
        with LiveLine(clock=time.monotonic) as line:
            line.show("3 of 8 done", "<p>3 of 8 done</p>")
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._display_id = ""
        self._shown: str | None = None
        self._newest = ("", "")
        self._width = 0
        self._next_at = 0.0
        self._next_line_at = clock() + _LINE_EVERY_S

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        text, html = self._newest
        if self._display_id and text != self._shown:
            # A saved notebook would keep an empty display, so this one has a use.
            publish({"text/plain": text, "text/html": html}, self._display_id)
        elif self._width:
            sys.stdout.write("\r" + text.ljust(self._width) + "\n")
            sys.stdout.flush()

    def show(self, text: str, html: str) -> None:
        """Show a line in place of the one before, at most twice a second.

        The newest line is shown at the end in any case.

        Args:
            text: The line for terminals and logs.
            html: The same for notebooks.

        Example:
            line.show("3 of 8 done", "<p>3 of 8 done</p>")
        """
        self._newest = text, html
        now = self._clock()
        if now < self._next_at or text == self._shown:
            return
        self._next_at = now + 1 / _UPDATES_PER_S
        if self._display_id or _can_update_displays():
            bundle = {"text/plain": text, "text/html": html}
            self._display_id = publish(bundle, self._display_id)
        elif sys.stdout.isatty():
            sys.stdout.write("\r" + text.ljust(self._width))
            sys.stdout.flush()
            self._width = max(self._width, len(text))
        elif now >= self._next_line_at:
            self._next_line_at = now + _LINE_EVERY_S
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        else:
            return
        self._shown = text


class Progress:
    """One line below the cell, updated in place; quick work shows nothing.

    A notebook shows it as one display, which has the duration at the end. A terminal
    gets one line. Where nobody watches (nbconvert, papermill, a worker thread) nothing
    is shown.

    Args:
        text: What is running, such as ``Rendering PNG output``.
        clock: Returns the time in seconds.

    Example:
        with Progress("Rendering PNG output", clock=time.monotonic) as progress:
            progress.update()
    """

    def __init__(self, text: str, *, clock: Callable[[], float]) -> None:
        self._text = text
        self._clock = clock
        self._started_at = clock()
        self._display_id = ""
        self._second = -1
        self._has_line = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._display_id:
            # A saved notebook would keep an empty display, so this one has a use.
            seconds = int(self._clock() - self._started_at)
            self._show(f"{self._text}: {seconds // 60}:{seconds % 60:02}")

    def update(self, *, done: float | None = None) -> None:
        """Show the elapsed time, at most once per second.

        Args:
            done: The part that is done, from 0 to 1, if it is known.

        Example:
            progress.update(done=0.5)
        """
        elapsed_s = self._clock() - self._started_at
        if elapsed_s < _DELAY_S or int(elapsed_s) == self._second:
            return
        self._second = int(elapsed_s)
        if self._display_id or _can_update_displays():
            minutes, seconds = divmod(self._second, 60)
            bar = "" if done is None else f' <progress value="{done:.2f}"></progress>'
            self._show(f"{self._text} … {minutes}:{seconds:02}", bar)
        elif not self._has_line and sys.stderr.isatty():
            self._has_line = True
            sys.stderr.write(f"{self._text} …\n")

    def _show(self, text: str, bar: str = "") -> None:
        html = f'<div style="opacity:0.7">{escape(text)}{bar}</div>'
        bundle = {"text/plain": text, "text/html": html}
        self._display_id = publish(bundle, self._display_id)


def publish(bundle: dict[str, str], display_id: str) -> str:
    """Show or update a display of the notebook, and return its ID.

    Args:
        bundle: What it shows, by media type.
        display_id: Its ID; empty for a new one.
    """
    from IPython.display import publish_display_data

    is_new = not display_id
    display_id = display_id or uuid4().hex
    publish_display_data(  # type: ignore[no-untyped-call]
        bundle, transient={"display_id": display_id}, update=not is_new
    )
    return display_id


def _can_update_displays() -> bool:
    """Return whether a user looks at a notebook that runs this."""
    # Each of several threads would show a line of its own.
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell is not None and has_front_end(shell, voila=True)
