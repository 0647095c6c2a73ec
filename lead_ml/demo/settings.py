"""The parameters of the synthetic CRM, fixed before any model was trained on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.tables.dataset import Floats


@dataclass(frozen=True)
class Weibull:
    """A delay in days with distribution function F(t) = 1 - exp(-(t / scale)^shape).

    >>> round(Weibull(shape=1.2, scale=34.0).median, 1)
    25.1
    """

    shape: float
    scale: float

    @property
    def median(self) -> float:
        """Median delay in days."""
        return float(self.scale * np.log(2) ** (1 / self.shape))

    def within(self, days: Floats) -> Floats:
        """Return F(days), 0 for negative days."""
        return np.asarray(-np.expm1(-((np.maximum(days, 0.0) / self.scale) ** self.shape)))

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw delays in days."""
        return np.asarray(self.scale * rng.weibull(self.shape, size))


@dataclass(frozen=True)
class SynthSettings:
    """How the synthetic CRM behaves.

    The logit of the probability that a real lead ever wins is ``intercept + fit_weight * fit + intent_weight * slope *
    f(intent) + source + product + rep + company_weight * company + week_weight * week + noise_weight * noise``, less
    ``unfit_penalty`` for leads that are real but unfit. f(x) = (1 - exp(-saturation x)) / saturation: the more a lead is
    interested already, the less more interest adds. Two sources have a ``slope`` of their own. Fake leads never win.

    Attributes
    ----------
    start
        First day of the history, ISO date, UTC.
    intercept, fit_weight, intent_weight, noise_weight, unfit_penalty
        The logit above. No column and no event depends on ``noise``.
    saturation
        How fast interest saturates; 0 would be a straight line.
    slopes
        Weight of interest by source, 1 for all others.
    company_weight
        Standard deviation of what all leads of a company share and no column shows.
    week_weight, week_memory
        Standard deviation of what all leads of a week share, and its correlation with the week before.
    fake_shares
        Share of all leads by type of fake.
    unfit_share
        Share of the real leads that are students, without budget, or competitors.
    labelled_share
        Share of the fake leads that are ever marked as invalid.
    closed_share
        Share of the real leads without a win that are ever closed (lost, or invalid as unfit).
    win_delay, loss_delay
        Days from creation to the win and to the loss.
    late_share
        Share of outcomes that are recorded late, four days on average.
    duplicate_share
        Share of leads from a known person. Half of them keep the phone number or the e-mail address as it was; the others
        write it in another way, or come with other contact data and a similar name.
    drift
        How far volume, shares and quality of the sources move over the history and with the season: 1 as given in the
        vocabulary, 0 not at all.
    """

    start: str = "2025-01-01"
    intercept: float = -2.6
    fit_weight: float = 0.9
    intent_weight: float = 1.0
    noise_weight: float = 0.5
    unfit_penalty: float = 3.0
    saturation: float = 0.45
    slopes: tuple[tuple[str, float], ...] = (("partner", 0.15), ("wechat", 1.8))
    company_weight: float = 0.5
    week_weight: float = 0.15
    week_memory: float = 0.8
    fake_shares: tuple[tuple[str, float], ...] = (
        ("bot", 0.045),
        ("mash", 0.025),
        ("wrong_number", 0.030),
        ("test", 0.010),
    )
    unfit_share: float = 0.10
    labelled_share: float = 0.65
    closed_share: float = 0.65
    win_delay: Weibull = Weibull(shape=1.2, scale=34.0)
    loss_delay: Weibull = Weibull(shape=1.3, scale=48.0)
    late_share: float = 0.12
    duplicate_share: float = 0.06
    drift: float = 1.0
