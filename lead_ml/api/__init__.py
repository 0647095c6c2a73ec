"""The Python API: from DataFrames to explained scores. Everything here is exported by :mod:`lead_ml` itself."""

from lead_ml.api.features import features
from lead_ml.api.fit import fit, train
from lead_ml.api.model import Model, load_model
from lead_ml.api.run import TrainedRun, promote

__all__ = ["Model", "TrainedRun", "features", "fit", "load_model", "promote", "train"]
