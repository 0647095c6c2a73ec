"""SYNTHETIC worlds for the audit, clean or with a leak planted in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lead_ml.asof.labels import first_occurred
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.demo import SynthWorld, generate
from lead_ml.evaluation.leakage import AuditReport
from lead_ml.project.load import Project, load_project
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads, Outcomes
from lead_ml.workflows.audit import audit_target

DAY = MICROSECONDS_PER_DAY
TRAPS = ("lead_status", "owner")  # the generator's own: they stand as they are at the end of the data
ROOT = Path(__file__).resolve().parents[3]


def reference_project() -> Project:
    return load_project(ROOT)


def clean_world(seed: int, leads: int = 3_000) -> SynthWorld:
    """A world without the generator's own trap columns."""
    world = generate(leads, seed)
    return replace(world, data=without(world.data, *TRAPS))


def audited(dataset: Dataset, project: Project | None = None) -> AuditReport:
    return audit_target(project or reference_project(), dataset)


def flagged(report: AuditReport) -> list[tuple[str, str, str]]:
    return [
        (found.check, found.subject, found.verdict) for found in report.findings if found.verdict != "clear"
    ]


def without(dataset: Dataset, *names: str) -> Dataset:
    columns = {name: column for name, column in dataset.leads.columns.items() if name not in names}
    return replace(dataset, leads=replace(dataset.leads, columns=columns))


def with_column(dataset: Dataset, name: str, values: list[str | None]) -> Dataset:
    columns = {**dataset.leads.columns, name: Coded.of(values)}
    return replace(dataset, leads=replace(dataset.leads, columns=columns))


def won(dataset: Dataset) -> Any:
    """Whether each lead is known to be won at the end of the data."""
    return first_occurred(dataset, ("won",)) < dataset.until


def late_status(dataset: Dataset, seed: int, *, right: float = 1.0, name: str = "c7") -> Dataset:
    """A status as it stands at the end of the data, right for a share of the leads; its name and words say nothing."""
    rng = np.random.default_rng(seed)
    state = np.where(won(dataset), "k3", np.where(rng.random(len(dataset.leads)) < 0.4, "k1", "k2"))
    noise = rng.choice(["k1", "k2", "k3"], len(state), p=[0.45, 0.45, 0.1])
    return with_column(dataset, name, np.where(rng.random(len(state)) < right, state, noise).tolist())


def future_date(dataset: Dataset, seed: int, name: str = "touched") -> Dataset:
    """The day of the last change: some days after creation for all, so that it tells nothing; only its dates betray it."""
    rng = np.random.default_rng(seed)
    created = dataset.leads.created_at
    assert created is not None
    at = np.minimum(created + rng.integers(0, 40, len(created)) * DAY, dataset.until - 1)
    days = np.datetime_as_string(at.astype("datetime64[us]"), unit="D").tolist()
    return with_column(dataset, name, [day if rng.random() < 0.8 else None for day in days])


def filled_by_outcome(
    dataset: Dataset, seed: int, *, winners: float, others: float, name: str = "c9"
) -> Dataset:
    """A column of noise, filled more often once the lead is won."""
    rng = np.random.default_rng(seed)
    share = np.where(won(dataset), winners, others)
    filled = rng.random(len(share)) < share
    return with_column(dataset, name, [f"v{rng.integers(5)}" if there else None for there in filled])


def ids_by_outcome(dataset: Dataset) -> Dataset:
    """Ids given out in two runs: first the won leads, then the others."""
    order = np.lexsort((np.arange(len(dataset.leads)), ~won(dataset)))
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return replace(dataset, leads=replace(dataset.leads, lead_id=tuple(f"X{k:06d}" for k in number)))


def rows_by_outcome(dataset: Dataset) -> Dataset:
    """An export that lists the won leads first."""
    return reordered(dataset, np.lexsort((np.arange(len(dataset.leads)), ~won(dataset))))


def copied_persons(dataset: Dataset, seed: int, key: str, share: float = 0.1) -> Dataset:
    """A share of the leads written again 100 days later under a new id, with the same outcome and one key in common."""
    rng = np.random.default_rng(seed)
    created, outcomes, events = dataset.leads.created_at, dataset.outcomes, dataset.events
    assert created is not None
    assert outcomes is not None
    assert events is not None
    n, shift = len(created), 100 * DAY
    old = np.flatnonzero(created + shift + 90 * DAY < dataset.until)
    old = np.sort(rng.permutation(old)[: int(share * n)])
    place = np.full(n, -1)
    place[old] = n + np.arange(len(old))
    drop = {"phone", "email", "account_id", "name", "company"} - {key}
    columns = {
        name: Coded(
            np.r_[column.codes, np.full(len(old), -1) if name in drop else column.codes[old]].astype(
                np.int32
            ),
            column.levels,
        )
        for name, column in dataset.leads.columns.items()
    }
    if key not in columns:
        again = np.r_[np.arange(n), old]
        columns[key] = Coded.of([f"P{k:06d}" for k in again])
    leads = Leads(
        (*dataset.leads.lead_id, *(f"N{k:06d}" for k in range(len(old)))),
        np.r_[created, created[old] + shift],
        columns,
    )
    return replace(
        dataset, leads=leads, outcomes=_again(outcomes, place, shift), events=_again(events, place, shift)
    )


def reordered(dataset: Dataset, order: Any) -> Dataset:
    """The same leads in another order of rows."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    leads, created = dataset.leads, dataset.leads.created_at
    moved = Leads(
        tuple(leads.lead_id[k] for k in order),
        None if created is None else created[order],
        {name: column.take(order) for name, column in leads.columns.items()},
    )
    streams = {
        name: None if stream is None else replace(stream, lead=place[stream.lead])
        for name, stream in (("events", dataset.events), ("outcomes", dataset.outcomes))
    }
    return replace(dataset, leads=moved, **streams)  # type: ignore[arg-type]


def _again(stream: Any, place: Any, shift: int) -> Any:
    """Append the rows of the copied leads, later by `shift`, in the order in which they became known."""
    rows = np.flatnonzero(place[stream.lead] >= 0)
    kept = np.r_[np.arange(len(stream)), rows]
    lead = np.r_[stream.lead, place[stream.lead[rows]]]
    late = np.r_[np.zeros(len(stream), dtype=np.int64), np.full(len(rows), shift)]
    occurred, known = stream.occurred_at[kept] + late, stream.known_at[kept] + late
    columns = {name: column.take(kept) for name, column in stream.columns.items()}
    number = {"value": stream.value[kept]} if isinstance(stream, Events) else {"amount": stream.amount[kept]}
    if "event_id" in columns:
        columns["event_id"] = Coded.of([f"e{k:07d}" for k in range(len(kept))])
    order = np.argsort(known, kind="stable")
    kind: type[Events] | type[Outcomes] = type(stream)
    return kind(
        lead[order],
        occurred[order],
        known[order],
        {name: column.take(order) for name, column in columns.items()},
        **{name: values[order] for name, values in number.items()},
    )
