"""A small project with its training table and windows, and its evaluation."""

from __future__ import annotations

from pathlib import Path

from small import write_project

from lead_ml.evaluation import (
    evaluate_forward,
)
from lead_ml.evaluation.split import groups_of
from lead_ml.workflows.training import build_table, recipes_of, usable_features, windows_of


def made(root: Path, data, **options):
    project = write_project(root, **options)
    declarations, _ = usable_features(project, data)
    groups = groups_of(data.leads)
    table = build_table(project.tasks["conversion"], data, declarations, groups)
    return project, table, windows_of(project.tasks["conversion"], table, groups)


def evaluated(project, table, windows, candidates=("scorecard", "logistic"), **options):
    recipes = recipes_of(project.tasks["conversion"], candidates)
    return evaluate_forward(project.tasks["conversion"], table, windows, recipes, **options)
