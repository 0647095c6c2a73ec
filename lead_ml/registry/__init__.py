"""MLflow: runs and searches, bundles as registered models, and the aliases ``champion`` and ``challenger``.

The only part of lead-ml that imports mlflow, and only when a function is called: without mlflow every function raises
:class:`~lead_ml.errors.MissingExtra`, and training, promotion, rollback and serving go on without it.
"""

from lead_ml.registry.record import log_run
from lead_ml.registry.registry import (
    CHALLENGER,
    CHAMPION,
    Registered,
    alias_of,
    downloaded,
    fetch_bundle,
    mark_promoted,
    record_promotion,
    set_alias,
    versions,
)
from lead_ml.registry.store import available, store_exists, tracking_uri
from lead_ml.registry.tuning import log_tuning

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "Registered",
    "alias_of",
    "available",
    "downloaded",
    "fetch_bundle",
    "log_run",
    "log_tuning",
    "mark_promoted",
    "record_promotion",
    "set_alias",
    "store_exists",
    "tracking_uri",
    "versions",
]
