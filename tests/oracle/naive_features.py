"""A plain reading of the feature semantics: for every snapshot, look at every row. Shares no code with the kernel."""

from __future__ import annotations

import math

from lead_ml.clean import TRANSFORMS
from lead_ml.clean.text import as_number

DAY = 24 * 60 * 60 * 1_000_000


def naive(features, dataset, lead, as_of):
    """Return a list per snapshot of a float per feature."""
    rows = {stream: rows_of(stream, dataset) for stream in {item.stream for item in features}}
    keys = {item.key: keys_of(item.key, dataset) for item in features}
    return [
        [value(item, rows[item.stream], keys[item.key], dataset, int(who), int(when)) for item in features]
        for who, when in zip(lead, as_of, strict=True)
    ]


def value(item, rows, keys, dataset, who, when):
    if rows is None or keys[who] is None:
        return math.nan
    seen = []
    for row in rows:
        if keys[row["lead"]] != keys[who]:
            continue
        known = row["known"]
        if item.key != "lead_id" and dataset.leads.created_at is not None:
            known = max(known, int(dataset.leads.created_at[row["lead"]]))
        if known < when and all(row["text"].get(c) in allowed for c, allowed in item.where.items()):
            seen.append(row)
    return aggregated(item, seen, when)


def aggregated(item, seen, when):
    inside = [row for row in seen if item.window == 0 or when - item.window <= row["occurred"] < when]
    if item.aggregation == "count":
        return float(len(inside))
    if item.aggregation == "sum":
        return float(sum(millionths(row["number"](item.of)) for row in inside)) / 1_000_000
    if item.aggregation == "distinct":
        return float(len({row["text"].get(item.of) for row in inside} - {None}))
    if item.aggregation == "days_since_first":
        return (when - min(row["occurred"] for row in seen)) / DAY if seen else math.nan
    if item.aggregation == "days_since_last":
        return (when - max(row["occurred"] for row in seen)) / DAY if seen else math.nan
    assert item.aggregation == "decayed_sum"
    weights = [2.0 ** (-(when - row["occurred"]) / item.half_life) for row in seen]
    sizes = [millionths(row["number"](item.of)) / 1_000_000 if item.of else 1.0 for row in seen]
    return math.fsum(w * v for w, v in zip(weights, sizes, strict=True))


def millionths(number):
    return 0 if math.isnan(number) else round(number * 1_000_000)


def keys_of(key, dataset):
    leads = dataset.leads
    if key == "lead_id":
        return list(leads.lead_id)
    column, _, transform = key.partition(":")
    texts = leads.columns[column].values() if column in leads.columns else [None] * len(leads)
    return [None if text is None else TRANSFORMS[transform](text) for text in texts] if transform else texts


def rows_of(stream, dataset):
    leads = dataset.leads
    if stream == "leads":
        if leads.created_at is None:
            return None
        table = [(k, at, at, math.nan) for k, at in enumerate(leads.created_at.tolist())]
        columns = leads.columns
    else:
        source = getattr(dataset, stream)
        if source is None:
            return None
        numbers = source.value if stream == "events" else source.amount
        columns = source.columns
        table = list(
            zip(
                source.lead.tolist(),
                source.occurred_at.tolist(),
                source.known_at.tolist(),
                numbers.tolist(),
                strict=True,
            )
        )
    texts = {name: column.values() for name, column in columns.items()}
    return [row_of(stream, dataset, k, entry, texts) for k, entry in enumerate(table)]


def row_of(stream, dataset, k, entry, texts):
    lead, occurred, known, number = entry
    text = {name: values[k] for name, values in texts.items()}
    text["lead_id"] = dataset.leads.lead_id[lead]

    def read(column):
        if stream == "leads":
            return math.nan if text.get(column) is None else as_number(text[column])
        return number if column == {"events": "value", "outcomes": "amount"}[stream] else math.nan

    return {"lead": lead, "occurred": occurred, "known": known, "text": text, "number": read}
