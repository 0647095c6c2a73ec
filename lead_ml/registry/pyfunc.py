"""The registered model as MLflow's pyfunc: a thin shell around a bundle, for batch jobs and ``mlflow models serve``.

Imports mlflow and pandas, so nothing of lead-ml imports it: ``model_code.py`` does, when MLflow loads or logs a model.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import mlflow
import msgspec
import pandas as pd

from lead_ml.errors import RequestError
from lead_ml.scoring import Prepared, Scorer, ScoreRequest, prepare

REQUEST, ANSWER = "request", "answer"


class LeadScoring(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Scores one column of ``POST /v1/score`` bodies; the scorer is loaded once, in :meth:`load_context`."""

    def load_context(self, context: Any) -> None:
        """Verify and load the bundle that was logged with the model."""
        self.scorer_ = Scorer.load(Path(context.artifacts["bundle"]))

    def predict(  # MLflow calls it so
        self,
        context: Any,  # noqa: ARG002
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Answer every row.

        Parameters
        ----------
        model_input
            Column ``request``: the JSON body of ``POST /v1/score`` per row.

        Returns
        -------
        pandas.DataFrame
            Column ``answer``, on the same index: the JSON of :class:`lead_ml.scoring.Answer`.

        Raises
        ------
        RequestError
            If a row is not a request; the message says which row and field.
        """
        now = time.time_ns() // 1_000
        requests = [self._prepared(k, text, now) for k, text in enumerate(model_input[REQUEST])]
        answers = self.scorer_.score_prepared(requests) if requests else []
        return pd.DataFrame(
            {ANSWER: [msgspec.json.encode(answer).decode() for answer in answers]}, model_input.index
        )

    def _prepared(self, row: int, text: str, now: int) -> Prepared:
        try:
            return prepare(msgspec.json.decode(text, type=ScoreRequest), self.scorer_.bundle.schema, now)
        except (msgspec.MsgspecError, RequestError) as error:
            field = getattr(error, "field", "")
            raise RequestError(f"row {row}: {error}", field=field) from error


def register() -> None:
    """Tell MLflow that this is the model; called by ``model_code.py``."""
    mlflow.models.set_model(LeadScoring())
