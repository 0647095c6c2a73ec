"""All errors of lead-ml, in one tree: ``except LeadMLError`` catches them all.

::

    LeadMLError
     +- InputError          a table, file or row cannot be used
     +- ParamsError         params.yaml has an unknown key or a wrong value
     |   +- DeclarationError    a feature or model definition of the project is wrong
     +- TooLittleData       there is too little data for the question
     +- LateRecord          a record is older than records that are already aggregated
     +- RequestError        a scoring request is invalid
     +- BundleError         a bundle is damaged, incomplete or too new
     +- PromotionRefused    a version did not pass the promotion gate
     +- MissingExtra        an optional library is not installed

Every message says what is wrong, the value, what was expected and what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_UNSET = object()
_SHOWN_ROWS = 5


class LeadMLError(Exception):
    """Base of all errors that lead-ml raises.

    Parameters
    ----------
    problem
        What is wrong, naming the field or file.
    value
        The offending value, shown with ``repr`` and cut at 80 characters.
    expected
        What is allowed.
    do
        The next step.

    Examples
    --------
    >>> raise LeadMLError("unknown color", value="gren", expected="red or green", do="correct color in params.yaml")
    Traceback (most recent call last):
    lead_ml.errors.LeadMLError: unknown color: got 'gren'; expected red or green. Correct color in params.yaml.
    """

    def __init__(self, problem: str, *, value: object = _UNSET, expected: str = "", do: str = "") -> None:
        self.problem, self.expected, self.do = problem, expected, do
        self.value = None if value is _UNSET else value
        message = problem
        if value is not _UNSET:
            message += f": got {shorten(value)}"
        if expected:
            message += f"; expected {expected}"
        if do:
            message += f". {do[0].upper()}{do[1:]}"
        super().__init__(message if message.endswith("?") else message.rstrip(".") + ".")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the finished message and attributes, since the keywords of the constructors are not kept."""
        return _again, (type(self), str(self), vars(self))


class InputError(LeadMLError):
    """A file, table or row cannot be used.

    Parameters
    ----------
    problem, value, expected, do
        See :class:`LeadMLError`.
    source
        File or table.
    rows
        1-based line numbers of a file (the header is line 1), rows of a sheet, or row numbers of a database table; the first few
        are shown.
    count
        Number of all such rows. Default: the length of `rows`.

    Examples
    --------
    >>> raise InputError("created_at is missing", source="leads.csv", rows=[7, 9], expected="a value in every row")
    Traceback (most recent call last):
    lead_ml.errors.InputError: leads.csv, rows 7, 9: created_at is missing; expected a value in every row.
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
        place = f"{source}{_where(self.rows, self.count)}"
        super().__init__(f"{place}: {problem}", value=value, expected=expected, do=do)


class ParamsError(LeadMLError):
    """``params.yaml`` has an unknown key or a wrong value."""


class DeclarationError(ParamsError):
    """A feature or model definition of the project is wrong."""


class TooLittleData(LeadMLError):
    """There is too little data, or too little history, for the question."""


class LateRecord(LeadMLError):
    """A record is older than records that are already aggregated; nothing was changed."""


class RequestError(LeadMLError):
    """A scoring request is invalid.

    Parameters
    ----------
    problem, value, expected, do
        See :class:`LeadMLError`.
    field
        Path of the field, such as ``events[1].occurred_at``.

    Examples
    --------
    >>> RequestError("lead_id is missing", field="lead.lead_id").field
    'lead.lead_id'
    """

    def __init__(
        self, problem: str, *, field: str = "", value: object = _UNSET, expected: str = "", do: str = ""
    ) -> None:
        self.field = field
        super().__init__(problem, value=value, expected=expected, do=do)


class BundleError(LeadMLError):
    """A bundle is damaged, incomplete, or written by a newer lead-ml."""


class PromotionRefused(LeadMLError):
    """A version did not pass the promotion gate; the message has the figures."""


class MissingExtra(LeadMLError):
    """An optional library is needed but not installed.

    Parameters
    ----------
    library
        Name of the library.
    extra
        Extra of lead-ml that installs it.

    Examples
    --------
    >>> str(MissingExtra("psycopg", "postgres"))
    "psycopg is not installed. Install it with: pip install 'lead-ml[postgres]'."
    """

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed", do=f"install it with: pip install 'lead-ml[{extra}]'")


def _again(kind: type[LeadMLError], message: str, state: dict[str, Any]) -> LeadMLError:
    error = kind.__new__(kind)
    error.args = (message,)
    vars(error).update(state)
    return error


def shorten(value: object, limit: int = 80) -> str:
    """Return ``repr(value)``, cut to a length."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _where(rows: Sequence[int], count: int) -> str:
    if not rows:
        return ""
    shown = ", ".join(str(row) for row in rows)
    more = f" and {count - len(rows):,} more" if count > len(rows) else ""
    return f", row{'s' if count > 1 else ''} {shown}{more}"
