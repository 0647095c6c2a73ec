"""Cell rules: how a raw cell of each column is read, the same in a file, a DataFrame, a request and a row of the pyfunc.

What ``params.yaml`` declares comes first; what only the data can say is learned once, when a model is trained: which columns
have numbers with a decimal comma, which hold only yes and no, and how a value is usually spelled. Both are sealed into the
bundle, so that a raw row means the same on every path. :meth:`TableRules.text` is the one function that reads a cell.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from lead_ml.clean import Transform, disposable_domains, plain_number, transform_with
from lead_ml.clean.text import MISSING, as_text
from lead_ml.clean.word_lists import word_list
from lead_ml.tables.columns import Coded, Mask
from lead_ml.tables.texts import ArrowTexts

COMMON_FROM = 10  # cells with a spelling before it is kept, so that a bundle holds no rare personal value
_YES_NO_SHARE = 0.95
_MOST_YES_NO = 40
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<zeros>\.0+)")


@dataclass(frozen=True, kw_only=True)
class ColumnRules:
    """How the cells of one column are read.

    ``default`` is the value of empty cells (for a constant, of all). ``usual`` maps :func:`spelling_key` of a common value to
    the spelling that is used for all of its forms.
    """

    default: str | None = None
    comma: bool = False
    date_format: str = ""
    yes_no: bool = False
    usual: Mapping[str, str] = field(default_factory=dict)

    def spelled(self, text: str) -> str:
        """Return the usual spelling of a value."""
        return self.usual.get(spelling_key(text, yes_no=self.yes_no), text) if self.usual else text


@dataclass(frozen=True, kw_only=True)
class TableRules:
    """How the cells of a table are read: by column, and the texts that mean missing. ``names`` maps their columns to ours.

    Rows without a value in ``where_filled``, where it names a column, do not belong to the table.
    """

    missing: tuple[str, ...] = ()
    end_of_day: bool = True
    columns: Mapping[str, ColumnRules] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    where_filled: str = ""

    @cached_property
    def tags(self) -> frozenset[str]:
        """The texts that mean missing."""
        return frozenset(self.missing)

    def of(self, column: str) -> ColumnRules:
        """Return the rules of a column; one that nothing is declared or known of is read as it is."""
        return self.columns.get(column, _AS_IT_IS)

    def filled(self, column: str, value: object) -> object:
        """Return a cell, or the default of its column where it is empty; missing tags such as ``N/A`` stay."""
        default = self.of(column).default
        return value if default is None or as_text(value, _NONE) is not None else default

    def at(self, span: tuple[int, int]) -> int:
        """Return when something of an instant or a day, by its first and last microsecond, is known."""
        return span[1] if self.end_of_day else span[0]

    def text(self, column: str, value: object) -> str | None:
        """Read a cell: its normal text, None where it is missing.

        >>> budget = ColumnRules(default="0", comma=True)
        >>> rules = TableRules(missing=("n/a",), columns={"budget": budget, "source": ColumnRules(usual={"web": "Web"})})
        >>> [rules.text("budget", cell) for cell in ("1.234,5 €", "", "N/A", 7.0)], rules.text("source", " ＷＥＢ")
        (['1234.5', '0', None, '7'], 'Web')
        """
        rule = self.of(column)
        if rule.default is not None:
            value = self.filled(column, value)
        text = None if value is None else as_text(value, self.tags)
        if text is None:
            return None
        if rule.comma and isinstance(value, str):
            text = plain_number(text, ",") or text
        return rule.spelled(text)

    def texts(self, column: str, levels: Sequence[object]) -> Coded:
        """Read different cells, each as :meth:`text` does; those that it leaves as they are, at once."""
        rule = self.of(column)
        if not isinstance(levels, ArrowTexts) or rule.comma:
            return Coded.of([self.text(column, level) for level in levels])
        others = levels.not_plain(self.tags).tolist()
        read = list[str | None](map(rule.spelled, levels) if rule.usual else levels)
        for place in others:
            read[place] = self.text(column, levels[place])
        if rule.usual or any(read[place] not in (None, levels[place]) for place in others):
            return Coded.of(read)
        filled = np.ones(len(read), dtype=np.bool_)  # what else can have changed is that a text means missing
        filled[[place for place in others if read[place] is None]] = False
        codes = np.where(filled, np.cumsum(filled) - 1, -1).astype(np.int32)
        return Coded(codes, levels if filled.all() else tuple(text for text in read if text is not None))

    def read(self, column: str, values: Coded) -> Coded:
        """Read texts by their different values."""
        return values.map(lambda level: self.text(column, level))

    def among(self, name: str, column: Coded, values: Iterable[str]) -> Mask:
        """Return which rows of a column of that name hold one of the values, in any spelling.

        >>> rules = TableRules(columns={"won": ColumnRules(yes_no=True)})
        >>> rules.among("won", Coded.of(["Yes", "no", None, "WON"]), ["1", "won"]).tolist()
        [True, False, False, True]
        """
        yes_no = self.of(name).yes_no
        wanted = {spelling_key(value, yes_no=yes_no) for value in values}
        mask: Mask = np.array(
            [*(spelling_key(level, yes_no=yes_no) in wanted for level in column.levels), False]
        )[column.codes]
        return mask

    def learned(self, columns: Mapping[str, Coded], known: Collection[str] = ()) -> TableRules:
        """Return the rules with what the data say of their columns, except of those whose rules are known."""
        found = {
            name: _learned(self.of(name), column) for name, column in columns.items() if name not in known
        }
        return replace(self, columns={**self.columns, **found})

    def only(self, columns: Collection[str]) -> TableRules:
        """Return the rules of some columns, each with an entry of its own: what a bundle holds."""
        ours = {theirs: own for theirs, own in self.names.items() if own in columns}
        return replace(self, columns={name: self.of(name) for name in sorted(columns)}, names=ours)

    def under(self, sealed: TableRules) -> TableRules:
        """Return the rules that a file is read by for a sealed model: its values as in the bundle, its dates as declared here."""
        fixed = {
            name: replace(rule, date_format=self.of(name).date_format)
            for name, rule in sealed.columns.items()
        }
        return replace(self, missing=sealed.missing, columns={**self.columns, **fixed})


@dataclass(frozen=True, kw_only=True)
class CellRules:
    """The cell rules of a project: the time zone of naive instants, and the tables that a request carries.

    ``disposable`` are the disposable domains that a model was trained with; None for those that are installed.
    """

    zone: str = "UTC"
    leads: TableRules = field(default_factory=lambda: TableRules(missing=tuple(sorted(MISSING))))
    events: TableRules = field(default_factory=lambda: TableRules(missing=tuple(sorted(MISSING))))
    disposable: tuple[str, ...] | None = None

    @cached_property
    def _listed(self) -> frozenset[str] | None:
        return None if self.disposable is None else frozenset(self.disposable)

    def transform(self, name: str) -> Transform:
        """Return a transform of :mod:`lead_ml.clean` as it was when the model was trained."""
        return transform_with(name, self._listed)

    def sealed(self, columns: Collection[str]) -> CellRules:
        """Return what a bundle holds: the rules of the lead columns that its features read, and those of events."""
        listed = self.disposable if self.disposable is not None else tuple(sorted(disposable_domains()))
        return replace(self, leads=self.leads.only({*columns, "lead_id", "created_at"}), disposable=listed)


def spelling_key(text: str, *, yes_no: bool = False) -> str:
    """Return what all spellings of a value share: letter case does not count, nor does ``3.0`` for ``3``.

    >>> spelling_key("WEBINAR"), spelling_key("3.0"), spelling_key("1.10"), spelling_key("是", yes_no=True)
    ('webinar', '3', '1.10', 'yes')
    """
    key = text.casefold()
    if key.endswith("0") and (match := _WHOLE.fullmatch(key)):
        key = key[: match.start("zeros")]
    if not yes_no:
        return key
    return "yes" if key in _yes() else "no" if key in _no() else key


def _yes() -> frozenset[str]:
    return word_list("yes") | {"1"}


def _no() -> frozenset[str]:
    return word_list("no") | {"0"}


def _learned(rule: ColumnRules, column: Coded) -> ColumnRules:
    """Learn whether a column holds yes and no, and the usual spelling of its common values: the most frequent one, rather a word."""
    counts, levels = column.counts(), tuple(column.levels)
    yes_no = _holds_yes_no(column, counts)
    usual: dict[str, str] = {}
    used = np.flatnonzero(counts >= (1 if yes_no else COMMON_FROM)).tolist()
    frequent = ((-int(counts[k]), levels[k].isdigit(), levels[k]) for k in used)
    for count, _, level in sorted(frequent, reverse=True):
        key = spelling_key(level, yes_no=yes_no)
        if -count >= COMMON_FROM or key in ("yes", "no"):
            usual[key] = level
    return replace(rule, yes_no=yes_no, usual=usual)


def _holds_yes_no(column: Coded, counts: np.ndarray) -> bool:
    used = np.flatnonzero(counts)
    if not 1 <= len(used) <= _MOST_YES_NO:
        return False
    words = _yes() | _no()
    of_words = sum(int(counts[k]) for k in used.tolist() if spelling_key(column.levels[k]) in words)
    return of_words >= _YES_NO_SHARE * int(counts.sum())


_NONE = frozenset[str]()
_AS_IT_IS = ColumnRules()
