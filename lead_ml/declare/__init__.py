"""Declare features as plain data: what is counted, over which stream, by which key, in which window.

A declaration is never a query. A bundle contains it as JSON, the same kernel computes it for the
training table, for one lead in a request and for each partition of a cluster, and it has its own
wording in English and Chinese::

    GROUP = "engagement"
    FEATURES = [
        events(type="page_view", page="pricing").count(
            "pricing_views_30d", window="30d", en="Pricing page views, last 30 days", zh="近30天价格页浏览次数"
        ),
        leads(by="email:domain").count("domain_leads_7d", window="7d", en=..., zh=..., group="authenticity"),
        category("industry", en="Industry", zh="行业"),
    ]

Windows measure ``occurred_at`` and count ``[as_of - window, as_of)``; a record counts only if its
``known_at`` is strictly before ``as_of``. A key is a column of the lead, or ``column:transform`` with a
transform of :mod:`lead_ml.clean`.
"""

from __future__ import annotations

from lead_ml.declare.aggregate import (
    EVERYONE,
    LEAD_STREAMS,
    STREAM_COLUMNS,
    STREAM_NUMBERS,
    Aggregate,
    Aggregation,
    Range,
    Rate,
    Stream,
)
from lead_ml.declare.attributes import category, clock, lead_age, number, ordinal
from lead_ml.declare.check import from_json, to_json, validated
from lead_ml.declare.combine import GIVEN, all_of, difference, ideal_customer, interest, lookup, ratio
from lead_ml.declare.derived import (
    AllOf,
    Declaration,
    Difference,
    Interest,
    Lookup,
    Profile,
    Ratio,
    is_category,
    operands,
    reads,
    reads_clock,
)
from lead_ml.declare.feature import (
    GROUPS,
    MICROSECONDS_PER_DAY,
    Age,
    Attribute,
    Clock,
    Feature,
    span,
)
from lead_ml.declare.lookup_table import read_table, spelling
from lead_ml.declare.over import Over
from lead_ml.declare.parts import MISSING, part_name, without
from lead_ml.declare.streams import between, events, leads, outcomes

__all__ = [
    "EVERYONE",
    "GIVEN",
    "GROUPS",
    "LEAD_STREAMS",
    "MICROSECONDS_PER_DAY",
    "MISSING",
    "STREAM_COLUMNS",
    "STREAM_NUMBERS",
    "Age",
    "Aggregate",
    "Aggregation",
    "AllOf",
    "Attribute",
    "Clock",
    "Declaration",
    "Difference",
    "Feature",
    "Interest",
    "Lookup",
    "Over",
    "Profile",
    "Range",
    "Rate",
    "Ratio",
    "Stream",
    "all_of",
    "between",
    "category",
    "clock",
    "difference",
    "events",
    "from_json",
    "ideal_customer",
    "interest",
    "is_category",
    "lead_age",
    "leads",
    "lookup",
    "number",
    "operands",
    "ordinal",
    "outcomes",
    "part_name",
    "ratio",
    "read_table",
    "reads",
    "reads_clock",
    "span",
    "spelling",
    "to_json",
    "validated",
    "without",
]
