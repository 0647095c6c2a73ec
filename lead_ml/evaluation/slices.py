"""The winner's figures by month of creation, age of the lead and source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.asof.labels import Mask
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.evaluation.backtest import Table
from lead_ml.evaluation.records import SliceRecord
from lead_ml.model.metrics import evaluate
from lead_ml.tables.dataset import Coded, Floats, Indices

TOP_SOURCES = 12
MISSING = "(missing)"


def slices_of(table: Table, test: Mask, probability: Floats) -> tuple[SliceRecord, ...]:
    """Cut the test rows three ways; a part of one class has no AUC."""
    places = np.flatnonzero(test)
    found: list[SliceRecord] = []
    for by, part in _parts(table, test).items():
        counts = np.bincount(part.codes, minlength=len(part.levels))
        for code in sorted(np.flatnonzero(counts).tolist(), key=lambda code: _natural(part.levels[code])):
            rows = np.flatnonzero(part.codes == code)
            found.append(_slice(by, part.levels[code], table, places[rows], probability[rows]))
    return tuple(found)


def _parts(table: Table, test: Mask) -> dict[str, Coded]:
    """Code the test rows three ways, none of them missing."""
    created = table.dataset.leads.created_at
    parts: dict[str, Coded] = {}
    if created is not None:
        born = created[table.lead[test]]
        parts["month"] = _coded(born.astype("datetime64[us]").astype("datetime64[M]"), str)
        days = (table.as_of[test] - born) // MICROSECONDS_PER_DAY
        if days.min() < days.max():
            parts["age"] = _coded(days, "{} d".format)
    source = table.dataset.leads.columns.get("source")
    if source is not None:
        parts["source"] = _top_sources(source.take(table.lead[test]))
    return parts


def _coded(values: npt.NDArray[Any], worded: Callable[[Any], str]) -> Coded:
    levels, codes = np.unique(values, return_inverse=True)
    return Coded(codes.astype(np.int32), tuple(map(worded, levels)))


def _top_sources(source: Coded) -> Coded:
    """Return the sources of most rows under their names, and the others together."""
    levels = (*(level or MISSING for level in source.levels), MISSING)
    named = Coded(np.where(source.codes < 0, len(source.levels), source.codes), levels).map(str)
    counts = np.bincount(named.codes, minlength=len(named.levels))
    most = sorted(range(len(named.levels)), key=lambda code: (-counts[code], named.levels[code]))
    top = {named.levels[code] for code in most[:TOP_SOURCES]}
    return named.map(lambda level: level if level in top else "(other)")


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
