"""What can go wrong, as one tree, so that one ``except LeadMLError`` catches all of it.

::

    LeadMLError
     +- InputError          a table, file or row is not what it must be
     +- ParamsError         params.yaml says something impossible
     |   +- DeclarationError    a feature or model definition of the project does
     +- TooLittleData       the data is sound but cannot answer the question
     +- LateRecord          a record came after later ones that were scanned already
     +- RequestError        a scoring request is not what it must be
     +- BundleError         a bundle is damaged, incomplete or too new
     +- PromotionRefused    a version did not earn its alias
     +- MissingExtra        an optional library is not installed

Every message says what is wrong, the value, what was expected and what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_UNSET = object()
_SHOWN_ROWS = 5


class LeadMLError(Exception):
    """Base of every error that lead-ml raises on purpose.

    Parameters
    ----------
    problem
        What is wrong, in one clause, naming the field or file.
    value
        The offending value, shown with ``repr`` and cut at 80 characters.
    expected
        What would have been right.
    do
        The next step for the reader.
    """

    def __init__(self, problem: str, *, value: object = _UNSET, expected: str = "", do: str = "") -> None:
        self.problem = problem
        self.expected = expected
        self.do = do
        self.value = None if value is _UNSET else value
        message = problem
        if value is not _UNSET:
            message += f": got {shorten(value)}"
        if expected:
            message += f"; expected {expected}"
        if do:
            message += f". {do[0].upper()}{do[1:]}"
        super().__init__(message.rstrip(".") + ".")

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole: the constructors' keywords are gone, what they made of them is kept."""
        return _again, (type(self), str(self), vars(self))


class InputError(LeadMLError):
    """A file or table is unusable, with the place where it went wrong.

    ``rows`` are 1-based line numbers of the file (the header is line 1) or 1-based row numbers of a
    database table; the first few are shown, with the count of all.
    """

    def __init__(
        self,
        problem: str,
        *,
        source: str,
        rows: Sequence[int] = (),
        count: int | None = None,
        value: object = _UNSET,
        expected: str = "",
        do: str = "",
    ) -> None:
        self.source = source
        self.rows = tuple(rows[:_SHOWN_ROWS])
        self.count = len(rows) if count is None else count
        super().__init__(
            f"{source}{_where(self.rows, self.count)}: {problem}",
            value=value,
            expected=expected,
            do=do,
        )


class ParamsError(LeadMLError):
    """``params.yaml`` says something unknown or impossible."""


class DeclarationError(ParamsError):
    """A feature or model definition of the project cannot be used."""


class TooLittleData(LeadMLError):
    """The data is sound but too small or too young for the question."""


class LateRecord(LeadMLError):
    """A record came after later ones that were scanned already; nothing was changed."""


class RequestError(LeadMLError):
    """A scoring request is not what it must be; ``field`` is the path of the culprit."""

    def __init__(
        self,
        problem: str,
        *,
        field: str = "",
        value: object = _UNSET,
        expected: str = "",
        do: str = "",
    ) -> None:
        self.field = field
        super().__init__(problem, value=value, expected=expected, do=do)


class BundleError(LeadMLError):
    """A bundle is damaged, incomplete, or written by a newer lead-ml."""


class PromotionRefused(LeadMLError):
    """A version did not earn the alias; the message carries the figures."""


class MissingExtra(LeadMLError):
    """An optional library is needed and not installed."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed", do=f"install it with: pip install 'lead-ml[{extra}]'")


def _again(kind: type[LeadMLError], message: str, state: dict[str, Any]) -> LeadMLError:
    error = kind.__new__(kind)
    error.args = (message,)
    vars(error).update(state)
    return error


def shorten(value: object, limit: int = 80) -> str:
    """Return ``repr(value)``, cut to `limit` characters.

    >>> shorten("a" * 100, limit=10)
    "'aaaaaa..."
    """
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _where(rows: Sequence[int], count: int) -> str:
    if not rows:
        return ""
    shown = ", ".join(str(row) for row in rows)
    more = f" and {count - len(rows):,} more" if count > len(rows) else ""
    return f", row{'s' if count > 1 else ''} {shown}{more}"
