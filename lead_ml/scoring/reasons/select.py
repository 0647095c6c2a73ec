"""Which reasons are shown: the strongest on each side, and as many that the rest does not outweigh them."""

from __future__ import annotations

from collections.abc import Sequence

from lead_ml.scoring.thresholds.scale import POINTS_PER_LOGIT

LEAST_POINTS = 0.05  # reads as 0.0 below
_NET = 3  # times the net of what is hidden is at most what is shown


def select(totals: Sequence[float], top: int | None) -> tuple[list[int], list[int]]:
    """Return the places of the sums shown as reasons for and against, strongest first; ties stay in order.

    On either side, what is hidden adds up to no more than what is shown, and the net of all that is hidden is no
    more than a third of what is shown on its side.
    """
    least = LEAST_POINTS / POINTS_PER_LOGIT
    ranked = sorted(
        (k for k, total in enumerate(totals) if abs(total) >= least), key=lambda k: -abs(totals[k])
    )
    up, down = [k for k in ranked if totals[k] > 0], [k for k in ranked if totals[k] < 0]
    if top is None:
        return up, down
    n, m = (min(top, len(side)) for side in (up, down))
    while top:
        rest = sum(totals) - sum(totals[k] for k in (*up[:n], *down[:m]))
        if _outweighed([totals[k] for k in up], n, rest):
            n += 1
        elif _outweighed([-totals[k] for k in down], m, -rest):
            m += 1
        else:
            break
    return up[:n], down[:m]


def _outweighed(side: Sequence[float], shown: int, rest: float) -> bool:
    """Tell whether a side, strongest first, must show one more; `rest` is the net of all that is hidden, toward this side."""
    if shown == len(side):
        return False
    return max(_NET * rest, sum(side[shown:])) > sum(side[:shown])
