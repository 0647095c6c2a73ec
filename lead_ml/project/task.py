"""One prediction task: a target's definition joined with the numbers of ``params.yaml`` that concern it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lead_ml.declare import MICROSECONDS_PER_DAY, Declaration
from lead_ml.project.params import Params, TargetParams
from lead_ml.project.targets import Column, ModelSpec, closing_stages


@dataclass(frozen=True)
class Task:
    """What one model predicts, over which horizon, at which ages of a lead, and with which parameters.

    An outcome column has no dates, so no horizon and no ages at which a lead is scored again after its first score.
    """

    spec: ModelSpec
    params: TargetParams
    common: Params  # what all targets share: splits, snapshots, evaluation, seed
    horizon_days: float | None  # days after as_of in which a conversion counts
    ages_days: tuple[int, ...]
    closing_stages: tuple[str, ...]  # after which a lead is no longer scored

    @classmethod
    def of(cls, spec: ModelSpec, common: Params) -> Task:
        """Join a definition with the params of its project."""
        params = common.fake if spec.name == "fake" else common.conversion
        dated = not isinstance(spec.target, Column)
        ages = common.snapshots.ages_days if spec.ages_days is None else spec.ages_days
        return cls(
            spec=spec,
            params=params,
            common=common,
            horizon_days=params.horizon_days if dated else None,
            ages_days=ages if dated else (),
            closing_stages=closing_stages(spec.target),
        )

    @property
    def name(self) -> str:
        """``conversion`` or ``fake``."""
        return self.spec.name

    @property
    def horizon_us(self) -> int | None:
        """The horizon in microseconds; None for an outcome column."""
        return None if self.horizon_days is None else round(self.horizon_days * MICROSECONDS_PER_DAY)

    @property
    def needs_outcomes(self) -> bool:
        """Whether the target counts dated outcomes, so that it cannot be learned without a table of them."""
        return not isinstance(self.spec.target, Column)

    def using(self, used: Iterable[Declaration], declared: Iterable[Declaration]) -> Task:
        """Return the task without the scorecard rules about declared features that are not used.

        A rule that names no declared feature stays: it is a mistake that the scorecard reports.
        """
        left_out = {item.name for item in declared} - {item.name for item in used}
        rules = tuple(rule for rule in self.params.scorecard.rules if rule.feature not in left_out)
        scorecard = self.params.scorecard.model_copy(update={"rules": rules})
        return replace(self, params=self.params.model_copy(update={"scorecard": scorecard}))
