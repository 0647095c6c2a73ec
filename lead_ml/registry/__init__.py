"""MLflow: what a run was, its bundle as a registered model, and the aliases ``champion`` and ``challenger``.

The only part of lead-ml that imports mlflow, and only when a function is called: without mlflow every function raises
:class:`~lead_ml.errors.MissingExtra`, and training, promotion, rollback and serving go on without it.
"""

from lead_ml.registry.record import log_run
from lead_ml.registry.registry import (
    CHALLENGER,
    CHAMPION,
    Registered,
    alias_of,
    fetch_bundle,
    mark_promoted,
    record_promotion,
    set_alias,
    versions,
)
from lead_ml.registry.store import available, store_exists, tracking_uri

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "Registered",
    "alias_of",
    "available",
    "fetch_bundle",
    "log_run",
    "mark_promoted",
    "record_promotion",
    "set_alias",
    "store_exists",
    "tracking_uri",
    "versions",
]
