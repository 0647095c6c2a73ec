"""The scored leads as a table for sales: who it is, the scores, then each reason with its points."""

from __future__ import annotations

from typing import Any

from lead_ml.scoring import Answer
from lead_ml.scoring.reasons import Reason
from lead_ml.tables.dataset import Dataset
from lead_ml.workflows.score import ScoredProject

PERSON = ("name", "company", "owner")
REASONS = 6


def sales_rows(done: ScoredProject, link: str = "") -> list[dict[str, Any]]:
    """Return one row per scored lead, best first.

    Parameters
    ----------
    link
        Address of a lead in the CRM, with ``{lead_id}`` where its id belongs; no column ``link`` without it.

    Returns
    -------
    list of dict
        ``lead_id``, ``name``, ``company`` and ``owner`` where the data has them, ``link``, the scores, and
        ``points_1``, ``reason_1`` to ``reason_6``: the strongest reasons first, negative points lower the score.
    """
    place = {lead_id: row for row, lead_id in enumerate(done.dataset.leads.lead_id)}
    return [_row(answer, done.dataset, place[answer.lead_id], link) for answer in done.answers]


def _row(answer: Answer, dataset: Dataset, row: int, link: str) -> dict[str, Any]:
    fake = answer.fake
    return {
        "lead_id": answer.lead_id,
        **_person(dataset, row),
        **({"link": link.replace("{lead_id}", answer.lead_id)} if link else {}),
        "probability": round(answer.probability, 4),
        "lower": round(answer.lower, 4),
        "upper": round(answer.upper, 4),
        "score": round(answer.score, 1),
        "grade": answer.grade,
        "stage": answer.stage,
        "fake_probability": None if fake is None else round(fake.probability, 4),
        "fake_flag": None if fake is None else fake.flag,
        **_reasons(answer),
        "as_of": answer.as_of,
        "model_version": answer.model_version,
        "thresholds_version": answer.thresholds_version,
    }


def _person(dataset: Dataset, row: int) -> dict[str, str | None]:
    columns = dataset.leads.columns
    codes = {name: int(columns[name].codes[row]) for name in PERSON if name in columns}
    return {name: None if code < 0 else columns[name].levels[code] for name, code in codes.items()}


def _reasons(answer: Answer) -> dict[str, Any]:
    both = sorted((*answer.reasons.for_, *answer.reasons.against), key=lambda reason: -abs(reason.points))
    shown: list[Reason | None] = [*both[:REASONS], *[None] * (REASONS - len(both))]
    cells: dict[str, Any] = {}
    for number, reason in enumerate(shown, start=1):
        cells[f"points_{number}"] = None if reason is None else round(reason.points, 1)
        cells[f"reason_{number}"] = None if reason is None else reason.text
    return cells
