"""The sentences of the advice, in every language of the catalogs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from lead_ml.language import LANGUAGES, Catalog, Numbers, catalog
from lead_ml.model.metrics import OptionalInterval
from lead_ml.scoring.thresholds.basis import Basis, Threshold

FEW_WINS = 30

Translations: TypeAlias = dict[str, str]
"""One text by language."""


def text(key: str, **values: Any) -> Translations:
    """Return a text of the ``advice`` section in every language."""
    return _translated(lambda texts: texts(f"advice.{key}", **values))


def joined(parts: Iterable[Translations]) -> Translations:
    """Return the texts one after the other."""
    found = list(parts)
    return {lang: catalog(lang)("advice.joint").join(part[lang] for part in found) for lang in LANGUAGES}


def threshold_words(name: str, threshold: Threshold, horizon_days: float | None) -> Translations:
    """Describe one threshold: where it is, how many leads a week, how many of them win, and its share of all wins."""
    return _translated(lambda texts: _described(texts, name, threshold, horizon_days))


def few_wins(basis: Basis) -> Translations | None:
    """Warn below 30 winning leads."""
    wins = basis.steps.n_winners
    return None if wins >= FEW_WINS else text("few_wins", count=wins)


def break_even(basis: Basis) -> Translations:
    """Give the thresholds that calibrated probabilities alone would set: cost / value."""
    sql, mql = basis.cost_per_sql / basis.value_per_win, basis.cost_per_mql / basis.value_per_win
    return text("cost_above_value") if max(sql, mql) >= 1 else text("break_even", sql=sql, mql=mql)


def _translated(render: Callable[[Catalog], str]) -> Translations:
    return {lang: render(catalog(lang)) for lang in LANGUAGES}


def _described(texts: Catalog, name: str, threshold: Threshold, horizon_days: float | None) -> str:
    parts = [
        texts("advice.threshold", name=name, probability=threshold.probability, score=threshold.score),
        _volume(texts, threshold),
        _wins(texts, threshold.precision, horizon_days),
    ]
    if threshold.recall.value is not None:
        recall = threshold.recall
        parts.append(
            texts("advice.recall", share=recall.value, interval=_range(texts, recall, Numbers.share))
        )
    return texts("advice.joint").join(parts)


def _volume(texts: Catalog, threshold: Threshold) -> str:
    weekly = threshold.per_week
    if weekly.value is None:
        return texts("advice.volume_in_all", count=threshold.crossed)
    interval = _range(texts, weekly, _leads)
    return texts("advice.volume_per_week", volume=_leads(texts.numbers, weekly.value), interval=interval)


def _wins(texts: Catalog, precision: OptionalInterval, horizon_days: float | None) -> str:
    if precision.value is None:
        return texts("advice.wins_unknown")
    key = "advice.wins" if horizon_days is None else "advice.wins_within"
    interval = _range(texts, precision, Numbers.share)
    return texts(key, share=precision.value, days=horizon_days, interval=interval)


def _range(texts: Catalog, figure: OptionalInterval, written: Callable[[Numbers, float], str]) -> str:
    if figure.lower is None or figure.upper is None:
        return "?"
    lower, upper = (written(texts.numbers, bound) for bound in (figure.lower, figure.upper))
    return texts("advice.interval", lower=lower, upper=upper)


def _leads(numbers: Numbers, value: float) -> str:
    return numbers.plain(round(value, 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 2))
