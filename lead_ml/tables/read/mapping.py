"""From the columns of a source to the roles of the data contract."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lead_ml.clean.numbers import as_number
from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import ExtraParams, TableParams
from lead_ml.project.schema import is_open, required_roles, role_names, roles_of
from lead_ml.tables.cell_rules import ColumnRules, TableRules
from lead_ml.tables.dataset import Coded, Floats, Indices
from lead_ml.tables.read.raw import RawColumn, RawTable
from lead_ml.tables.read.reshape import has_comma_numbers, numbered, renamed_stages


@dataclass(frozen=True)
class MappedTable:
    """A raw table under our names.

    ``columns`` maps our name to the raw column, ``mapped`` our name to theirs (a constant to ``= value``); ``ignored``
    are their columns that nothing uses. ``rules`` say how the cells of each column are read, by our names;
    ``decimal`` is the sign that the parameters declare.
    """

    name: str
    columns: Mapping[str, RawColumn]
    mapped: Mapping[str, str]
    ignored: tuple[str, ...]
    raw: RawTable
    rules: TableRules
    decimal: str = "."

    def __len__(self) -> int:
        return len(self.raw)

    def text(self, column: str, rules: TableRules | None = None, like: str = "") -> Coded:
        """Return a column as coded text, read by other `rules` `like` a column of theirs where they are given.

        An absent column is missing in every row.
        """
        raw = self.columns.get(column)
        if raw is None:
            return Coded(np.full(len(self), -1, dtype=np.int32), ())
        return (rules or self.rules).texts(like or column, raw.levels).coding(raw.codes)

    def numbers(self, column: str) -> tuple[Floats, Indices]:
        """Return a column as numbers, NaN where missing, and the rows whose text is not a number."""
        text = self.text(column)
        numbers = text.numbers(as_number)
        return numbers, np.flatnonzero(np.isnan(numbers) & (text.codes >= 0))


def map_columns(
    name: str,
    raw: RawTable,
    params: TableParams,
    missing: frozenset[str] = frozenset(),
    sealed: TableRules | None = None,
) -> MappedTable:
    """Give the columns of a source our names, and find the rules of their cells.

    Leads and extra tables keep every column; the others keep their roles, and the rest is listed as ignored. `missing` are the
    texts that mean missing; the rules of a bundle, where they are `sealed`, come before those that the table itself would give.

    Raises
    ------
    ParamsError
        If ``columns`` or ``constants`` of a table that has only its roles name an unknown one, or another setting names
        a column that there is not.
    InputError
        If a mapped or required column is absent, or a constant has the name of a column.
    """
    _check_given(name, raw, params)
    mapping = _with_key(params, raw)
    theirs = {column: column for column in raw.columns if column not in mapping.values()}
    theirs.update(mapping)
    if not is_open(name):
        theirs = {ours: column for ours, column in theirs.items() if ours in role_names(name)}
    columns = {ours: raw.columns[column] for ours, column in theirs.items()}
    first = np.zeros(len(raw), dtype=np.int32)
    columns |= {ours: RawColumn(first, (value,)) for ours, value in params.constants.items()}
    columns |= {"lead_id": numbered(len(raw))} if params.number_rows else {}
    _check_required(name, raw, columns)
    _check_described(name, raw, params, columns)
    rules = declared_rules(name, columns, params, missing)
    given = {ours: f"= {value}" for ours, value in params.constants.items()}
    table = MappedTable(
        name=name,
        columns=_with_our_stages(columns, params),
        mapped={**theirs, **given, **({"lead_id": "= the row number"} if params.number_rows else {})},
        ignored=tuple(column for column in raw.columns if column not in theirs.values()),
        raw=raw,
        rules=rules if sealed is None else rules.under(sealed),
        decimal=params.decimal,
    )
    return table if params.where_filled is None else _where_filled(table, params.where_filled)


def _with_key(params: TableParams, raw: RawTable) -> Mapping[str, str]:
    """Map the column ``key`` of an extra table to one named like the lead column, where nothing else is the key."""
    if not isinstance(params, ExtraParams) or "key" in {*raw.columns, *params.columns, *params.constants}:
        return params.columns
    return {"key": params.key, **params.columns} if params.key in raw.columns else params.columns


def _where_filled(table: MappedTable, column: str) -> MappedTable:
    """Return the rows that hold a value in a column; the others do not belong to this table, and a note counts them."""
    rows = np.flatnonzero(table.text(column).codes >= 0)
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


def meant(name: str, candidates: Sequence[str]) -> str:
    """Return the end of a message: whether the candidate most like a name was meant, or nothing."""
    near = near_miss(name, candidates)
    return f"; did you mean {near!r}?" if near else ""


def not_a_column(key: str, name: str, of: str, columns: Iterable[str]) -> ParamsError:
    """Return the error of a setting that names a column that there is not."""
    near = near_miss(name, known := list(columns))
    return ParamsError(
        f"{key} names {name}, which is not a column of {of}" + (f"; did you mean {near}?" if near else ""),
        expected=f"one of {', '.join(known)}",
        do=f"correct {key} in params.yaml",
    )


def declared_rules(
    name: str, columns: Mapping[str, RawColumn], params: TableParams, missing: frozenset[str]
) -> TableRules:
    """Return the rules that the parameters declare; of a table with decimal commas, where its numbers are.

    A role that holds a number has them, and any other column in which 9 of 10 filled cells are such numbers.
    """
    kinds = {role.name: role.kind for role in roles_of(name)}
    texts = {role for role, kind in kinds.items() if kind in ("id", "instant")} | {"phone", "ip"}
    commas = set[str]()
    if params.decimal == ",":
        commas = {role for role, kind in kinds.items() if kind == "number"}
        others = set(columns) - texts - commas
        commas |= {ours for ours in others if has_comma_numbers(columns[ours], missing)}
    values = {**params.constants, **params.defaults}
    described = {*values, *params.dates, *commas}
    return TableRules(
        missing=tuple(sorted(missing)),
        end_of_day=params.end_of_day,
        columns={
            ours: ColumnRules(
                default=values.get(ours), comma=ours in commas, date_format=params.dates.get(ours, "")
            )
            for ours in sorted(described)
        },
        names={theirs: ours for ours, theirs in params.columns.items()},
        where_filled=params.where_filled or "",
    )


def _with_our_stages(columns: Mapping[str, RawColumn], params: TableParams) -> Mapping[str, RawColumn]:
    if not params.stages or "stage" not in columns:
        return columns
    return {**columns, "stage": renamed_stages(columns["stage"], params.stages)}


def _check_given(name: str, raw: RawTable, params: TableParams) -> None:
    """Check that the roles exist, and that columns, constants and row numbers do not claim the same name."""
    roles, source = role_names(name), raw.sources[0]
    for role in (*params.columns, *params.constants):
        if not is_open(name) and role not in roles:
            near = near_miss(role, roles)
            raise ParamsError(
                f"data.{name} names the unknown role {role}" + (f"; did you mean {near}?" if near else ""),
                expected=f"one of {', '.join(roles)}",
            )
    for ours, theirs in params.columns.items():
        if theirs not in raw.columns:
            names = [repr(column) for column in raw.columns]
            more = f" and {len(names) - 12} more" if len(names) > 12 else ""
            raise InputError(
                f"column {theirs!r}, mapped to {ours}, is not in the header"
                + meant(theirs, list(raw.columns)),
                source=source,
                expected=f"one of {', '.join(names[:12])}{more}",
                do=f"correct data.{name}.columns in params.yaml",
            )
    for ours in params.constants:
        if ours in raw.columns or ours in params.columns:
            raise InputError(
                f"constant {ours} has the name of a column",
                source=source,
                expected="either the constant or the column, not both",
                do=f"remove it from data.{name}.constants in params.yaml",
            )
    own = [column for column in raw.columns if column not in params.columns.values()]
    if params.number_rows and "lead_id" in (*own, *params.columns, *params.constants):
        raise InputError(
            "number_rows is set, but there is a lead_id",
            source=source,
            expected="either numbered rows or a column of ids",
            do=f"remove number_rows or the column from data.{name} in params.yaml",
        )


def _check_described(name: str, raw: RawTable, params: TableParams, columns: Mapping[str, RawColumn]) -> None:
    """Whatever ``dates``, ``defaults`` and ``where_filled`` name must be a column of the table."""
    filled = [] if params.where_filled is None else [params.where_filled]
    for key, names in (("dates", params.dates), ("defaults", params.defaults), ("where_filled", filled)):
        for column in names:
            if column not in columns:
                raise not_a_column(f"data.{name}.{key}", column, raw.sources[0], columns)


def _check_required(name: str, raw: RawTable, columns: Mapping[str, RawColumn]) -> None:
    for role in required_roles(name):
        if role not in columns:
            near = near_miss(role, list(raw.columns)) or "their name"
            raise InputError(
                f"the required column {role} is missing" + meant(role, list(raw.columns)),
                source=raw.sources[0],
                value=tuple(raw.columns),
                expected=f"a column {role}",
                do=f"the header has a single field: set data.{name}.separator in params.yaml"
                if len(raw.columns) == 1
                else f"map it in params.yaml: data.{name}.columns: {{{role}: {near}}}",
            )
