"""The sections ``conversion``, ``fake`` and ``thresholds`` of ``params.yaml``: models, and the assumptions of thresholds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lead_ml.project.section import Section

ProfilePoints = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-60, le=60)]


class PointsRule(Section):
    """Points for a lead whose feature is one of ``values``, or lies in [``at_least``, ``below``), or is missing."""

    feature: str
    points: float
    values: tuple[str, ...] = ()
    at_least: float | None = None
    below: float | None = None
    missing: bool = False

    @model_validator(mode="after")
    def _one_condition(self) -> PointsRule:
        ranged = self.at_least is not None or self.below is not None
        if bool(self.values) + ranged + self.missing != 1:
            raise ValueError("give exactly one of values, at_least/below, missing: true")
        return self


class ScorecardParams(Section):
    """The ideal customer profile in points. 6 points double the odds, as in the score; ``base_rate`` is the
    probability of a lead without points, used until there are labels.
    """

    base_rate: float = Field(0.05, gt=0, lt=1)
    rules: tuple[PointsRule, ...] = ()


class LogisticParams(Section):
    """``l2`` is the penalty on the squared coefficients, in units of one lead; ``prior`` starts from the scorecard.

    Where ``l2_search`` holds values, the one with the lowest log-loss over all rolling windows replaces ``l2``;
    leave it empty to use ``l2``.
    """

    l2: float = Field(10.0, gt=0)
    l2_search: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
    prior: bool = True


class LightGBMParams(Section):
    """LightGBM's own parameters; ``rounds`` is the number of trees."""

    rounds: int = Field(150, ge=1, le=10_000)
    learning_rate: float = Field(0.03, gt=0, le=1)
    num_leaves: int = Field(8, ge=2, le=1024)
    min_data_in_leaf: int = Field(40, ge=1)
    feature_fraction: float = Field(0.5, gt=0, le=1)
    bagging_fraction: float = Field(1.0, gt=0, le=1)
    lambda_l2: float = Field(1.0, ge=0)
    min_gain_to_split: float = Field(0.0, ge=0)
    max_bin: int = Field(255, ge=2)


class TargetParams(Section):
    """Parameters of one target. ``horizon_days`` is None only for an outcome column without dates.

    ``profile`` sets points of the ideal customer profile by hand, by feature and value (``(missing)`` for leads without a value).
    """

    horizon_days: float | None = Field(30, gt=0)
    profile: dict[str, dict[str, ProfilePoints]] = Field(default_factory=dict)
    scorecard: ScorecardParams = ScorecardParams()
    logistic: LogisticParams = LogisticParams()
    lightgbm: LightGBMParams = LightGBMParams()


class ThresholdParams(Section):
    """What the advice on the MQL and SQL thresholds assumes, and which method sets the thresholds a bundle starts with."""

    method: Literal["opportunity_mean", "capacity", "value", "precision", "recall"] = "capacity"
    sql_per_week: float = Field(20, gt=0)
    mql_per_week: float = Field(60, gt=0)
    cost_per_sql: float = Field(50, ge=0)
    cost_per_mql: float = Field(5, ge=0)
    value_per_win: float = Field(1_000, gt=0)
    sql_precision: float = Field(0.3, gt=0, lt=1)
    mql_precision: float = Field(0.12, gt=0, lt=1)
    sql_recall: float = Field(0.5, gt=0, lt=1)
    mql_recall: float = Field(0.85, gt=0, lt=1)
    fake_flag: float = Field(0.5, gt=0, lt=1)
