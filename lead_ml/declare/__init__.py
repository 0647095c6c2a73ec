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
transform of :mod:`lead_ml.clean`. ``__all__`` is what a project uses; the other names are for the engine.
"""

from __future__ import annotations

from lead_ml.declare.attributes import category, clock, lead_age, number, ordinal
from lead_ml.declare.check import computed as computed
from lead_ml.declare.check import from_json as from_json
from lead_ml.declare.check import is_zone as is_zone
from lead_ml.declare.check import to_json as to_json
from lead_ml.declare.check import validated as validated
from lead_ml.declare.combine import (
    GIVEN,
    all_of,
    compare,
    difference,
    ideal_customer,
    interest,
    lookup,
    ratio,
)
from lead_ml.declare.families import families_of as families_of
from lead_ml.declare.feature import EVERYONE as EVERYONE
from lead_ml.declare.feature import GROUPS as GROUPS
from lead_ml.declare.feature import LEAD_STREAMS as LEAD_STREAMS
from lead_ml.declare.feature import MICROSECONDS_PER_DAY as MICROSECONDS_PER_DAY
from lead_ml.declare.feature import STREAM_NUMBERS as STREAM_NUMBERS
from lead_ml.declare.feature import Age as Age
from lead_ml.declare.feature import Aggregate as Aggregate
from lead_ml.declare.feature import AllOf as AllOf
from lead_ml.declare.feature import Attribute as Attribute
from lead_ml.declare.feature import Clock as Clock
from lead_ml.declare.feature import Declaration as Declaration
from lead_ml.declare.feature import Difference as Difference
from lead_ml.declare.feature import Feature as Feature
from lead_ml.declare.feature import Interest as Interest
from lead_ml.declare.feature import Lookup as Lookup
from lead_ml.declare.feature import PairRule as PairRule
from lead_ml.declare.feature import Profile as Profile
from lead_ml.declare.feature import Range as Range
from lead_ml.declare.feature import Rate as Rate
from lead_ml.declare.feature import Ratio as Ratio
from lead_ml.declare.feature import Stream as Stream
from lead_ml.declare.feature import span as span
from lead_ml.declare.labels import labeled as labeled
from lead_ml.declare.labels import read_labels as read_labels
from lead_ml.declare.lookup_table import read_table as read_table
from lead_ml.declare.lookup_table import spelling as spelling
from lead_ml.declare.over import Over
from lead_ml.declare.parts import MISSING as MISSING
from lead_ml.declare.parts import is_category as is_category
from lead_ml.declare.parts import operands as operands
from lead_ml.declare.parts import part_name as part_name
from lead_ml.declare.parts import reads as reads
from lead_ml.declare.parts import reads_clock as reads_clock
from lead_ml.declare.parts import without as without
from lead_ml.declare.streams import between, events, leads, outcomes

__all__ = [
    "GIVEN",
    "Over",
    "all_of",
    "between",
    "category",
    "clock",
    "compare",
    "difference",
    "events",
    "ideal_customer",
    "interest",
    "lead_age",
    "leads",
    "lookup",
    "number",
    "ordinal",
    "outcomes",
    "ratio",
]
