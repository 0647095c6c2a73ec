"""The registered model as MLflow's pyfunc: a thin shell around a bundle, for batch jobs and ``mlflow models serve``.

Imports mlflow and pandas, so nothing of lead-ml imports it: ``model_code.py`` does, when MLflow loads or logs a model.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from lead_ml.registry.frame import answers_frame, prepared_rows
from lead_ml.scoring import Scorer


class LeadScoring(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Scores a table of leads; the scorer is loaded once, in :meth:`load_context`."""

    def load_context(self, context: Any) -> None:
        """Verify and load the bundle that was logged with the model."""
        self.scorer_ = Scorer.load(Path(context.artifacts["bundle"]))

    def predict(  # MLflow calls it so
        self,
        context: Any,  # noqa: ARG002
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Score every row of a table as :func:`lead_ml.registry.frame.prepared_rows` reads it.

        `params` may hold ``lang`` (``en`` or ``zh``) and ``reasons`` (0-100). On the same index come probability, interval,
        score, grade, stage, fake probability, and ``answer``: the JSON of :class:`lead_ml.scoring.Answer`, with reasons.
        """
        now = time.time_ns() // 1_000
        rows = prepared_rows(model_input, self.scorer_.bundle.schema, now, **(params or {}))
        answers = self.scorer_.score_prepared(rows) if rows else []
        return answers_frame(answers, model_input.index)


def register() -> None:
    """Tell MLflow that this is the model; called by ``model_code.py``."""
    mlflow.models.set_model(LeadScoring())
