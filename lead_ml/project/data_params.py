"""The ``data`` section of ``params.yaml``: where the tables are and how they are read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from lead_ml.project.section import Section

DATE_FORMATS = ("excel", "unix", "day_first", "month_first")


class TableParams(Section):
    """Where one table is and how its columns are called.

    Give ``path`` (one or several files or globs, CSV, Excel or Parquet, relative to the base directory for data) or ``url`` with
    ``table`` or ``query``. ``columns`` maps our names to theirs; other columns keep their own name. ``constants``
    gives a column that the file lacks one value for all rows, such as ``stage: won`` for a table of deals.
    ``sheet`` names the sheet of an Excel file (default: the first); row numbers in messages are Excel's own.
    With ``end_of_day: false`` a date without a time is known at the start of that day instead of its end.

    An untidy export is described here instead of being edited. ``dates`` declares the date format of a column whose text can
    mean two days: ``excel`` (days since 1899-12-30, such as 44301.5), ``unix`` (seconds or milliseconds),
    ``day_first`` (31/12/2024), ``month_first`` (12/31/2024), or a format of :func:`time.strptime` such as ``%d.%m.%y``.
    ``decimal: ","`` reads ``1.234,56`` as 1234.56. ``number_rows: true`` uses row numbers as lead ids.
    ``where_filled`` names a column of ours; rows without a value in it do not belong to this table, such as
    ``occurred_at`` where the leads file has a column for the day of the deal. ``stages`` maps their stages to ours. ``defaults`` is the value of the empty
    cells of a column, such as ``{converted: "no"}``.
    """

    path: str | list[str] | None = None
    url: str | None = None
    table: str | None = None
    query: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    sheet: str | None = None
    separator: str | None = None
    encoding: str = "utf-8"
    end_of_day: bool = True
    dates: dict[str, str] = Field(default_factory=dict)
    decimal: Literal[".", ","] = "."
    number_rows: bool = False
    where_filled: str | None = None
    stages: dict[str, str] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)

    @field_validator("dates")
    @classmethod
    def _are_date_formats(cls, value: dict[str, str]) -> dict[str, str]:
        for date_format in value.values():
            if date_format not in DATE_FORMATS and not _is_format(date_format):
                raise ValueError(
                    f"unknown date format {date_format!r}; use {', '.join(DATE_FORMATS)} or a format such as %d.%m.%Y %H:%M"
                )
        return value

    @model_validator(mode="after")
    def _one_place(self) -> TableParams:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path (files) or url (a database)")
        if self.url is not None and (self.table is None) == (self.query is None):
            raise ValueError("a url needs either table or query")
        return self


class ExtraParams(TableParams):
    """A table of third-party data, joined as it was known at each time.

    ``key`` is the lead column that finds its rows, or ``column:transform`` with a transform of :mod:`lead_ml.clean`, as
    ``email:company_domain``. The file has the same texts in a column ``key`` (map it in ``columns``), or one named like
    the lead column, and a column ``known_at`` of timestamps. Its other columns are attributes ``table.column``.
    """

    key: str = Field(min_length=1)

    @field_validator("key")
    @classmethod
    def _is_key(cls, value: str) -> str:
        if value.split(":", maxsplit=1)[0] == "lead_id":
            raise ValueError("data by lead_id belongs in the leads table or in data.lead_history")
        return value


class DataParams(Section):
    """The tables, and the end of the data (default: just after the last time at which anything about a lead became known).

    Leads created before ``since`` are rejected, for example because early outcomes were never recorded. ``lead_history`` holds
    the changes of the columns declared ``known_at: history``; ``extra`` are tables of third-party data by name.

    ``layout`` is a folder, or a URL such as ``s3://bucket/layout``, that ``lead-ml layout build`` writes the events to. If it is
    set, events are read from it one partition at a time instead of from their files, so they need not fit into memory.
    """

    leads: TableParams
    events: TableParams | None = None
    outcomes: TableParams | None = None
    lead_history: TableParams | None = None
    extra: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ExtraParams] = Field(
        default_factory=dict
    )
    layout: str | None = None
    until: str | None = None
    since: str | None = None


def _is_format(date_format: str) -> bool:
    """Tell whether a text is a strptime format that finds at least the day."""
    try:
        found = datetime.strptime(datetime(2001, 12, 31).strftime(date_format), date_format)
    except ValueError:
        return False
    return (found.year, found.month, found.day) == (2001, 12, 31)
