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

_HOME = {
    "Answer": "lead_ml.scoring",
    "Column": "lead_ml.project.targets",
    "Fake": "lead_ml.project.targets",
    "GIVEN": "lead_ml.declare",
    "LeadMLError": "lead_ml.errors",
    "Model": "lead_ml.api",
    "ModelSpec": "lead_ml.project.targets",
    "Project": "lead_ml.project.load",
    "Run": "lead_ml.registry.runs",
    "ScoreRequest": "lead_ml.scoring",
    "Scorer": "lead_ml.scoring",
    "TrainedRun": "lead_ml.api",
    "Uniform": "lead_ml.project.targets",
    "Won": "lead_ml.project.targets",
    "all_of": "lead_ml.declare",
    "between": "lead_ml.declare",
    "category": "lead_ml.declare",
    "clock": "lead_ml.declare",
    "difference": "lead_ml.declare",
    "events": "lead_ml.declare",
    "features": "lead_ml.api",
    "fit": "lead_ml.api",
    "ideal_customer": "lead_ml.declare",
    "interest": "lead_ml.declare",
    "lead_age": "lead_ml.declare",
    "leads": "lead_ml.declare",
    "load": "lead_ml.workflows.load",
    "load_model": "lead_ml.api",
    "load_project": "lead_ml.project.load",
    "lookup": "lead_ml.declare",
    "number": "lead_ml.declare",
    "open_run": "lead_ml.registry.runs",
    "ordinal": "lead_ml.declare",
    "outcomes": "lead_ml.declare",
    "prepare": "lead_ml.scoring",
    "promote": "lead_ml.api",
    "ratio": "lead_ml.declare",
    "rollback": "lead_ml.workflows.promote",
    "score_open": "lead_ml.workflows.score",
    "train": "lead_ml.api",
}

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


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'lead_ml' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
