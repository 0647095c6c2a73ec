"""The bundle of a run as MLflow's model: files, signature, example and requirements."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lead_ml.registry.flat import installed
from lead_ml.registry.frame import AS_OF, EVENTS, OUTPUTS
from lead_ml.registry.runs import Run
from lead_ml.scoring import BundleInfo
from lead_ml.tables.instants import iso

if TYPE_CHECKING:
    import pandas as pd

LIBRARIES = (
    "lightgbm",
    "mlflow",
    "msgspec",
    "numba",
    "numpy",
    "pandas",
    "phonenumbers",
    "scikit-learn",
    "scipy",
)
MODEL_CODE = Path(__file__).with_name("model_code.py")


def log_model(mlflow: Any, run: Run) -> Any:
    """Log the bundle as a model of the active run; MLflow loads it from the copy and tries the example on it."""
    info = msgspec.json.decode((run.bundle / "scorer.json").read_bytes(), type=BundleInfo)
    return mlflow.pyfunc.log_model(
        name="scorer",
        python_model=str(MODEL_CODE),
        artifacts={"bundle": str(run.bundle.resolve())},
        signature=signature_of(info),
        input_example=example_leads(info),
        pip_requirements=requirements(),
        metadata={"lead_ml_version": run.record.version},
        model_type="classifier",
    )


def signature_of(info: BundleInfo) -> Any:
    """Return the signature: a table of leads in, a table of scores out.

    Every column is of any type: a scorer reads ``"3"``, ``3`` and ``3.0`` alike, and pandas gives an empty column of texts
    the type of a number. Attributes, ``as_of`` and ``events`` may be left out.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType

    needed = ["lead_id", *(["created_at"] if info.dated else [])]
    optional = [name for name in (*info.columns, AS_OF, EVENTS) if name not in needed]
    inputs = [
        *(ColSpec(AnyType(), name) for name in needed),
        *(ColSpec(AnyType(), name, required=False) for name in optional),
    ]
    return ModelSignature(
        Schema(inputs),
        Schema([ColSpec(kind, name) for name, kind in OUTPUTS.items()]),
        ParamSchema([ParamSpec("lang", "string", "en"), ParamSpec("reasons", "integer", 5)]),
    )


def example_leads(info: BundleInfo) -> pd.DataFrame:
    """Return a table that the bundle answers: one invented lead without attributes, created at the end of the data."""
    import pandas as pd

    moment = iso(info.until)
    dated = {"created_at": moment} if info.dated else {}
    return pd.DataFrame(
        [{"lead_id": "example", **dated, **dict.fromkeys(info.columns), AS_OF: moment, EVENTS: "[]"}]
    )


def requirements() -> list[str]:
    """Return what the pyfunc needs, pinned to what is installed here."""
    pins = [f"{name}=={version}" for name in LIBRARIES if (version := installed(name))]
    own = installed("lead-ml")
    return [f"lead-ml=={own}" if own else "lead-ml", *pins]
