"""The leads that the worklist shows, on all its pages, as a CSV that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping

from lead_ml.clean.csv_cells import harmless
from lead_ml.scoring import Scorer, WorklistRow
from lead_ml.service.pages.bars import group_bars
from lead_ml.service.pages.frame import PageFrame
from lead_ml.service.pages.worklist_file import CurrentWorklist
from lead_ml.service.pages.worklist_page import column_text, source_wording, strongest_driver
from lead_ml.service.pages.worklist_query import STALE, Wording, WorklistQuery

Cell = Callable[[WorklistRow], object]
_LEAD = ("name", "company", "job_title", "email", "phone", "owner")


def worklist_csv(worklist: CurrentWorklist, scorer: Scorer, query: WorklistQuery, frame: PageFrame) -> bytes:
    """Return the filtered and sorted leads in the language of the page, in UTF-8 with a byte order mark for Excel.

    Numbers are plain: 0.25 is a probability of 25%. Text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    source_text = source_wording(scorer, frame)
    columns = _columns(worklist, source_text, frame)
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in query.select(worklist.rows, source_text):
        writer.writerow([_plain(cell(row)) for cell in columns.values()])
    return file.getvalue().encode("utf-8-sig")


def _plain(value: object) -> object:
    return harmless(value) if isinstance(value, str) else value


def _columns(worklist: CurrentWorklist, source_text: Wording, frame: PageFrame) -> Mapping[str, Cell]:
    """Return how each cell is made, by the header of its column; columns that no lead has are left out."""
    text = frame.text
    filled = {name for row in worklist.rows for name in row.lead}
    link = {text("lead.open_in_crm"): lambda row: row.link} if any(row.link for row in worklist.rows) else {}
    fake = (
        {text("pages.fake_probability"): _fake}
        if any(row.answer.fake is not None for row in worklist.rows)
        else {}
    )
    return {
        text("pages.fields.lead_id"): lambda row: row.answer.lead_id,
        **{text(f"pages.fields.{name}"): _of_lead(name) for name in _LEAD if name in filled},
        text("pages.fields.source"): lambda row: source_text(row.lead.get("source", "")),
        text("pages.fields.created_at"): lambda row: frame.iso_day(row.lead.get("created_at", "")),
        text("pages.probability"): lambda row: round(row.answer.probability, 4),
        text("worklist.lower"): lambda row: round(row.answer.lower, 4),
        text("worklist.upper"): lambda row: round(row.answer.upper, 4),
        column_text("score", frame): lambda row: round(row.answer.score, 1),
        column_text("grade", frame): lambda row: row.answer.grade or "",
        column_text("stage", frame): lambda row: text(f"pages.stages.{row.answer.stage}"),
        text("worklist.drivers"): lambda row: strongest_driver(group_bars(row.answer.groups), frame),
        **fake,
        **link,
        text("pages.as_of_head"): lambda row: frame.iso_day(row.answer.as_of),
        text("worklist.notes"): lambda row: " ".join(_notes(row, worklist, frame)),
    }


def _of_lead(name: str) -> Cell:
    return lambda row: row.lead.get(name, "")


def _fake(row: WorklistRow) -> object:
    return "" if row.answer.fake is None else round(row.answer.fake.probability, 4)


def _notes(row: WorklistRow, worklist: CurrentWorklist, frame: PageFrame) -> list[str]:
    """Return what the page says above its table and a reader of the file must know too."""
    text, validation = frame.text, row.answer.validation_key
    said = {
        "pages.synthetic": frame.synthetic,
        f"pages.validation.{validation}": validation != "validated",
        "worklist.old": row.state == STALE,
        "worklist.may_be_lost": row.state == "undecided",
        "worklist.other_version": worklist.stale,
    }
    forced = [text("pages.forced", reason=frame.forced)] if frame.forced else []
    return [*(text(key) for key, true in said.items() if true), *forced]
