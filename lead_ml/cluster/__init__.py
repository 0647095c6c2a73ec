"""Past one machine: the same kernel, trees and scorer on the workers of a Dask cluster. Nothing else imports Dask.

:func:`opened` opens a cluster, :func:`features_on` computes features on it, :func:`train_booster_on` trains boosters and
:func:`score_on` scores; with :func:`attached_to` its workers read the events of a layout themselves. Workers get declarations and bundles as data and need lead-ml alone, never a project.
"""

from __future__ import annotations

from lead_ml.cluster.cluster import opened
from lead_ml.cluster.features import attached_to, features_on
from lead_ml.cluster.score import score_on
from lead_ml.cluster.trees import train_booster_on

__all__ = ["attached_to", "features_on", "opened", "score_on", "train_booster_on"]
