"""From the columns of a source to the roles of the data contract."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lead_ml.clean.text import MISSING, as_number, as_text
from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import TableParams
from lead_ml.project.schema import is_open, required_roles, role_names, roles_of
from lead_ml.tables.dataset import Coded, Codes, Floats
from lead_ml.tables.read.raw import RawColumn, RawTable
from lead_ml.tables.read.reshape import defaulted, numbered, plain_numbers, renamed_stages


@dataclass(frozen=True)
class MappedTable:
    """A raw table under our names.

    ``columns`` maps our name to the raw column, ``mapped`` our name to theirs (a constant to ``= value``); ``ignored``
    are their columns that nothing uses. ``dates`` holds the declared date formats of columns, by our names.
    """

    name: str
    columns: Mapping[str, RawColumn]
    mapped: Mapping[str, str]
    ignored: tuple[str, ...]
    raw: RawTable
    dates: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.raw)

    def text(self, column: str, missing: frozenset[str]) -> Coded:
        """Return a column as coded text; an absent one is missing in every row."""
        raw = self.columns.get(column)
        if raw is None:
            return Coded(np.full(len(self), -1, dtype=np.int32), ())
        texts = Coded.of([None if level is None else as_text(level, missing) for level in raw.levels])
        return Coded(texts.codes[raw.codes], texts.levels)

    def numbers(self, column: str, missing: frozenset[str]) -> tuple[Floats, Codes]:
        """Return a column as numbers, NaN where missing, and the rows whose text is not a number."""
        text = self.text(column, missing)
        numbers = text.numbers(as_number)
        bad = np.flatnonzero(np.isnan(numbers) & (text.codes >= 0))
        return numbers, bad.astype(np.int32)


def map_columns(
    name: str, raw: RawTable, params: TableParams, missing: frozenset[str] = MISSING
) -> MappedTable:
    """Give the columns of a source our names, as ``columns`` and ``constants`` of its parameters say.

    Leads and extra tables keep every column; the others keep their roles, and the rest is listed as ignored. `missing` are the
    texts that mean missing, for numbers with a decimal comma.

    Raises
    ------
    ParamsError
        If ``columns`` or ``constants`` of a table that has only its roles name an unknown one.
    InputError
        If a mapped or required column is absent, or a constant has the name of a column.
    """
    _check_roles(name, [*params.columns, *params.constants])
    _check_present(name, raw, params)
    _check_not_both(name, raw, params)
    theirs = {column: column for column in raw.columns if column not in params.columns.values()}
    theirs.update(params.columns)
    if not is_open(name):
        theirs = {ours: column for ours, column in theirs.items() if ours in role_names(name)}
    columns = {ours: raw.columns[column] for ours, column in theirs.items()}
    columns.update({ours: _constant(value, len(raw)) for ours, value in params.constants.items()})
    columns.update({"lead_id": numbered(len(raw))} if params.number_rows else {})
    _check_required(name, raw, columns)
    _check_described(name, raw, params, columns)
    given = {ours: f"= {value}" for ours, value in params.constants.items()}
    return MappedTable(
        name=name,
        columns=_reshaped(name, columns, params, missing),
        mapped={**theirs, **given, **({"lead_id": "= the row number"} if params.number_rows else {})},
        ignored=tuple(column for column in raw.columns if column not in theirs.values()),
        raw=raw,
        dates=params.dates,
    )


def where_filled(table: MappedTable, column: str, missing: frozenset[str]) -> MappedTable:
    """Return the rows that hold a value in a column; the others do not belong to this table, and a note counts them."""
    rows = np.flatnonzero(table.text(column, missing).codes >= 0)
    left = len(table) - len(rows)
    note = f"{left:,} of {len(table):,} rows have no {column} and are left out of {table.name} (where_filled)"
    raw = table.raw.take(rows)
    return replace(
        table,
        columns={name: values.take(rows) for name, values in table.columns.items()},
        raw=replace(raw, notes=(*raw.notes, note) if left else raw.notes),
    )


def near_miss(name: str, candidates: Sequence[str]) -> str:
    """Return the candidate most like a name, ignoring case and punctuation, or an empty text.

    >>> near_miss("lead_id", ["Lead ID", "source"])
    'Lead ID'
    """
    plain = {re.sub(r"\W+", "_", candidate).strip("_").casefold(): candidate for candidate in candidates}
    found = difflib.get_close_matches(name.casefold(), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else ""


def _reshaped(
    name: str, columns: Mapping[str, RawColumn], params: TableParams, missing: frozenset[str]
) -> Mapping[str, RawColumn]:
    """Read the columns as the parameters describe them: empty cells, decimal commas, the names of stages."""
    found = {
        ours: defaulted(column, params.defaults[ours]) if ours in params.defaults else column
        for ours, column in columns.items()
    }
    if params.decimal == ",":
        texts = {role.name for role in roles_of(name) if role.kind in ("id", "instant")} | {"phone", "ip"}
        found = {
            ours: column if ours in texts else plain_numbers(column, missing)
            for ours, column in found.items()
        }
    if params.stages and "stage" in found:
        found["stage"] = renamed_stages(found["stage"], params.stages)
    return found


def _constant(value: str, rows: int) -> RawColumn:
    return RawColumn(np.zeros(rows, dtype=np.int32), (value,))


def _check_roles(name: str, given: Sequence[str]) -> None:
    for role in given:
        if not is_open(name) and role not in role_names(name):
            near = near_miss(role, role_names(name))
            raise ParamsError(
                f"data.{name} names the unknown role {role}" + (f"; did you mean {near}?" if near else ""),
                expected=f"one of {', '.join(role_names(name))}",
            )


def _check_present(name: str, raw: RawTable, params: TableParams) -> None:
    for ours, theirs in params.columns.items():
        if theirs not in raw.columns:
            near = near_miss(theirs, list(raw.columns))
            raise InputError(
                f"column {theirs!r}, mapped to {ours}, is not in the header"
                + (f"; did you mean {near!r}?" if near else ""),
                source=raw.sources[0],
                expected=f"one of {_listed(raw)}",
                do=f"correct data.{name}.columns in params.yaml",
            )
    for ours in params.constants:
        if ours in raw.columns or ours in params.columns:
            raise InputError(
                f"constant {ours} has the name of a column",
                source=raw.sources[0],
                expected="either the constant or the column, not both",
                do=f"remove it from data.{name}.constants in params.yaml",
            )


def _check_not_both(name: str, raw: RawTable, params: TableParams) -> None:
    has_id = "lead_id" in (*raw.columns, *params.columns, *params.constants)
    if params.number_rows and has_id:
        raise InputError(
            "number_rows is set, but there is a lead_id",
            source=raw.sources[0],
            expected="either numbered rows or a column of ids",
            do=f"remove number_rows or the column from data.{name} in params.yaml",
        )


def _check_described(name: str, raw: RawTable, params: TableParams, columns: Mapping[str, RawColumn]) -> None:
    """Whatever ``dates``, ``defaults`` and ``where_filled`` name must be a column of the table."""
    filled = [] if params.where_filled is None else [params.where_filled]
    for key, names in (("dates", params.dates), ("defaults", params.defaults), ("where_filled", filled)):
        for column in names:
            if column not in columns:
                near = near_miss(column, list(columns))
                raise ParamsError(
                    f"data.{name}.{key} names {column}, which is not a column of {raw.sources[0]}"
                    + (f"; did you mean {near}?" if near else ""),
                    expected=f"one of {', '.join(columns)}",
                    do=f"correct data.{name}.{key} in params.yaml",
                )


def _check_required(name: str, raw: RawTable, columns: Mapping[str, RawColumn]) -> None:
    for role in required_roles(name):
        if role not in columns:
            near = near_miss(role, list(raw.columns))
            raise InputError(
                f"the required column {role} is missing" + (f"; did you mean {near!r}?" if near else ""),
                source=raw.sources[0],
                value=tuple(raw.columns),
                expected=f"a column {role}",
                do=_required_step(name, role, near, raw),
            )


def _required_step(name: str, role: str, near: str, raw: RawTable) -> str:
    if len(raw.columns) == 1:
        return f"the header has a single field: set data.{name}.separator in params.yaml"
    return f"map it in params.yaml: data.{name}.columns: {{{role}: {near or 'their name'}}}"


def _listed(raw: RawTable) -> str:
    names = [repr(name) for name in raw.columns]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
