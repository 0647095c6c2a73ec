"""The winner's figures by month of creation, age of the lead and source."""

from __future__ import annotations

import numpy as np

from lead_ml.asof.labels import Mask
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.evaluation.backtest import Table
from lead_ml.evaluation.records import SliceRecord
from lead_ml.model.metrics import evaluate
from lead_ml.tables.dataset import Floats, Indices
from lead_ml.tables.instants import month

TOP_SOURCES = 12


def slices_of(table: Table, test: Mask, probability: Floats) -> tuple[SliceRecord, ...]:
    """Cut the test rows three ways; a part of one class has no AUC."""
    found: list[SliceRecord] = []
    for by, values in _parts(table, test).items():
        for value in sorted(set(values), key=_natural):
            rows = np.array([v == value for v in values])
            found.append(_slice(by, value, table, np.nonzero(test)[0][rows], probability[rows]))
    return tuple(found)


def _parts(table: Table, test: Mask) -> dict[str, list[str]]:
    created = table.dataset.leads.created_at
    parts: dict[str, list[str]] = {}
    if created is not None:
        born = created[table.lead[test]]
        parts["month"] = [month(int(instant)) for instant in born]
        days = (table.as_of[test] - born) // MICROSECONDS_PER_DAY
        if len(np.unique(days)) > 1:
            parts["age"] = [f"{day} d" for day in days]
    source = table.dataset.leads.columns.get("source")
    if source is not None:
        values = [value or "(missing)" for value in source.take(table.lead[test]).values()]
        names, counts = np.unique(values, return_counts=True)
        top = set(names[np.argsort(-counts, kind="stable")][:TOP_SOURCES].tolist())
        parts["source"] = [value if value in top else "(other)" for value in values]
    return parts


def _slice(by: str, value: str, table: Table, rows: Indices, probability: Floats) -> SliceRecord:
    y, weight = table.labels.y[rows], table.weights(rows)
    figures = evaluate(y, probability, weight)
    auc = figures["roc_auc"]
    return SliceRecord(
        by=by,
        value=value,
        rows=len(rows),
        leads=len(np.unique(table.lead[rows])),
        positives=int(y.sum()),
        mean_prediction=float((probability * weight).sum() / weight.sum()),
        observed_rate=float((y * weight).sum() / weight.sum()),
        log_loss=figures["log_loss"],
        roc_auc=None if np.isnan(auc) else auc,
    )


def _natural(text: str) -> tuple[int, float, str]:
    head = text.split(" ", maxsplit=1)[0]
    return (0, float(head), text) if head.isdigit() else (1, 0.0, text)
