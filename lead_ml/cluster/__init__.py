"""Past one machine: the same kernel, trees and scorer on the workers of a Dask cluster. Nothing else imports Dask.

:func:`opened` opens a cluster, :func:`features_on` computes features on it, :func:`grow_on` grows trees and
:func:`score_on` scores. Workers get declarations and bundles as data and need lead-ml alone, never a project.
"""

from __future__ import annotations

from lead_ml.cluster.cluster import opened
from lead_ml.cluster.features import features_on
from lead_ml.cluster.score import score_on
from lead_ml.cluster.trees import grow_on

__all__ = ["features_on", "grow_on", "opened", "score_on"]
