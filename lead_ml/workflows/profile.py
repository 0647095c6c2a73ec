"""The ideal customer profile of a project: learned from its data as it stands, or as a version has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from lead_ml.asof.join import features_at
from lead_ml.errors import DeclarationError, TooLittleData
from lead_ml.model.fit import profiles_of
from lead_ml.model.icp import learn
from lead_ml.project.load import Project
from lead_ml.scoring import Bundle
from lead_ml.scoring.reasons import ProfileTable, profile_table
from lead_ml.tables.dataset import Dataset
from lead_ml.workflows.load import load
from lead_ml.workflows.score import scorer_of
from lead_ml.workflows.training import labelled_spine, usable_features, without_outcomes

TARGET = "conversion"


class ProfileReport(msgspec.Struct, frozen=True, kw_only=True):
    """The profiles of a project; ``version`` is empty where they were learned from the data just read.

    ``horizon_days`` is None where an outcome column says who converted, without a date. ``left_out`` are features that a profile
    names and that read columns which are overwritten later.
    """

    project: str
    synthetic: bool
    version: str
    horizon_days: float | None
    profiles: tuple[ProfileTable, ...]
    left_out: tuple[str, ...] = ()


def show_profile(
    root: Path,
    data: Path | None,
    *,
    version: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> ProfileReport:
    """Learn the profiles of a project from its mature leads, or read those of a version."""
    if version is not None:
        scorer = scorer_of(root, version)
        return profile_of_bundle(scorer.bundle, scorer.version)
    loaded = load(root, data)
    progress("data read")
    return profile_of(loaded.project, loaded.dataset)


def profile_of(project: Project, dataset: Dataset) -> ProfileReport:
    """Learn the profiles from all mature leads, as the version does that ships; see :func:`show_profile`."""
    known, left_out = usable_features(project, dataset)
    declared, items = profiles_of(project.declarations), profiles_of(known)
    if not items:
        raise _none_usable([item.name for item in declared if item.name in left_out])
    task = project.tasks[TARGET]
    spine, labels = labelled_spine(task, dataset)
    first = np.unique(spine.lead, return_index=True)[1]
    if without_outcomes(task, dataset) or not labels.y[first].any():
        raise TooLittleData(
            "no lead has converted yet, so there is no profile to learn",
            do="name the table of outcomes in params.yaml, or wait for the first wins",
        )
    spine, y = spine.take(first), labels.y[first]
    raw = features_at(items, dataset, spine)
    hand = task.params.profile
    used = {name for item in items for name in item.columns}
    return ProfileReport(
        project=project.params.project,
        synthetic=project.params.synthetic,
        version="",
        horizon_days=task.horizon_days,
        profiles=tuple(profile_table(item, learn(item, raw, spine.lead, y, hand)) for item in items),
        left_out=tuple(dict.fromkeys(name for item in declared for name in item.columns if name not in used)),
    )


def profile_of_bundle(bundle: Bundle, version: str) -> ProfileReport:
    """Return the profiles that a version scores with."""
    part = bundle.parts[TARGET]
    found = profiles_of(part.fitted.declarations)
    if not found:
        raise _none_declared(f"version {version} has no ideal customer profile")
    return ProfileReport(
        project=bundle.info.project,
        synthetic=bundle.info.synthetic,
        version=version,
        horizon_days=part.horizon_days,
        profiles=tuple(profile_table(item, part.fitted.profiles[item.name]) for item in found),
    )


def _none_usable(barred: list[str]) -> DeclarationError:
    if not barred:
        return _none_declared("the project declares no ideal customer profile")
    return DeclarationError(
        f"{barred[0]} reads nothing but columns that are overwritten later",
        expected="columns known at creation",
        do="name other features in it, or mark columns creation in known_at",
    )


def _none_declared(problem: str) -> DeclarationError:
    return DeclarationError(
        problem,
        expected="ideal_customer(...) in features/",
        do='add ideal_customer("icp_agreement", of=("industry", "country"), en="Agreement with the ideal customer profile", '
        'zh="...") with your own features',
    )
