"""What leads and wins of a channel cost, and what came back, where costs and amounts are given."""

from __future__ import annotations

import numpy as np

from lead_ml.lead_data.channels.records import ChannelMoney
from lead_ml.model.metrics import Interval, percentiles
from lead_ml.tables.dataset import Floats, Mask

_GIVEN = 0.9  # share of the leads with a cost, and of the wins with an amount
_LEAST_WINS = 5  # for a return on spend
_DRAWS = 1_000


def money_of(
    cost: Floats,
    amount: Floats,
    won: Mask,
    fake: Mask | None,
    conversion: Interval,
    *,
    level: float,
    seed: int,
) -> ChannelMoney | None:
    """Return what ripe leads (n,) cost and brought in; None where costs are missing or all 0."""
    given = ~np.isnan(cost)
    spend = float(cost[given].sum())
    if not len(cost) or given.mean() < _GIVEN or spend <= 0:
        return None
    per_lead = spend / int(given.sum())
    real = int(given.sum()) - (0 if fake is None else int((fake & given).sum()))
    revenue, returns = _returns(spend, amount[won & given], level, seed)
    return ChannelMoney(
        spend=spend,
        per_lead=per_lead,
        per_real_lead=None if fake is None or not real else spend / real,
        per_win=Interval(
            *(per_lead / rate for rate in (conversion.value, conversion.upper, conversion.lower))
        ),
        revenue=revenue,
        returns=returns,
    )


def _returns(spend: float, amounts: Floats, level: float, seed: int) -> tuple[float | None, Interval | None]:
    """Return revenue, and revenue over spend with its bootstrap interval (Poisson weights of the wins; the spend is known)."""
    known = amounts[~np.isnan(amounts)]
    if len(known) < _LEAST_WINS or len(known) < _GIVEN * len(amounts):
        return None, None
    revenue = float(known.sum())
    drawn = np.random.default_rng(seed).poisson(1.0, (_DRAWS, len(known))) @ np.sort(known) / spend
    bounds = percentiles(drawn, level)
    assert bounds is not None
    return revenue, Interval(revenue / spend, bounds[0], bounds[2])
