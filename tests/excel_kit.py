"""Small workbooks written with the standard library: only what a reader needs to see."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from string import ascii_uppercase
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs>'
_ODS_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
Rows = Sequence[Sequence[object]]


@dataclass(frozen=True)
class ErrorCell:
    """A cell that shows an error."""

    text: str = "#N/A"


def write_xlsx(
    path: Path,
    sheets: Mapping[str, Rows],
    *,
    merged: Sequence[str] = (),
    hidden: Sequence[str] = (),
    left: int = 0,
) -> Path:
    """Write sheets; None leaves a cell out, `merged` are ranges of every sheet, `left` columns stay free at the left."""
    bodies = [_xlsx_rows(rows, left) for rows in sheets.values()]
    merges = "".join(f'<mergeCell ref="{item}"/>' for item in merged)
    merges = f"<mergeCells>{merges}</mergeCells>" if merges else ""
    states = [' state="hidden"' if name in hidden else "" for name in sheets]
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{k}" r:id="s{k}"{state}/>'
        for k, (name, state) in enumerate(zip(sheets, states, strict=True), start=1)
    )
    links = "".join(
        f'<Relationship Id="s{k}" Type="{_REL}/worksheet" Target="worksheets/sheet{k}.xml"/>'
        for k in range(1, len(sheets) + 1)
    )
    links += f'<Relationship Id="st" Type="{_REL}/styles" Target="styles.xml"/>'
    document = f'<Relationship Id="d" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types"/>')
        archive.writestr("_rels/.rels", _relations(document))
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(links))
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{_MAIN}">{_STYLES}</styleSheet>')
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>',
        )
        for k, body in enumerate(bodies, start=1):
            sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData>{merges}</worksheet>'
            archive.writestr(f"xl/worksheets/sheet{k}.xml", sheet)
    return path


def write_ods(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """Write sheets as OpenDocument."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    content = f"<office:document-content {_ODS_NAMES}><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        manifest = 'xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
        archive.writestr("META-INF/manifest.xml", f"<m:manifest {manifest}/>")
        archive.writestr("content.xml", content)
    return path


def _relations(items: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'


def _xlsx_rows(rows: Rows, left: int) -> str:
    return "".join(
        f'<row r="{line}">'
        + "".join(_xlsx_cell(f"{ascii_uppercase[k]}{line}", value) for k, value in enumerate(row, start=left))
        + "</row>"
        for line, row in enumerate(rows, start=1)
        if row
    )


def _xlsx_cell(place: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, ErrorCell):
        return f'<c r="{place}" t="e"><v>{value.text}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, date):  # a datetime is one too
        style, moment = (
            (2, value) if isinstance(value, datetime) else (1, datetime(value.year, value.month, value.day))
        )
        serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
        return f'<c r="{place}" s="{style}"><v>{serial!r}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def _ods_cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, ErrorCell):
        return (
            f'<table:table-cell office:value-type="string"><text:p>{value.text}</text:p></table:table-cell>'
        )
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value!r}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'
