"""Thresholds the slow way: one lead at a time, in plain Python, straight from the definitions."""

from __future__ import annotations

import numpy as np

from lead_ml.scoring.thresholds import History

DAY = 86_400_000_000
WEEK = 7 * DAY
START = 1_767_225_600_000_000  # 2026-01-01 UTC


def rows_by_lead(history):
    found = {}
    for i in range(len(history.lead)):
        found.setdefault(int(history.lead[i]), []).append(i)
    return {lead: sorted(rows, key=lambda i: history.as_of[i]) for lead, rows in sorted(found.items())}


def first_crossings(history, line):
    """Return {lead: row} of the first row at or above the line."""
    found = {}
    for lead, rows in rows_by_lead(history).items():
        reached = [i for i in rows if history.logit[i] >= line]
        if reached:
            found[lead] = reached[0]
    return found


def weeks(history):
    first = [history.as_of[rows[0]] for rows in rows_by_lead(history).values()]
    return max((max(first) - min(first)) / WEEK, 1.0)


def winners(history):
    return {lead for lead, rows in rows_by_lead(history).items() if any(history.won[i] for i in rows)}


def figures(history, line):
    """Return (crossed, wins, per_week, precision, recall) at a line."""
    crossings = first_crossings(history, line)
    wins = sum(bool(history.won[i]) for i in crossings.values())
    winning = winners(history)
    precision = wins / len(crossings) if crossings else None
    recall = len(winning & set(crossings)) / len(winning)
    return len(crossings), wins, len(crossings) / weeks(history), precision, recall


def simulate(n, seed, *, n_weeks=26, accounts=None, rows=3, slope=1.0, digits=2, shift=-2.0):
    """Leads whose logit wanders over three snapshots and whose win follows the lead's own logit."""
    rng = np.random.default_rng(seed)
    base = rng.normal(shift, 1.2, n)
    groups = None
    if accounts is not None:
        groups = rng.integers(0, accounts, n)
        base = base + rng.normal(0, 0.8, accounts)[groups]
    won = rng.random(n) < 1 / (1 + np.exp(-slope * base))
    created = START + np.sort(rng.integers(0, n_weeks * WEEK, n))
    ages = np.array([0, 3, 14])[:rows] * DAY
    logit = np.repeat(base, rows) + rng.normal(0, 0.4, n * rows)
    history = History(
        lead=np.repeat(np.arange(n), rows),
        logit=np.round(logit, digits),
        won=np.repeat(won, rows),
        as_of=np.repeat(created, rows) + np.tile(ages, n),
        groups=groups,
        opportunity_at=np.where(won | (rng.random(n) < 0.05), created + 10 * DAY, -1),
        horizon_days=30.0,
    )
    return history.take(rng.permutation(n * rows))
