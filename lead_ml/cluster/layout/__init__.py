"""Tables larger than memory: cut into partitions by lead, sorted inside, grown without being written anew.

:func:`lay_out` writes a folder of Parquet parts, :func:`append` adds rows to it, and :func:`features_of` computes declared
features partition by partition, equal to the last bit to those of all rows at once. :func:`partitioned` does the same for one
computation without a folder to keep. The layout holds tables as they are and knows nothing of declarations.
"""

from __future__ import annotations

from lead_ml.cluster.layout.build import append, lay_out, partitioned, partitions_for, warm
from lead_ml.cluster.layout.compute import by_lead, features_of, rows_of
from lead_ml.cluster.layout.layout import Layout
from lead_ml.cluster.layout.need import Need
from lead_ml.cluster.layout.scattered import Scattered
from lead_ml.cluster.layout.whole import Partitions

__all__ = [
    "Layout",
    "Need",
    "Partitions",
    "Scattered",
    "append",
    "by_lead",
    "features_of",
    "lay_out",
    "partitioned",
    "partitions_for",
    "rows_of",
    "warm",
]
