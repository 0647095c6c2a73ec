"""One small table of leads with every kind of column, and every candidate on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.model import Classifier, ColumnInfo, LightGBM, Logistic, Scorecard, compile_rules
from lead_ml.model.metrics import sigmoid
from lead_ml.project.params import LightGBMParams, PointsRule

CANDIDATES = ("scorecard", "logistic", "logistic with prior", "lightgbm")
LEVELS = {"industry": {"mining": 3, "retail": 4, "steel": 5}, "国家": {"CN": 3, "DE": 4, "rare one": 2}}
RULES = (
    PointsRule(feature="visits_30d", points=6, at_least=3),
    PointsRule(feature="industry", points=4, values=("mining", "steel")),
    PointsRule(feature="form_seconds", points=-3, missing=True),
)


@dataclass(frozen=True)
class Sample:
    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    columns: tuple[ColumnInfo, ...]

    def fitted(self, model: Classifier) -> Classifier:
        return model.fit(self.X, self.y, sample_weight=self.weight, columns=self.columns)


def draw(n: int = 1500, seed: int = 1) -> Sample:
    rng = np.random.default_rng(seed)
    visits = np.floor(rng.exponential(3, n))
    seconds = np.where(rng.random(n) < 0.3, np.nan, rng.lognormal(3, 1.5, n))
    fit = rng.normal(size=n)
    constant = np.full(n, 4.0)
    industry = rng.choice([0, 2, 3, 4, 5], n).astype(float)
    country = rng.choice([3, 4], n).astype(float)
    z = -2 + 0.5 * np.log1p(visits) + 0.6 * fit + 0.8 * (industry == 3) - 0.5 * np.isnan(seconds)
    columns = (
        ColumnInfo("visits_30d", "number", monotone=1),
        ColumnInfo("form_seconds", "number"),
        ColumnInfo("fit score", "number"),
        ColumnInfo("constant", "number"),
        ColumnInfo("industry", "category", 6),
        ColumnInfo("国家", "category", 5),
    )
    X = np.ascontiguousarray(np.column_stack([visits, seconds, fit, constant, industry, country]))
    return Sample(X, (rng.random(n) < sigmoid(z)).astype(float), rng.choice([0.2, 0.5, 1.0], n), columns)


def scorecard(columns: tuple[ColumnInfo, ...]) -> Scorecard:
    rules = compile_rules(RULES, columns, lambda feature, value: LEVELS[feature].get(value))
    return Scorecard(rules=rules, base_rate=0.1)


def unfitted(candidate: str, columns: tuple[ColumnInfo, ...]) -> Classifier:
    if candidate == "scorecard":
        return scorecard(columns)
    if candidate == "lightgbm":
        return LightGBM(params=LightGBMParams(rounds=30, min_data_in_leaf=20), seed=3)
    return Logistic(l2=0.5, prior=scorecard(columns) if candidate == "logistic with prior" else None)
