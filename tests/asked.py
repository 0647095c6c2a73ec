"""From a row of a data set to the request that a CRM would send for it."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from lead_ml.asof.labels import open_leads
from lead_ml.scoring import Answer, EventIn, Scorer, ScoreRequest, prepare
from lead_ml.tables.dataset import Dataset, Events
from lead_ml.tables.instants import to_datetime

ALL_REASONS = 100


def request_of(dataset: Dataset, lead: int, as_of: int, **options: Any) -> ScoreRequest:
    """Write a lead as a request: its own columns, and its events known before `as_of`, instants to the microsecond."""
    leads, events = dataset.leads, dataset.events
    fields: dict[str, Any] = {"lead_id": leads.lead_id[lead]}
    if leads.created_at is not None:
        fields["created_at"] = written(leads.created_at[lead])
    for name, column in leads.columns.items():
        code = int(column.codes[lead])
        fields[name] = None if code < 0 else column.levels[code]
    own = (
        None
        if events is None
        else events_of(events, np.flatnonzero((events.lead == lead) & (events.known_at < as_of)))
    )
    return ScoreRequest(lead=fields, events=own, as_of=written(as_of), **{"reasons": ALL_REASONS, **options})


def events_of(events: Events, rows: np.ndarray) -> list[EventIn]:
    """Write events as a request carries them."""
    columns = {name: column.take(rows).values() for name, column in events.columns.items()}
    return [
        EventIn(
            occurred_at=written(events.occurred_at[row]),
            recorded_at=written(events.known_at[row]),
            value=None if np.isnan(events.value[row]) else float(events.value[row]),
            **{name: values[k] for name, values in columns.items() if values[k] is not None},  # type: ignore[arg-type]
        )
        for k, row in enumerate(rows)
    ]


def written(instant: int) -> str:
    """Write an instant as ISO 8601 with microseconds."""
    return to_datetime(int(instant)).isoformat(timespec="microseconds")


def body_of(request: ScoreRequest) -> dict[str, Any]:
    """Return the body of ``POST /v1/score``."""
    return msgspec.to_builtins(request)


def contributions(answer: Answer) -> dict[str, float]:
    """Return every feature's contribution by target and feature, and the sum of the families of 0.0 points."""
    parts = {"conversion": answer.reasons}
    if answer.fake is not None:
        parts["fake"] = answer.fake.reasons
    found = {
        f"{target} {part.feature}": part.contribution
        for target, reasons in parts.items()
        for reason in (*reasons.for_, *reasons.against)
        for part in reason.members or (reason,)
    }
    return found | {f"{target} other": reasons.other for target, reasons in parts.items()}


def scores_alike(scorer: Scorer, dataset: Dataset, count: int = 40) -> None:
    """Hold the data set and single requests equal."""
    spine = open_leads(dataset, dataset.until)
    spine = spine.take(np.arange(len(spine)) < count)
    for lead, answer in zip(spine.lead, scorer.score_dataset(dataset, spine, top=ALL_REASONS), strict=True):
        as_of = int(spine.as_of[0])
        found = scorer.score_prepared(
            [prepare(request_of(dataset, int(lead), as_of), scorer.bundle.schema, as_of)]
        )[0]
        assert found.probability == answer.probability
        assert contributions(found) == contributions(answer)
