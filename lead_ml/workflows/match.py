"""Matching the leads of a project: its data read, reviewed pairs kept, pairs and people written for their owner alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lead_ml.clean.csv_cells import harmless
from lead_ml.lead_data.match import (
    BANDS,
    LeadMatches,
    MatchedPair,
    ReviewedPair,
    lead_columns,
    match,
    read_reviewed,
    reviewed_csv,
    united,
)
from lead_ml.project.load import Project
from lead_ml.project.schema import CONTACT
from lead_ml.service.files import private_draft
from lead_ml.tables.dataset import Leads
from lead_ml.workflows.load import load

FOLDER = "matches"
REVIEWED, TO_REVIEW, PAIRS, PEOPLE = "reviewed.csv", "review.csv", "pairs.csv", "clusters.csv"
_SHOWN = (*CONTACT, "city")


@dataclass(frozen=True)
class ProjectMatches:
    """The matches of a project, the folder that they were written to, and how many pairs `review.csv` asks about."""

    project: Project
    found: LeadMatches
    folder: Path
    to_review: int


def match_project(
    root: Path,
    data: Path | None = None,
    *,
    reviewed: Path | None = None,
    ask: int = 200,
    progress: Callable[[str], None] = lambda _: None,
) -> ProjectMatches:
    """Match the leads of a project and write the files of :data:`FOLDER`, which only their owner can read.

    Parameters
    ----------
    root, data
        See :func:`lead_ml.workflows.load.load`.
    reviewed
        A file with answers, as `review.csv` with its column `same` filled in. They join those of earlier runs in `reviewed.csv`, and
        those in the folder's own `review.csv`.
    ask
        Number of pairs to ask about.
    progress
        Called with a few words after each step.
    """
    folder = root / FOLDER
    answers = _answers(folder / REVIEWED, folder / TO_REVIEW, reviewed)
    loaded = load(root, data)
    leads, seed = loaded.dataset.leads, loaded.project.params.seed
    progress("data read")
    columns = {name: coded.values() for name, coded in leads.columns.items()}
    found = match(leads.lead_id, lead_columns(columns), answers, progress)
    to_ask = found.to_ask(ask, seed, frozenset(pair.pair for pair in answers))
    if answers:
        _write(folder / REVIEWED, reviewed_csv(answers))
    _write(folder / TO_REVIEW, _csv(_review_rows(to_ask, leads)))
    _write(folder / PAIRS, _csv(_pair_rows(found)))
    _write(folder / PEOPLE, _csv(_people_rows(found)))
    return ProjectMatches(loaded.project, found, folder, len(to_ask))


def matches_as_dict(done: ProjectMatches) -> dict[str, Any]:
    """Return the figures of a run as plain data."""
    found, quality = done.found, done.found.quality
    people = np.bincount(found.person, minlength=len(found.lead_id))
    return {
        "synthetic": done.project.params.synthetic,
        "leads": len(found.lead_id),
        "columns": {field.name: field.kind for field in found.fields},
        "pairs": {band: int((found.band == at).sum()) for at, band in enumerate(BANDS)},
        "people_with_several_leads": int((people > 1).sum()),
        "leads_of_them": int(people[people > 1].sum()),
        "precision": _figure(quality.precision),
        "recall": _figure(quality.recall),
        "measured_by": quality.source,
        "reviewed": found.reviewed,
        "reviewed_at_random": quality.audited,
        "pair_model_gain": found.model_gain,
        "to_review": done.to_review,
        "folder": str(done.folder),
    }


def _figure(found: Any) -> dict[str, float]:
    return {"value": found.value, "lower": found.lower, "upper": found.upper}


def _answers(kept: Path, own: Path, reviewed: Path | None) -> list[ReviewedPair]:
    """Return all answers so far, checked together; those in the file that a run would overwrite are among them."""
    files = [file for file in (kept, own) if file.exists()] + ([reviewed] if reviewed else [])
    return united(
        [pair for file in files for pair in read_reviewed(file)], " and ".join(file.name for file in files)
    )


def _write(path: Path, content: bytes) -> None:
    private_draft(path, content).replace(path)


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([harmless("" if cell is None else str(cell)) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _review_rows(
    pairs: Sequence[tuple[MatchedPair, float | None]], leads: Leads
) -> Iterable[Sequence[object]]:
    place = {lead: row for row, lead in enumerate(leads.lead_id)}
    names = [name for name in _SHOWN if name in leads.columns]
    columns = {name: leads.columns[name] for name in names}
    sides = [f"{side}_{name}" for name in names for side in "ab"]
    yield ["lead_a", "lead_b", "same", "chance", "band", "probability", "evidence", *sides]
    for pair, chance in pairs:
        rows = place[pair.lead_a], place[pair.lead_b]
        cells = [_cell(columns[name].levels, int(columns[name].codes[row])) for name in names for row in rows]
        yield [
            pair.lead_a,
            pair.lead_b,
            "",
            chance,
            pair.band,
            round(pair.probability, 4),
            pair.evidence,
            *cells,
        ]


def _cell(levels: Sequence[str], code: int) -> str | None:
    return None if code < 0 else levels[code]


def _pair_rows(found: LeadMatches) -> Iterable[Sequence[object]]:
    yield ["lead_a", "lead_b", "band", "probability", "evidence"]
    for pair in (*found.pairs_called("same"), *found.pairs_called("ask")):
        yield [pair.lead_a, pair.lead_b, pair.band, round(pair.probability, 4), pair.evidence]


def _people_rows(found: LeadMatches) -> Iterable[Sequence[object]]:
    size = np.bincount(found.person, minlength=len(found.lead_id))
    yield ["person", "lead_id"]
    for row in np.lexsort((np.arange(len(found.person)), found.person)).tolist():
        if size[found.person[row]] > 1:
            yield [found.lead_id[found.person[row]], found.lead_id[row]]
