"""Tables and queries of a database as raw tables."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lead_ml.errors import InputError, MissingExtra
from lead_ml.project.params import TableParams
from lead_ml.tables.read.raw import Coder, RawTable, check_header, raw_table

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, TextClause

_CHUNK_ROWS = 50_000
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def read_sql(params: TableParams, root: Path, order: tuple[str, ...]) -> RawTable:
    """Read a table or a query of an SQLite or PostgreSQL database.

    ``${NAME}`` in the URL is taken from the environment, so that ``params.yaml`` holds no password. A relative
    SQLite path is relative to the data folder. A table is read in the order of the columns `order`, since a database
    guarantees none; a query should carry its own ``order by``. Rows are numbered from 1 in that order.

    Raises
    ------
    InputError
        If the URL, the database, the table or the query cannot be used; the message never shows the password.
    MissingExtra
        If the driver of the database is not installed.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    url = _url(params.url or "", root)
    source = f"{url.render_as_string(hide_password=True)} {params.table or 'query'}"
    try:
        engine = create_engine(url)
        try:
            return _fetched(engine, source, params, order)
        finally:
            engine.dispose()
    except ModuleNotFoundError as error:
        raise MissingExtra(str(error.name), "postgres") from error
    except (SQLAlchemyError, ValueError) as error:
        raise InputError(
            f"the database cannot be read ({_first_line(error)})",
            source=source,
            expected="a database that can be reached, and a table or query that exists",
            do="check url, table and query of this table in params.yaml",
        ) from error


def _url(text: str, root: Path) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        url = make_url(_VARIABLE.sub(_from_environment, text))
    except (SQLAlchemyError, ValueError) as error:
        raise InputError(
            "the database url cannot be understood",
            source="data",
            expected="sqlite:///crm.db or postgresql://user:${CRM_PASSWORD}@host/database",
            do="correct url in params.yaml",
        ) from error
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    return _sqlite_url(url, root) if url.get_backend_name() == "sqlite" else url


def _sqlite_url(url: URL, root: Path) -> URL:
    path = root / (url.database or "")
    if not path.is_file():
        raise InputError(
            "there is no such database file",
            source=str(path),
            expected="an SQLite database",
            do="correct url in params.yaml; a relative path starts at the base directory for data",
        )
    return url.set(database=str(path))


def _from_environment(match: re.Match[str]) -> str:
    value = os.environ.get(match[1])
    if value is None:
        raise InputError(
            f"the url names the environment variable {match[1]}, which is not set",
            source="data",
            do=f"set {match[1]} and try again",
        )
    return value


def _fetched(engine: Engine, source: str, params: TableParams, order: tuple[str, ...]) -> RawTable:
    from sqlalchemy import text

    with engine.connect() as connection:
        statement = (
            text(params.query) if params.query else _select(connection, source, params.table or "", order)
        )
        result = connection.execution_options(stream_results=True).execute(statement)
        names = list(map(str, result.keys()))
        check_header(names, source)
        coders = [Coder() for _ in names]
        total = 0
        while rows := result.fetchmany(_CHUNK_ROWS):
            total += len(rows)
            for coder, values in zip(coders, zip(*rows, strict=True), strict=True):
                coder.add(values)
    lines = np.arange(1, total + 1, dtype=np.int64)
    return raw_table(names, [coder.column() for coder in coders], lines, source)


def _select(connection: Connection, source: str, table: str, order: tuple[str, ...]) -> TextClause:
    from sqlalchemy import inspect, text

    schema, _, name = table.rpartition(".")
    inspector = inspect(connection)
    known = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise InputError(
            "there is no such table",
            source=source,
            value=table,
            expected=f"one of {', '.join(sorted(known)[:10]) or 'no table at all: the database is empty'}",
            do=f"did you mean {near[0]}?" if near else "correct table in params.yaml",
        )
    columns = {str(column["name"]) for column in inspector.get_columns(name, schema or None)}
    quote = connection.dialect.identifier_preparer.quote
    place = ".".join(quote(part) for part in (schema, name) if part)
    by = ", ".join(quote(column) for column in order if column in columns)
    return text(f"select * from {place}" + (f" order by {by}" if by else ""))  # noqa: S608 - quoted identifiers


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
