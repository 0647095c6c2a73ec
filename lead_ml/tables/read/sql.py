"""Tables and queries of a database as raw tables."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from lead_ml.errors import InputError, MissingExtra
from lead_ml.project.params import TableParams
from lead_ml.tables.read.mapping import near_miss
from lead_ml.tables.read.raw import CHUNK_ROWS, RawTable, check_header, coded_rows, raw_table

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, TextClause

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def read_sql(params: TableParams, root: Path, order: tuple[str, ...]) -> RawTable:
    """Read a table or a query of an SQLite or PostgreSQL database.

    ``${NAME}`` in the URL is taken from the environment, so that ``params.yaml`` holds no password. A relative
    SQLite path is relative to the data folder. A table is read in the order of the columns `order`, since a database
    guarantees none; a query should carry its own ``order by``. Rows are numbered from 1 in that order.

    Raises InputError if the URL, the database, the table or the query cannot be used (the message never shows the
    password), and MissingExtra if the driver of the database is not installed.
    """
    from sqlalchemy import NullPool, create_engine
    from sqlalchemy.exc import SQLAlchemyError

    url = _url(params.url or "", root)
    source = f"{url.render_as_string(hide_password=True)} {params.table or 'query'}"
    try:
        engine = create_engine(url, poolclass=NullPool)
        return _fetched(engine, source, params, order)
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
        query = text(params.query) if params.query else _select(connection, source, params.table or "", order)
        result = connection.execution_options(stream_results=True).execute(query)
        names = list(map(str, result.keys()))
        check_header(names, source)
        ((columns, lines),) = coded_rows(enumerate(result.yield_per(CHUNK_ROWS), start=1), len(names))
    return raw_table(names, columns, lines, source)


def _select(connection: Connection, source: str, table: str, order: tuple[str, ...]) -> TextClause:
    from sqlalchemy import inspect, text

    schema, _, name = table.rpartition(".")
    inspector = inspect(connection)
    known = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
    if name not in known:
        near = near_miss(name, known)
        raise InputError(
            "there is no such table",
            source=source,
            value=table,
            expected=f"one of {', '.join(sorted(known)[:10]) or 'no table at all: the database is empty'}",
            do=f"did you mean {near}?" if near else "correct table in params.yaml",
        )
    columns = {str(column["name"]) for column in inspector.get_columns(name, schema or None)}
    quote = connection.dialect.identifier_preparer.quote
    place = ".".join(quote(part) for part in (schema, name) if part)
    by = ", ".join(quote(column) for column in order if column in columns)
    return text(f"select * from {place}" + (f" order by {by}" if by else ""))  # noqa: S608 - quoted identifiers


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
