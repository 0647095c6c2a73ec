"""Python as ``ruff format`` leaves it, at its own line length and at ours: short calls on one line, long ones exploded."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LINE = 88  # ruff's own default: whoever formats the project with it changes nothing


@dataclass(frozen=True)
class Call:
    """A call: ``head`` up to the bracket, then the arguments with their keyword, or an empty one."""

    head: str
    arguments: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """Name of the feature that the call declares: its keyword, else its first argument."""
        named = dict(self.arguments)
        text = named.get("name", self.arguments[0][1])
        return str(ast.literal_eval(text))

    def text(self, indent: int = 0, before: str = "", after: str = "") -> str:
        """Return the call with its indent; `before` and `after` stand on its first and last line."""
        blank = " " * indent
        told = [f"{keyword}={value}" if keyword else value for keyword, value in self.arguments]
        line = f"{blank}{before}{self.head}({', '.join(told)}){after}"
        if width(line) <= LINE:
            return line
        inner = "".join(f"{blank}    {argument},\n" for argument in told)
        return f"{blank}{before}{self.head}(\n{inner}{blank}){after}"


def call(head: str, *positional: str, **keywords: str) -> Call:
    """Build a call of texts; keywords without a value are left out.

    >>> call("category", "industry", en="Industry", zh="行业").text()
    'category("industry", en="Industry", zh="行业")'
    """
    named = [(keyword, literal(value)) for keyword, value in keywords.items() if value]
    return Call(head, (*(("", literal(value)) for value in positional), *named))


def literal(value: str) -> str:
    r"""Return a string literal in the quotes that ruff prefers.

    >>> print(literal("行业"), literal('size 5"'), literal("a\tb"))
    "行业" 'size 5"' "a\tb"
    """
    quote = "'" if '"' in value and "'" not in value else '"'
    body = "".join(
        {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", quote: f"\\{quote}"}.get(letter, letter)
        if letter in "\\\n\r\t" + quote or letter.isprintable()
        else letter.encode("unicode_escape").decode("ascii")
        for letter in value
    )
    return f"{quote}{body}{quote}"


def strings(values: Sequence[str], indent: int = 0, before: str = "") -> str:
    """Return a tuple of strings, one a line where it is long.

    >>> strings(["a"]), strings(["a", "b"])
    ('("a",)', '("a", "b")')
    """
    blank = " " * indent
    line = f"({', '.join(map(literal, values))}{',' if len(values) == 1 else ''})"
    if width(blank + before + line) <= LINE:
        return line
    return "(\n" + "".join(f"{blank}    {literal(value)},\n" for value in values) + f"{blank})"


def width(text: str) -> int:
    """Return the columns that a text takes: Chinese signs take two.

    >>> width("a行业")
    5
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
