"""The Python API: from DataFrames to explained scores. Everything here is exported by :mod:`lead_ml` itself."""

from lead_ml.api.feature_table import features
from lead_ml.api.model import Model, load_model
from lead_ml.api.run import TrainedRun, promote
from lead_ml.api.training import fit, train

__all__ = ["Model", "TrainedRun", "features", "fit", "load_model", "promote", "train"]
