"""From a project and its data to the training table of one target."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np

from lead_ml.asof.labels import CLOSING_STAGES, Labels, Spine, build_spine, label
from lead_ml.declare import MICROSECONDS_PER_DAY, Declaration, reads, without
from lead_ml.evaluation import Table
from lead_ml.evaluation.split import Window, forward_windows, random_windows
from lead_ml.model.fit import Recipe, features_of
from lead_ml.project.load import Project, usable
from lead_ml.project.params import TargetParams
from lead_ml.project.schema import sources_of
from lead_ml.project.targets import Column, Kind, ModelSpec, Won
from lead_ml.tables.dataset import Dataset, Indices
from lead_ml.tables.instants import parse_iso
from lead_ml.workflows.work import HERE, Work

UNDATED_FOLDS = 5


def usable_features(
    project: Project, dataset: Dataset, leaks: Collection[str] = ()
) -> tuple[tuple[Declaration, ...], tuple[str, ...]]:
    """Return the declarations that may be used with this data, and the names of those left out.

    Parameters
    ----------
    leaks
        Lead columns that an audit found to be leaks: what reads them is left out too.
    """
    known, left_out = usable(project.declarations, project.params, dataset.columns)
    leak = set(leaks)
    kept = (without(item, lambda part: bool(_sources(part, project) & leak)) for item in known)
    honest = tuple(item for item in kept if item is not None)
    names = {item.name for item in honest}
    return honest, (*left_out, *(item.name for item in known if item.name not in names))


def _sources(item: Declaration, project: Project) -> set[str]:
    return {name for column in reads(item) for name in sources_of(column, project.params)}


def target_params(project: Project, target: str, used: Sequence[Declaration] | None = None) -> TargetParams:
    """Return the numbers of a target.

    Where `used` are the declarations that may be used with the data, rules of the scorecard about the others are dropped;
    one that names no feature of the project stays, for it is a mistake to be told.
    """
    params = project.params.fake if target == "fake" else project.params.conversion
    if used is None:
        return params
    left_out = {item.name for item in project.declarations} - {item.name for item in used}
    rules = tuple(rule for rule in params.scorecard.rules if rule.feature not in left_out)
    return params.model_copy(update={"scorecard": params.scorecard.model_copy(update={"rules": rules})})


def horizon_us(project: Project, target: str) -> int | None:
    """Return the horizon of a target in microseconds; None for an outcome column."""
    days = horizon_days(project, target)
    return None if days is None else round(days * MICROSECONDS_PER_DAY)


def horizon_days(project: Project, target: str) -> float | None:
    """Return the horizon of a target in days; an outcome column has none."""
    if isinstance(project.specs[target].target, Column):
        return None
    return target_params(project, target).horizon_days


def build_table(
    project: Project,
    dataset: Dataset,
    target: str,
    declarations: Sequence[Declaration],
    groups: Indices,
    work: Work = HERE,
) -> Table:
    """Build the training table: labels and features of every snapshot that can be learnt from, be it only by an early fit.

    Parameters
    ----------
    declarations
        Of :func:`usable_features`.
    groups
        Per lead, of :func:`lead_ml.evaluation.split.groups_of`.
    work
        Where the features are computed.
    """
    spine, labels = labelled_spine(project, dataset, target, late=True)
    seen = features_of(project.specs[target], declarations)
    return Table(seen, work.features_at(seen, dataset, spine), spine, labels, groups[spine.lead], dataset)


def labelled_spine(
    project: Project, dataset: Dataset, target: str, *, late: bool = False
) -> tuple[Spine, Labels]:
    """Return the snapshots of a target that can be learnt from, with their labels.

    Where the table of outcomes is still missing these are all snapshots, and no positive among them. With `late`, those too
    that were won before ``as_of`` and recorded later: see :meth:`lead_ml.asof.labels.Labels.usable_by`.
    """
    spec = project.specs[target]
    spine = build_spine(
        dataset, project.params.snapshots.settle_us, ages_of(project, spec), closing_stages(spec)
    )
    if without_outcomes(project, dataset, target):
        return spine, Labels.none(len(spine))
    labels = label(spec.target, dataset, spine, horizon_us(project, target))
    kept = labels.usable_by(spine.as_of) if late else labels.used
    return spine.take(kept), labels.take(kept)


def without_outcomes(project: Project, dataset: Dataset, target: str) -> bool:
    """Tell whether a target counts dated outcomes and the project has no such table (yet)."""
    return dataset.outcomes is None and not isinstance(project.specs[target].target, Column)


def closing_stages(spec: ModelSpec) -> tuple[str, ...]:
    """Return the stages after which a lead is no longer asked about."""
    own = spec.target.stages if isinstance(spec.target, Won) else ()
    return tuple(dict.fromkeys((*own, *CLOSING_STAGES)))


def ages_of(project: Project, spec: ModelSpec) -> tuple[int, ...]:
    """Return the snapshot ages in days; an outcome column without dates of its own allows only the first snapshot."""
    if isinstance(spec.target, Column):
        return ()
    return project.params.snapshots.ages_days if spec.ages_days is None else spec.ages_days


def windows_of(project: Project, table: Table, target: str, groups: Indices) -> tuple[Window, ...]:
    """Cut the windows of a table: forward where leads are dated, else random folds by group.

    Rows that were won before ``as_of`` and recorded later fit where the record lies after the cut. They are scored
    where it lies after the start of the forward window, which they calibrate for, and judged nowhere.
    """
    usable_rows = np.ones(len(table.spine), dtype=bool)
    created = table.dataset.leads.created_at
    params = project.params
    if created is None:
        return random_windows(table.spine, usable_rows, groups, folds=UNDATED_FOLDS, seed=params.seed)
    embargo = (horizon_us(project, target) or 0) if params.split.embargo else 0
    windows = forward_windows(
        table.spine,
        usable_rows,
        created,
        groups,
        horizon_us=embargo,
        test_share=params.split.test_share,
        folds=params.split.folds,
        test_from=_instant(params.split.test_from, params.time_zone),
    )
    return tuple(_as_known(window, windows[-1], table.labels) for window in windows)


def _as_known(window: Window, last: Window, labels: Labels) -> Window:
    judged = labels.used if window is last else labels.usable_by(last.start)
    return replace(window, fit=window.fit & labels.usable_by(window.start), test=window.test & judged)


def _instant(text: str | None, zone: str) -> int | None:
    if text is None:
        return None
    midnight = text if len(text) > len("2026-01-31") else f"{text}T00:00:00"
    return parse_iso(midnight, field="split.test_from", zone=ZoneInfo(zone))


def recipes_of(
    project: Project,
    target: str,
    kinds: Sequence[Kind] | None = None,
    used: Sequence[Declaration] | None = None,
    work: Work = HERE,
) -> tuple[Recipe, ...]:
    """Return one recipe per kind that competes; `used` as for :func:`target_params`, trees grow where `work` says."""
    spec, params = project.specs[target], target_params(project, target, used)
    return tuple(
        Recipe(kind, spec, params, project.params.seed, project.params.threads, work.train_booster)
        for kind in (kinds or spec.kinds)
    )
