"""How long events keep their weight: the half-life of each event type of a project, learned before the forward window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lead_ml.asof.kernel import stored_of
from lead_ml.asof.labels import Labels, Mask, Spine, build_spine, snapshot_weights
from lead_ml.errors import InputError, ParamsError
from lead_ml.evaluation import Table
from lead_ml.evaluation.decay import Decay, DecaySample, DecaySettings, frequent_types, learn
from lead_ml.evaluation.decay.profile import LEVEL
from lead_ml.evaluation.decay.words import between, name_of, spoken
from lead_ml.evaluation.split import groups_in
from lead_ml.project.load import Project
from lead_ml.report.half_lives import save_picture
from lead_ml.tables.dataset import Dataset, Indices
from lead_ml.tables.instants import iso
from lead_ml.workflows.load import load, reseeded
from lead_ml.workflows.training import labelled_spine, windows_of

__all__ = ["between", "cut_of", "decay_of", "learn_decay", "name_of", "sample_of", "save_picture", "spoken"]

TARGET = "conversion"
MOST_TYPES = 20
MOST_LEADS = 20_000  # that teach: more would only make intervals narrower that are narrow already

Progress = Callable[[str], None]


def learn_decay(
    root: Path,
    data: Path | None,
    *,
    types: Sequence[str] | None = None,
    seed: int | None = None,
    progress: Progress = lambda _: None,
) -> Decay:
    """Learn the half-lives of a project, writing nothing; see :func:`decay_of`."""
    loaded = reseeded(load(root, data), seed)
    progress("data read")
    return decay_of(loaded.project, loaded.dataset, types=types, progress=progress)


def decay_of(
    project: Project,
    dataset: Dataset,
    *,
    types: Sequence[str] | None = None,
    progress: Progress = lambda _: None,
) -> Decay:
    """Learn the half-life of event types from what was known when the forward window of `train` began.

    By default of all activity together, then of the 20 most frequent types.
    """
    events = dataset.events
    if dataset.leads.created_at is None or events is None or "type" not in events.columns:
        raise InputError(
            "half-lives need leads with created_at and events with a type",
            source="events",
            do="name both tables in params.yaml",
        )
    if stored_of(dataset) is not None:
        raise InputError(
            "half-lives are learned from events in memory, not from a layout",
            source="events",
            do="remove data.layout and let data.events name a sample of the events that fits",
        )
    groups = groups_in(dataset)
    cut = cut_of(project, dataset, groups)
    frequent, left_out = frequent_types(dataset, cut, MOST_TYPES)
    wanted = _checked(types, dataset, cut)
    seen = {**frequent, **(wanted or {})}
    sample, known = sample_of(project, dataset, groups, cut)
    params, fit = project.params, sample.fit
    return Decay(
        target=TARGET,
        horizon_days=project.tasks[TARGET].horizon_days,
        synthetic=params.synthetic,
        cut=iso(cut),
        fit_leads=len(np.unique(sample.spine.lead[fit])),
        fit_rows=int(fit.sum()),
        fit_wins=_winning(sample, fit),
        leads_known=known,
        test_leads=len(np.unique(sample.spine.lead[~fit])),
        test_wins=_winning(sample, ~fit),
        level=LEVEL,
        types=learn(
            sample,
            seen,
            DecaySettings(params.evaluation, params.seed),
            wanted=None if wanted is None else tuple(wanted),
            progress=progress,
        ),
        left_out=tuple(kind for kind in left_out if kind not in seen),
    )


def cut_of(project: Project, dataset: Dataset, groups: Indices) -> int:
    """Return the start of the forward window, microseconds UTC.

    It follows from when leads were created, not from what became of them, so that no later outcome can move it.
    """
    task = project.tasks[TARGET]
    undecided = replace(dataset, outcomes=None)
    spine = build_spine(undecided, project.params.snapshots.scoring_delay_us, task.ages_days)
    spine = spine.take(spine.as_of + (task.horizon_us or 0) <= dataset.until)
    table = Table((), {}, spine, Labels.none(len(spine)), groups[spine.lead], dataset)
    return windows_of(task, table, groups)[-1].start


def sample_of(project: Project, dataset: Dataset, groups: Indices, cut: int) -> tuple[DecaySample, int]:
    """Return the snapshots that teach and those that evaluate, and how many leads could have taught.

    What teaches is built from the data as it was known at the cut: an outcome known later cannot reach it. Persons and accounts
    with a lead after the cut do not teach.
    """
    created = dataset.leads.created_at
    assert created is not None
    past, past_labels = labelled_spine(project.tasks[TARGET], dataset.as_known(cut))
    teaching = np.unique(past.lead[~np.isin(groups[past.lead], groups[created >= cut])])
    chosen = np.zeros(len(created), dtype=bool)
    chosen[np.random.default_rng(project.params.seed).permutation(teaching)[:MOST_LEADS]] = True
    now, now_labels = labelled_spine(project.tasks[TARGET], dataset)
    rows, later = chosen[past.lead], created[now.lead] >= cut
    first, second = past.take(rows), now.take(later)
    spine = Spine(np.concatenate([first.lead, second.lead]), np.concatenate([first.as_of, second.as_of]))
    age = spine.as_of - created[spine.lead]
    ages = np.unique(age)
    weight = [snapshot_weights(part, created, ages) for part in (first, second)]
    y = [past_labels.take(rows).y, now_labels.take(later).y]
    sample = DecaySample(
        dataset, spine, np.concatenate(y), np.concatenate(weight), groups[spine.lead], age, len(first)
    )
    return sample, len(teaching)


def _checked(types: Sequence[str] | None, dataset: Dataset, cut: int) -> dict[str, int] | None:
    if not types:
        return None
    there, _ = frequent_types(dataset, cut, len(dataset.events or ()))
    for kind in types:
        if kind not in there:
            raise ParamsError("event type", value=kind, expected=f"one of {', '.join(list(there)[:20])}")
    return {kind: there[kind] for kind in types}


def _winning(sample: DecaySample, rows: Mask) -> int:
    return len(np.unique(sample.spine.lead[rows & (sample.y > 0)]))
