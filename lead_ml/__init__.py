"""Self-hosted lead scoring that explains itself.

Use :func:`fit`, :func:`load_model` and :func:`features` from a notebook or a script; declare features and models with the
functions below in ``features/*.py`` and ``models/*.py`` of a project. Everything here is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lead_ml.api import Model, TrainedRun, features, fit, load_model, promote, train
    from lead_ml.declare import (
        GIVEN,
        all_of,
        between,
        category,
        clock,
        compare,
        difference,
        events,
        ideal_customer,
        interest,
        lead_age,
        leads,
        lookup,
        number,
        ordinal,
        outcomes,
        ratio,
    )
    from lead_ml.errors import LeadMLError
    from lead_ml.project.load import Project, load_project
    from lead_ml.project.targets import Column, Fake, ModelSpec, Uniform, Won
    from lead_ml.registry.runs import Run, open_run
    from lead_ml.scoring import Answer, Scorer, ScoreRequest, prepare
    from lead_ml.workflows.load import load
    from lead_ml.workflows.promote import rollback
    from lead_ml.workflows.score import score_open

__all__ = [  # noqa: RUF022 - in plain order
    "Answer",
    "Column",
    "Fake",
    "GIVEN",
    "LeadMLError",
    "Model",
    "ModelSpec",
    "Project",
    "Run",
    "ScoreRequest",
    "Scorer",
    "TrainedRun",
    "Uniform",
    "Won",
    "all_of",
    "between",
    "category",
    "clock",
    "compare",
    "difference",
    "events",
    "features",
    "fit",
    "ideal_customer",
    "interest",
    "lead_age",
    "leads",
    "load",
    "load_model",
    "load_project",
    "lookup",
    "number",
    "open_run",
    "ordinal",
    "outcomes",
    "prepare",
    "promote",
    "ratio",
    "rollback",
    "score_open",
    "train",
]

_HOME = {
    **dict.fromkeys(__all__, "lead_ml.declare"),
    **dict.fromkeys(
        ("Model", "TrainedRun", "features", "fit", "load_model", "promote", "train"), "lead_ml.api"
    ),
    **dict.fromkeys(("Column", "Fake", "ModelSpec", "Uniform", "Won"), "lead_ml.project.targets"),
    **dict.fromkeys(("Project", "load_project"), "lead_ml.project.load"),
    **dict.fromkeys(("Run", "open_run"), "lead_ml.registry.runs"),
    **dict.fromkeys(("Answer", "ScoreRequest", "Scorer", "prepare"), "lead_ml.scoring"),
    "LeadMLError": "lead_ml.errors",
    "load": "lead_ml.workflows.load",
    "rollback": "lead_ml.workflows.promote",
    "score_open": "lead_ml.workflows.score",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'lead_ml' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
