"""Events larger than memory: cut into partitions by lead, sorted inside, grown without being written anew.

:class:`Layout` is a folder of Parquet parts, local or behind a URL; :func:`append` adds events to it, and :class:`LayoutEvents`
answers features from it partition by partition, equal to the last bit to those of all events at once.
"""

from __future__ import annotations

from lead_ml.cluster.layout.events import LayoutEvents, by_lead_and_time, lead_order
from lead_ml.cluster.layout.layout import Layout, append, partitions_for
from lead_ml.cluster.layout.manifest import Intake, RejectionCount
from lead_ml.cluster.layout.memory import frugal, give_back
from lead_ml.cluster.layout.need import Need
from lead_ml.cluster.layout.scattered import Scattered

__all__ = [
    "Intake",
    "Layout",
    "LayoutEvents",
    "Need",
    "RejectionCount",
    "Scattered",
    "append",
    "by_lead_and_time",
    "frugal",
    "give_back",
    "lead_order",
    "partitions_for",
]
