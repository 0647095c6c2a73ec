"""The leads of a project or of a plain file with their standard forms beside the raw cells, and a report of their quality."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from lead_ml.clean.text import as_text
from lead_ml.errors import InputError
from lead_ml.init.export import open_export
from lead_ml.init.roles import lead_roles
from lead_ml.language import Lang, catalog
from lead_ml.lead_data.quality import QualityReport, quality_of
from lead_ml.lead_data.standardize import StandardColumn, standard_columns
from lead_ml.project.load import load_project
from lead_ml.project.params import Params, params_from
from lead_ml.project.schema import CONTACT
from lead_ml.report.quality import check_picture, save_quality_picture
from lead_ml.tables.read.context import ReadContext, context_of
from lead_ml.tables.read.mapping import MappedTable
from lead_ml.tables.read.read import read_table
from lead_ml.workflows.sales_file import Row, check_writable, write_table

__all__ = ["CONTACT", "as_plain", "clean_file", "clean_project"]

Progress = Callable[[str], None]


def clean_project(
    root: Path,
    data: Path | None,
    *,
    out: Path | None = None,
    picture: Path | None = None,
    lang: Lang = "en",
    progress: Progress = lambda _: None,
) -> QualityReport:
    """Clean the leads of a project; writes below ``runs/clean`` by default."""
    params, folder = load_project(root).params, root / "runs" / "clean"
    if out is None or picture is None:
        folder.mkdir(parents=True, exist_ok=True)
    places = (out or folder / "leads_clean.csv", picture or folder / "quality.svg")
    return _clean(params, data or root, places, lang, progress)


def clean_file(
    file: Path,
    *,
    out: Path | None = None,
    picture: Path | None = None,
    lang: Lang = "en",
    progress: Progress = lambda _: None,
) -> QualityReport:
    """Clean a file of leads that belongs to no project: its columns are recognized as ``lead-ml init`` recognizes them."""
    places = (
        out or file.with_name(f"{file.stem}_clean.csv"),
        picture or file.with_name(f"{file.stem}_quality.svg"),
    )
    _check_places(file, places)
    export = open_export(file, file.absolute().parent)
    roles = {role: match.column for role, match in lead_roles(export.columns).items()}
    numbered = "lead_id" not in roles and "lead_id" not in export.columns
    table = {**export.settings(), "path": file.name, "columns": roles, "number_rows": numbered}
    params = params_from({"project": "file", "data": {"leads": table}})
    return _clean(params, file.absolute().parent, places, lang, progress)


def as_plain(report: QualityReport) -> dict[str, Any]:
    """Return the report as plain data for JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(report)
    return plain


def _clean(
    params: Params, base: Path, places: tuple[Path, Path], lang: Lang, progress: Progress
) -> QualityReport:
    out, picture = places
    check_writable(out)
    check_picture(picture)
    context = context_of(params, datetime.now(UTC))
    table = read_table("leads", params.data.leads, base, context)
    table = _without_footers(table)
    progress("data read")
    columns = standard_columns(table, context)
    if not columns:
        raise InputError(
            "no column of these leads can be standardized",
            source=table.raw.sources[0],
            value=tuple(table.raw.columns),
            expected="a column such as name, company, email, phone, country, city or job_title",
            do="map them in params.yaml: data.leads.columns: {email: their name}",
        )
    progress("standardized")
    report = quality_of(
        columns,
        table.text("source") if "source" in table.columns else None,
        _created(table, context),
        file=", ".join(table.raw.sources[:3]),
        synthetic=params.synthetic,
    )
    write_table(_rows(table, columns), out, types={})
    words = catalog("en" if picture.suffix.lower() == ".png" else lang)  # a PNG has no fonts for Chinese
    save_quality_picture(report, picture, words)
    progress("written")
    return msgspec.structs.replace(report, written=str(out), picture=str(picture))


def _check_places(file: Path, places: tuple[Path, ...]) -> None:
    if any(place.absolute() == file.absolute() for place in places):
        raise InputError(
            "the cleaned leads would overwrite the raw ones",
            source=str(file),
            do="give another name with --out",
        )


def _without_footers(table: MappedTable) -> MappedTable:
    """Leave out the rows below a table, which are no leads."""
    below = table.raw.below
    if not below.any():
        return table
    rows = np.flatnonzero(~below)
    columns = {name: column.take(rows) for name, column in table.columns.items()}
    return replace(table, columns=columns, raw=table.raw.take(rows))


def _created(table: MappedTable, context: ReadContext) -> Any:
    if "created_at" not in table.columns:
        return None
    found = context.timestamps(table, "created_at")
    return np.where(found.missing | found.bad, -1, found.at)


def _rows(table: MappedTable, columns: tuple[StandardColumn, ...]) -> Iterator[Row]:
    """Yield every row: an id where the rows are numbered, the raw cells, then the new ones."""
    raw = {name: [_cell(level) for level in column.levels] for name, column in table.raw.columns.items()}
    cells = {name: (column.codes.tolist(), raw[name]) for name, column in table.raw.columns.items()}
    for column in columns:
        for name, text in column.added.items():
            cells[_free(name, cells)] = ((text.codes % (len(text.levels) + 1)).tolist(), [*text.levels, None])
    numbered = table.mapped.get("lead_id") == "= the row number"
    ids = table.columns["lead_id"].values()
    for row in range(len(table)):
        first: Row = {"lead_id": str(ids[row])} if numbered else {}
        yield {**first, **{name: levels[codes[row]] for name, (codes, levels) in cells.items()}}


def _cell(level: object) -> str | None:
    """Return a raw cell as it is written: a text as it is, other values as the reader of tables writes them."""
    return level if isinstance(level, str) else as_text(level, frozenset())


def _free(name: str, taken: dict[str, Any]) -> str:
    """Return a name that no other column has."""
    while name in taken:
        name += "_"
    return name
