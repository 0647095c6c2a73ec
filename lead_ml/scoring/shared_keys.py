"""What is told of keys that many leads share: how old their history is, and bursts within one batch that it cannot know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lead_ml.asof.kernel import Plan
from lead_ml.asof.matrix import RawColumns
from lead_ml.clean import TRANSFORMS
from lead_ml.declare import MICROSECONDS_PER_DAY, Aggregate, Declaration, operands
from lead_ml.scoring.request import Prepared
from lead_ml.tables.dataset import Indices
from lead_ml.tables.instants import iso

OLD_DAYS = 3  # the age of the reference from which answers warn
LEAST_BURST = 5  # leads of a batch with one address that may be a burst
_ADDRESSES = ("ip", "phone", "email")
_QUANTILE = 0.99


def shared_columns(plans: Iterable[Plan]) -> tuple[str, ...]:
    """Return the lead columns that the keys of these plans are made of, each once."""
    return tuple(sorted({plan.key.partition(":")[0] for plan in plans} - {"*"}))


def age_days(as_of: int, until: int) -> float:
    """Return how many days the history of shared keys is behind."""
    return max(as_of - until, 0) / MICROSECONDS_PER_DAY


def age_warning(as_of: int, until: int, columns: Sequence[str]) -> tuple[str, ...]:
    """Warn where the history of shared keys is older than a few days; `columns` are those that the keys are made of."""
    age = age_days(as_of, until)
    if not columns or age < OLD_DAYS:
        return ()
    return (
        f"counts and rates over leads that share a value of {', '.join(columns)} are as of {iso(until)}, {age:.0f} days "
        f"before as_of; train and promote again to bring them up to date",
    )


def address_counts(declarations: Iterable[Declaration]) -> tuple[Aggregate, ...]:
    """Return the features that count all leads with the same ip, phone or e-mail (domain)."""
    flat = (part for item in declarations for part in (item, *operands(item)))
    found = {item.name: item for item in flat if isinstance(item, Aggregate) and _counts_addresses(item)}
    return tuple(found.values())


def most_shared(declarations: Iterable[Declaration], raw: RawColumns, first: Indices) -> dict[str, float]:
    """Return, by feature of :func:`address_counts`, the count that 99% of leads stay within at their first snapshot."""
    found = {}
    for item in address_counts(declarations):
        counts = np.asarray(raw[item.name])[first] if item.name in raw else np.empty(0)
        known = counts[np.isfinite(counts)]
        if len(known):
            found[item.name] = float(np.quantile(known, _QUANTILE, method="inverted_cdf"))
    return found


def burst_warnings(
    requests: Sequence[Prepared], counts: Iterable[Aggregate], most: Mapping[str, float]
) -> list[tuple[str, ...]]:
    """Return, for each lead of a batch, a warning where more leads of the batch share its address than leads of the history do.

    Each lead is scored by itself, so that its figures do not depend on what else is in the batch.
    """
    found: dict[tuple[int, str], tuple[int, str]] = {}
    for item in (item for item in counts if item.name in most):
        column, limit = item.key.partition(":")[0], most[item.name]
        for leads in _sharing(requests, item.key):
            size = _most_within(requests, leads, item.window)
            if size < LEAST_BURST or size <= limit:
                continue
            text = f"possible burst: {size} leads of this batch share {_named(item.key)}{_span(item.window)}; 99% of past leads shared theirs with at most {limit:.0f}, themselves included"
            for lead in leads:
                found[lead, column] = max(found.get((lead, column), (0, "")), (size, text))
    return [
        tuple(found[k, column][1] for column in _ADDRESSES if (k, column) in found)
        for k in range(len(requests))
    ]


def _counts_addresses(item: Aggregate) -> bool:
    return (
        (item.stream, item.aggregation) == ("leads", "count")
        and not (item.where or item.ranges)
        and item.key.partition(":")[0] in _ADDRESSES
    )


def _sharing(requests: Sequence[Prepared], key: str) -> list[list[int]]:
    """Return the places of the leads that share each value of a key, those of one lead once."""
    column, _, transform = key.partition(":")
    groups: dict[str, dict[str, int]] = {}
    for place, request in enumerate(requests):
        leads = request.dataset.leads
        value = leads.columns[column].values()[0] if column in leads.columns else None
        value = TRANSFORMS[transform](value) if transform and value is not None else value
        if value is not None:
            groups.setdefault(str(value), {})[leads.lead_id[0]] = place
    return [list(group.values()) for group in groups.values() if len(group) >= LEAST_BURST]


def _most_within(requests: Sequence[Prepared], leads: Sequence[int], window: int) -> int:
    """Return the most leads that were created within one window; 0 is all time."""
    created = [request.dataset.leads.created_at for request in (requests[lead] for lead in leads)]
    if not window or any(instants is None for instants in created):
        return len(leads)
    when = np.sort([int(instants[0]) for instants in created if instants is not None])
    return int((np.arange(1, len(when) + 1) - np.searchsorted(when, when - window)).max())


def _named(key: str) -> str:
    column, _, transform = key.partition(":")
    return {"ip": "one ip address", "phone": "one phone number"}.get(
        column, "one e-mail domain" if "domain" in transform else "one e-mail address"
    )


def _span(window: int) -> str:
    if not window:
        return ""
    hours = window / MICROSECONDS_PER_DAY * 24
    return f" and were created within {hours:.0f} hours" if hours > 1 else " and were created within an hour"
