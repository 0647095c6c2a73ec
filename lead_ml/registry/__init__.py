"""MLflow: runs and searches, bundles as registered models, and the aliases ``champion`` and ``challenger``.

The only part of lead-ml that imports mlflow, and only when a function is called: without mlflow every function raises
:class:`~lead_ml.errors.MissingExtra`, and training, promotion, rollback and serving go on without it.
"""

from lead_ml.registry.record import log_run
from lead_ml.registry.registry import downloaded, mark_promoted
from lead_ml.registry.store import available, store_exists, tracking_uri
from lead_ml.registry.tuning import log_tuning

__all__ = [
    "available",
    "downloaded",
    "log_run",
    "log_tuning",
    "mark_promoted",
    "store_exists",
    "tracking_uri",
]
