"""Python as ``ruff format`` leaves it, and YAML as a person writes it: the building blocks of the templates."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

PYTHON_LINE = 88  # the default of ruff, so that formatting the project with it changes nothing
YAML_LINE = 118
_PLAIN = re.compile(r"[^\W\d][\w./-]*(?: [\w./-]+)*")
# Text can be broken at blanks and around Chinese characters, but not before closing or after opening punctuation.
_WIDE, _OPENING = r"\u2e80-\u9fff\uff00-\uffef", r"[\u201c\u300a\u3010\uff08]*"
_CLOSING = r"[\u201d\u3001\u3002\u300b\u3011\uff01\uff09\uff0c\uff1a\uff1b\uff1f]*"
_UNIT = re.compile(rf"\s*{_OPENING}(?:[{_WIDE}]|[^\s{_WIDE}]+){_CLOSING}")


@dataclass(frozen=True)
class Call:
    """A call in Python: ``head`` up to the bracket, and the arguments with their keyword, empty for a positional one."""

    head: str
    arguments: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """Name of the feature that the call declares: its keyword, else its first argument."""
        return str(ast.literal_eval(dict(self.arguments).get("name", self.arguments[0][1])))

    def given(self, keyword: str, value: str) -> Call:
        """Return the call with one more argument, after the first."""
        return Call(self.head, (self.arguments[0], (keyword, value), *self.arguments[1:]))

    def text(self, indent: int = 0, before: str = "", after: str = "") -> str:
        """Return the call with its indent; `before` and `after` are added to its first and last line."""
        blank = " " * indent
        parts = [f"{keyword}={value}" if keyword else value for keyword, value in self.arguments]
        line = f"{blank}{before}{self.head}({', '.join(parts)}){after}"
        if width(line) <= PYTHON_LINE and "\n" not in line:
            return line
        inner = "".join(f"{blank}    {argument},\n" for argument in parts)
        return f"{blank}{before}{self.head}(\n{inner}{blank}){after}"


def call(head: str, *positional: str, **keywords: str) -> Call:
    """Build a call with text arguments; keywords without a value are left out.

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
    """Return a tuple of strings, one per line if it is long.

    >>> strings(["a"]), strings(["a", "b"])
    ('("a",)', '("a", "b")')
    """
    blank = " " * indent
    line = f"({', '.join(map(literal, values))}{',' if len(values) == 1 else ''})"
    if width(blank + before + line) <= PYTHON_LINE:
        return line
    return "(\n" + "".join(f"{blank}    {literal(value)},\n" for value in values) + f"{blank})"


def docstring(text: str) -> str:
    """Return a docstring with lines of at most 88 columns; a long first paragraph is split after its first sentence."""
    first, *rest = text.split("\n\n")
    if width(first) > PYTHON_LINE - 4 and (end := re.search(r"\. |\u3002", first)):
        first, rest = first[: end.end()].rstrip(), [first[end.end() :], *rest]
    rows = [[[row] if row.startswith("- ") else wrapped(row) for row in part.split("\n")] for part in rest]
    parts = [first, *("\n".join(line for row in part for line in row) for part in rows)]
    body = "\n\n".join(parts).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{body}"""' if len(parts) == 1 else f'"""{body}\n"""'


def scalar(value: Any) -> str:
    """Return one value in YAML.

    >>> [scalar(value) for value in ("web", "yes", "线索编号", "Lead: ID", "20%", True, 0.05, None, "2024-05-06")]
    ['web', '"yes"', '线索编号', '"Lead: ID"', '"20%"', 'true', '0.05', 'null', '"2024-05-06"']
    """
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and yaml.safe_load(value) == value:
        return value
    return "".join(
        letter if letter.isprintable() else f"\\U{ord(letter):08x}"
        for letter in json.dumps(value, ensure_ascii=False)
    )


def flow(value: Any) -> str:
    """Return a value in YAML on one line.

    >>> flow({"created_at": "Create Date", "ages": [1, 3]})
    '{created_at: Create Date, ages: [1, 3]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def entry(key: str, value: Any, indent: int = 0) -> str:
    """Return a key with its value in YAML: on one line if that is short, else one item per line."""
    blank = " " * indent
    line = f"{blank}{scalar(key)}: {flow(value)}"
    if width(line) <= YAML_LINE or not isinstance(value, Mapping):
        return line
    return "\n".join([f"{blank}{scalar(key)}:", *(entry(k, v, indent + 2) for k, v in value.items())])


def comment(text: str, indent: int = 0, first: str = "", mark: str = "# ") -> str:
    """Return a comment broken into lines; `first` is the extra indent of the lines after the first.

    >>> print(comment("a note", indent=2))
      # a note
    """
    blank = " " * indent + mark
    lines = wrapped(text, YAML_LINE - len(blank) - len(first))
    return "\n".join(blank + (first if k else "") + line for k, line in enumerate(lines))


def wrapped(text: str, columns: int = PYTHON_LINE) -> list[str]:
    """Break a text into lines of at most so many columns; a longer word gets a line of its own.

    >>> wrapped("按 UTC 读取，日在前", columns=12)
    ['按 UTC 读', '取，日在前']
    """
    lines: list[str] = []
    for unit in _UNIT.findall(" ".join(text.split())):
        if lines and width(lines[-1] + unit) <= columns:
            lines[-1] += unit
        else:
            lines.append(unit.lstrip())
    return lines


def width(text: str) -> int:
    """Return the columns that a text takes: a Chinese character takes two.

    >>> width("a行业")
    5
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
