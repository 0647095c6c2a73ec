"""The features of the benchmark, as declarations; every engine derives its own form from these."""

from __future__ import annotations

from collections.abc import Mapping

from lead_ml.declare import MICROSECONDS_PER_DAY, Aggregate, Over, events, validated

_ANY, _VIEW, _CLICK = events(), events(type="page_view"), events(type="email_click")
_PRICING = events(type="page_view", page="pricing")
_FORM = events(type="form_submit")


def _counts(over: Over, what: str, *windows: str) -> list[Aggregate]:
    return [over.count(f"{what}_{w or 'ever'}", window=w, **_words(f"{what}_{w}")) for w in windows]


def _words(name: str) -> dict[str, str]:
    return {"en": name, "zh": name, "group": "engagement"}


_PLAIN = [
    *_counts(_ANY, "events", "1h", "1d", "7d", "30d", "90d", ""),
    *_counts(_VIEW, "views", "1d", "7d", "30d", "90d", ""),
    *_counts(_PRICING, "pricing", "7d", "30d", ""),
    *_counts(_CLICK, "clicks", "7d", "30d", "90d"),
    *_counts(events(type="email_open"), "opens", "30d"),
    *_counts(_FORM, "forms", "30d"),
    *_counts(events(type="download"), "downloads", "30d"),
    *_counts(events(type=("call", "chat")), "talks", "30d"),
    *_counts(events(channel="ads"), "ads", "30d"),
    _ANY.sum("value_30d", "value", window="30d", **_words("value_30d")),
    _ANY.sum("value_90d", "value", window="90d", **_words("value_90d")),
    _ANY.sum("value_ever", "value", **_words("value_ever")),
    events(type="quote").sum("quoted_90d", "value", window="90d", **_words("quoted_90d")),
    _ANY.distinct("pages_30d", "page", window="30d", **_words("pages_30d")),
    _ANY.distinct("pages_ever", "page", **_words("pages_ever")),
    _ANY.distinct("sessions_7d", "session_id", window="7d", **_words("sessions_7d")),
    _ANY.distinct("sessions_90d", "session_id", window="90d", **_words("sessions_90d")),
    _ANY.distinct("sessions_ever", "session_id", **_words("sessions_ever")),
    _ANY.distinct("channels_90d", "channel", window="90d", **_words("channels_90d")),
    _ANY.decayed_sum("heat_7d", half_life="7d", **_words("heat_7d")),
    _VIEW.decayed_sum("view_heat_14d", half_life="14d", **_words("view_heat_14d")),
    _PRICING.decayed_sum("pricing_heat_30d", half_life="30d", **_words("pricing_heat_30d")),
    _ANY.decayed_sum("value_heat_30d", half_life="30d", of="value", **_words("value_heat_30d")),
    _ANY.days_since_first("days_since_first", **_words("days_since_first")),
    _ANY.days_since_last("days_since_last", **_words("days_since_last")),
    _VIEW.days_since_last("days_since_view", **_words("days_since_view")),
    _PRICING.days_since_last("days_since_pricing", **_words("days_since_pricing")),
    _CLICK.days_since_last("days_since_click", **_words("days_since_click")),
    _FORM.days_since_last("days_since_form", **_words("days_since_form")),
]
_MORE = [
    _ANY.mean("mean_value_90d", "value", window="90d", **_words("mean_value_90d")),
    _ANY.max("max_value_ever", "value", **_words("max_value_ever")),
    _PRICING.share("pricing_share_30d", window="30d", **_words("pricing_share_30d")),
    _ANY.active_days("active_days_30d", window="30d", **_words("active_days_30d")),
    _ANY.trend("trend_7d", window="7d", **_words("trend_7d")),
    _ANY.first("first_channel", "channel", **_words("first_channel")),
    _ANY.last("last_page_30d", "page", window="30d", **_words("last_page_30d")),
]
FEATURES: tuple[Aggregate, ...] = tuple(
    item for item in validated([*_PLAIN, *_MORE]) if isinstance(item, Aggregate)
)

FEW = ("type", "page", "channel")
"""Text columns with at most 62 values, which peers turn into bits."""
ZERO = ("count", "sum", "distinct", "decayed_sum", "active_days", "trend")
"""Aggregations that are 0 without rows; the others are missing."""


def flag(where: Mapping[str, tuple[str, ...]]) -> str:
    """Name a filter."""
    return "passes_" + "_".join(f"{column}_{'_'.join(values)}" for column, values in sorted(where.items()))


def filters() -> dict[str, Mapping[str, tuple[str, ...]]]:
    """Return the different filters by name."""
    wheres = [where for item in FEATURES for where in (item.where, item.among) if where]
    return {flag(where): where for where in wheres}


def by_value(item: Aggregate) -> str:
    """Return the column of many values whose values are counted in two levels, an empty text for other aggregates.

    Peers tell the days of a window of up to 61 days apart by bits, too: day modulo 62.
    """
    if item.aggregation == "active_days":
        return "" if 0 < item.window <= 61 * MICROSECONDS_PER_DAY else "day"
    return item.of if item.aggregation == "distinct" and item.of not in FEW else ""


def shown() -> tuple[str, ...]:
    """Return the text columns whose first or last value is asked for."""
    return tuple(dict.fromkeys(item.of for item in FEATURES if item.aggregation in ("first", "last")))
