"""One target of the report as data: the candidates compared, the segments, and what ships."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from lead_ml.evaluation import BASE, Evaluation, SliceRecord, WindowRecord, headline
from lead_ml.language import LANGUAGES
from lead_ml.model.fit import profiles_of
from lead_ml.model.metrics import Interval, wilson
from lead_ml.registry import curves
from lead_ml.registry.runs import ForwardScores, Run
from lead_ml.report.importance import importance_of
from lead_ml.report.words import METRICS, Metric, metric_words, opening, target_name, verdicts
from lead_ml.scoring import Bundle, BundlePart
from lead_ml.scoring.reasons import profile_table
from lead_ml.tables.instants import from_datetime, iso


def target_data(
    run: Run, target: str, bundle: Bundle, *, level: float, data_from: int | None
) -> dict[str, Any]:
    """Return everything that the report says about a target; ``evaluated`` is False on a cold start.

    `level` is of the intervals that are computed here, `data_from` the earliest creation of a lead, microseconds UTC.
    """
    part, evaluation = bundle.parts[target], run.evaluation(target)
    common = {
        "target": target,
        "title": target_name(target),
        "candidate": part.fitted.candidate,
        "horizon_days": part.horizon_days,
        "importance": importance_of(part, run.folder / "pictures" / target),
        "profiles": [
            profile_table(item, part.fitted.profiles[item.name])
            for item in profiles_of(part.fitted.declarations)
        ],
        "ships": _ships(bundle, target, part),
        "evaluated": evaluation is not None,
    }
    if evaluation is None:
        cold = run.cold(target)
        return {**common, "headline": cold[:1].upper() + cold[1:]}
    evaluated = _judged(evaluation, run.forward(target), level=level, seed=run.record.seed)
    windows = {
        "windows": [_window(window) for window in evaluation.windows],
        "fit_from_us": data_from,
        "fit_from": None if data_from is None else iso(data_from),
    }
    return {**common, **evaluated, **windows}


def _ships(bundle: Bundle, target: str, part: BundlePart) -> dict[str, Any]:
    card = bundle.card.get("targets", {}).get(target, {})
    return {
        "candidate": part.fitted.candidate,
        "features": len(part.fitted.declarations),
        "fit_rows": card.get("shipped_fit_rows"),
        "fit_positives": card.get("shipped_fit_positives"),
        "calibration": part.calibration.method,
        "slope": part.calibration.slope,
        "intercept": part.calibration.intercept,
    }


def _judged(
    evaluation: Evaluation, scores: ForwardScores | None, *, level: float, seed: int
) -> dict[str, Any]:
    winner = evaluation.chosen
    slices = evaluation.slices
    return {
        "candidate": winner,
        "headline": evaluation.headline,
        **{f"headline_{lang}": headline(evaluation, lang) for lang in LANGUAGES},
        "opening": {lang: opening(evaluation, level, lang) for lang in LANGUAGES},
        "verdicts": verdicts(evaluation),
        "ranks": evaluation.signal in ("signal", "unknown") and not evaluation.constant,
        "optimistic": evaluation.optimistic,
        "warnings": list(evaluation.warnings),
        "leaky": None if evaluation.leaky is None else evaluation.leaky.said,
        "base_rate": evaluation.base_rate,
        "candidates": [record.candidate for record in evaluation.candidates],
        "metrics": _metrics(evaluation),
        "losses": [
            {"candidate": record.candidate, "log_loss": record.metrics["log_loss"]}
            for record in evaluation.candidates
        ],
        "calibrations": [
            {
                "candidate": record.candidate,
                "method": record.calibration,
                "slope": record.slope,
                "intercept": record.intercept,
                "before": record.uncalibrated_log_loss,
                "after": record.metrics["log_loss"].value,
            }
            for record in evaluation.candidates
            if record.candidate != BASE
        ],
        "optimism": _optimism(evaluation),
        "judged_on": evaluation.tested,
        "left_out": evaluation.left_out,
        "drift": [_with_interval(item) for item in slices if item.by == "month"],
        "slices": {
            by: [item for item in slices if item.by == by] for by in dict.fromkeys(item.by for item in slices)
        },
        "reliability": [] if scores is None else curves.reliability(scores, winner, seed=seed),
        "roc": {} if scores is None else curves.roc_curves(scores),
        "gains": {} if scores is None else curves.gain_curves(scores),
    }


def _metrics(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return one row per metric in the order of :data:`METRICS`, then all others."""
    by_candidate = {record.candidate: record.metrics for record in evaluation.candidates}
    present = {name for metrics in by_candidate.values() for name in metrics}
    names = [name for name in METRICS if name in present] + sorted(present - set(METRICS))
    return [_metric(name, by_candidate) for name in names]


def _metric(name: str, by_candidate: dict[str, dict[str, Interval]]) -> dict[str, Any]:
    form = METRICS.get(name, Metric())
    cells = {
        candidate: metrics.get(name, Interval(None, None, None))
        for candidate, metrics in by_candidate.items()
    }
    values = {
        candidate: metrics[name].value
        for candidate, metrics in by_candidate.items()
        if candidate != BASE and name in metrics
    }
    best = ""
    if form.better and values:
        best = (min if form.better == "lower" else max)(values, key=lambda candidate: values[candidate])
    return {"name": name, **metric_words(name), **form._asdict(), "cells": cells, "best": best}


def _optimism(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Compare the random split with the forward figures; the difference is the optimism of a random split."""
    return [
        {
            "candidate": record.candidate,
            "metric": name,
            "label": metric_words(name)["en"],
            "forward": record.metrics[name].value,
            "random": value,
            "gap": value - record.metrics[name].value,
        }
        for record in evaluation.candidates
        for name, value in record.random_split.items()
        if name in record.metrics
    ]


def _with_interval(item: SliceRecord) -> dict[str, Any]:
    """Add Wilson's 90% interval of the observed rate over leads."""
    found = wilson(round(item.observed_rate * item.leads), item.leads)
    return {**msgspec.structs.asdict(item), "lower": found.lower, "upper": found.upper}


def _window(window: WindowRecord) -> dict[str, Any]:
    edges = {
        f"{key}_us": from_datetime(datetime.fromisoformat(text)) if text else None
        for key, text in (("start", window.start), ("end", window.end))
    }
    return {**msgspec.structs.asdict(window), **edges}
