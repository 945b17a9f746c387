"""Ways in which a renderer breaks a long value into pieces.

Each layout takes a value and a width, and returns a text.
"""

from __future__ import annotations

import base64
import email.message
import io
import json
import logging
import quopri
import re
import textwrap

import pandas as pd
from IPython.display import Code
from rich.console import Console
from rich.logging import RichHandler
from rich.panel import Panel
from rich.table import Column, Table
from tabulate import tabulate


def rich_text(width, *things, **options):
    """Return what rich writes to a console of this width."""
    console = Console(file=io.StringIO(), width=width, **options)
    for thing in things:
        console.print(thing)
    return console.file.getvalue()


def rich_table(value, width):
    """Return a table of rich with columns before and behind the value."""
    table = Table("name", Column("token", overflow="fold"), "scopes")
    table.add_row("production " * 3, value, "read write manage " * 4)
    return rich_text(width + 40, table)


def rich_log(value, width):
    """Return a log line as RichHandler writes it."""
    console = Console(file=io.StringIO(), width=width + 40)
    record = logging.LogRecord("a", 30, "client.py", 7, "Bearer %s", (value,), None)
    RichHandler(console=console).handle(record)
    return console.file.getvalue()


def header(value, width):
    """Return an e-mail with the value in a folded header."""
    message = email.message.EmailMessage()
    message.policy = message.policy.clone(max_line_length=width + 20)
    message["Authorization"] = " ".join(textwrap.wrap(value, width))
    return message.as_string()


def lines(value, width):
    """Return the value in lines of this width."""
    return textwrap.wrap(value, width, break_on_hyphens=False)


def in_markup(markup):
    """Return a layout that puts markup between the lines."""
    return lambda value, width: f"<p>{markup.join(lines(value, width))}</p>"


def base64_block(value, width):
    """Return the value as YAML writes binary data."""
    encoded = base64.b64encode(value.encode()).decode()
    return "token: !!binary |\n" + textwrap.indent(
        textwrap.fill(encoded, width, break_on_hyphens=False), "    "
    )


def tabulate_text(value, width):
    """Return a table with the value between two other columns."""
    row = ["production", value, "read write manage " * 9]
    return tabulate([row], ["name", "token", "scopes"], "grid", maxcolwidths=width)


def escape(value):
    """Return the value as Markdown and LaTeX escape it."""
    return re.sub(r"([_.~+-])", r"\\\1", value)


def code(value, kind):
    """Return how IPython shows a line of code that contains the value."""
    shown = Code(f"x = {value}", language="python")
    return shown._repr_latex_() if kind == "latex" else shown._repr_html_()


LAYOUTS = {
    "lines": lambda value, width: "\n".join(lines(value, width)),
    "lines of textwrap": textwrap.fill,
    "indent": lambda value, width: textwrap.indent(textwrap.fill(value, width), "    "),
    "quotation": lambda value, width: textwrap.indent(
        textwrap.fill(value, width), "> "
    ),
    "frame": lambda value, width: "".join(
        f"│ {line:{width}} │\n" for line in lines(value, width)
    ),
    "comment": lambda value, width: textwrap.indent(textwrap.fill(value, width), "# "),
    "list": lambda value, width: json.dumps(lines(value, width)),
    "indented list": lambda value, width: json.dumps(lines(value, width), indent=4),
    "repr": lambda value, width: repr("\n".join(lines(value, width))),
    "JSON in JSON": lambda value, width: json.dumps(
        json.dumps("\n".join(lines(value, width)))
    ),
    "<br>": in_markup("<br>"),
    "<br> with line ends": in_markup("<br/>\n"),
    "<wbr>": in_markup("<wbr>"),
    "spans": in_markup('</span><span class="n">'),
    "soft hyphens": in_markup("&shy;"),
    "zero width spaces": in_markup("\u200b"),
    "colours": in_markup("\x1b[0m   \x1b[2m \x1b[0m\n   \x1b[32m"),
    "rich": lambda value, width: rich_text(width, value),
    "rich with colours": lambda value, width: rich_text(
        width, {"access_token": value, "type": "Bearer"}, force_terminal=True
    ),
    "rich panel": lambda value, width: rich_text(width + 4, Panel(value)),
    "rich table": rich_table,
    "rich log": rich_log,
    "tabulate": tabulate_text,
    "e-mail header": header,
    "quoted-printable": lambda value, _: quopri.encodestring(value.encode()).decode(),
    "base64 block": base64_block,
    "Markdown": lambda value, width: "\n".join(lines(escape(value), width)),
    "LaTeX of pandas": lambda value, _: (
        pd.DataFrame([value]).style.format(escape="latex").to_latex()
    ),
    "LaTeX of Pygments": lambda value, _: code(value, "latex"),
    "HTML of Pygments": lambda value, _: code(value, "html"),
}
"""Each layout shows all characters of the value."""


def in_column(shown, width):
    """Return how a DataFrame shows a text that is too long for its column."""
    with pd.option_context("display.max_colwidth", width):
        return repr(pd.DataFrame([shown]))


CUTS = {
    "column": in_column,
    "slice": lambda value, width: value[-width - 30 : -30],
    "column of base64": lambda value, width: in_column(
        base64.b64encode(value.encode()[-150:]).decode(), width
    ),
    "slice of base64": lambda value, width: base64.b64encode(value.encode()).decode()[
        -width - 20 : -20
    ],
    "slice of hexadecimal": lambda value, width: value.encode().hex()[
        -width - 20 : -20
    ],
}
"""Each of these shows a part of the value, of about this width."""
