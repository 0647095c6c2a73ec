"""A plain reading of the feature semantics: for every snapshot, look at every row. Shares no code with the kernel."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from lead_ml.clean import TRANSFORMS, as_number
from lead_ml.declare import Aggregate, Rate

DAY = 24 * 60 * 60 * 1_000_000


def naive(features, dataset, lead, as_of):
    """Return a list per snapshot of a float (or text) per feature, each declared or a part of one."""
    streams = {item.stream for item in features if isinstance(item, Aggregate)}
    rows = {stream: rows_of(stream, dataset) for stream in streams - {"conversions"}}
    keys = {item.key: Keys(item.key, dataset) for item in features}
    return [
        [value(item, features, rows, keys[item.key], dataset, int(who), int(when)) for item in features]
        for who, when in zip(lead, as_of, strict=True)
    ]


def value(item, together, rows, keys, dataset, who, when):
    if isinstance(item, Rate):
        return rate(item, keys, dataset, who, when)
    table = conversions(item, dataset) if item.stream == "conversions" else rows[item.stream]
    mine = keys.at(who, when)
    if table is None or mine is None:
        return math.nan
    seen, whole = [], []
    for row in table:
        known = row["known"]
        if item.key != "lead_id" and dataset.leads.created_at is not None:
            known = max(known, int(dataset.leads.created_at[row["lead"]]))
        known = keys.entered(row["lead"], known, mine)
        if known is None or known >= when:
            continue
        row = {**row, "known": known}
        inside = passes(row, item.among)
        whole += [row] if inside else []
        ranged = all(in_range(row["number"](c), r) for c, r in item.ranges.items())
        if ranged and passes(row, item.where) and inside:
            seen.append(row)
    columns = {
        other.of
        for other in together
        if getattr(other, "aggregation", "") in ("first", "last")
        and (other.stream, other.key) == (item.stream, item.key)
    }
    return aggregated(item, seen, whole, when, columns)


def passes(row, where):
    return all(row["text"].get(column) in allowed for column, allowed in where.items())


def in_range(number, allowed):
    if math.isnan(number):
        return False
    low = allowed.at_least is None or number >= allowed.at_least
    return low and (allowed.below is None or number < allowed.below)


def aggregated(item, seen, whole, when, columns):
    inside = [row for row in seen if item.window == 0 or when - item.window <= row["occurred"] < when]
    if item.aggregation == "count":
        return float(len(inside))
    if item.aggregation == "sum":
        return float(sum(millionths(row["number"](item.of)) for row in inside)) / 1_000_000
    if item.aggregation in ("mean", "max"):
        found = [number for row in inside if not math.isnan(number := row["number"](item.of))]
        if item.aggregation == "max":
            return max(map(millionths, found)) / 1_000_000 if found else math.nan
        return sum(map(millionths, found)) / 1_000_000 / len(found) if found else math.nan
    if item.aggregation == "distinct":
        return float(len({told(row, item.of) for row in inside} - {None}))
    if item.aggregation == "active_days":
        return float(len({day_of(row, item.zone) for row in inside}))
    if item.aggregation == "share":
        among = [row for row in whole if item.window == 0 or when - item.window <= row["occurred"] < when]
        return len(inside) / len(among) if among else math.nan
    if item.aggregation == "trend":
        before = [row for row in seen if when - 2 * item.window <= row["occurred"] < when - item.window]
        return float(len(inside) - len(before))
    if item.aggregation == "longest_gap":
        at = sorted(row["occurred"] for row in inside)
        return max(b - a for a, b in pairwise(at)) / DAY if len(at) > 1 else math.nan
    if item.aggregation in ("first", "last"):
        return shown(item, inside, columns)
    if item.aggregation == "days_since_first":
        return (when - min(row["occurred"] for row in seen)) / DAY if seen else math.nan
    if item.aggregation == "days_since_last":
        return (when - max(row["occurred"] for row in seen)) / DAY if seen else math.nan
    assert item.aggregation == "decayed_sum"
    weights = [2.0 ** (-(when - row["occurred"]) / item.half_life) for row in seen]
    sizes = [millionths(row["number"](item.of)) / 1_000_000 if item.of else 1.0 for row in seen]
    return math.fsum(w * v for w, v in zip(weights, sizes, strict=True))


def shown(item, rows, columns):
    """Return the text at one end of the order (occurred, known, event_id, texts that are shown by column name)."""
    found = [row for row in rows if told(row, item.of) is not None]
    if not found:
        return math.nan
    end = min if item.aggregation == "first" else max
    return told(end(found, key=lambda row: order_of(row, columns)), item.of)


def order_of(row, columns):
    texts = [row["text"].get(column) for column in ("event_id", *sorted(columns))]
    return (row["occurred"], row["known"], [(text is not None, text or "") for text in texts])


def told(row, column):
    return (
        day_of(row, column.removeprefix("@day:")) if column.startswith("@day:") else row["text"].get(column)
    )


def day_of(row, zone):
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=row["occurred"])
    return str(moment.astimezone(ZoneInfo(zone)).date())


def conversions(item, dataset):
    """Return a row per lead that reached a stage within its first days."""
    if dataset.outcomes is None or dataset.leads.created_at is None:
        return None
    leads, reached = rows_of("leads", dataset), {}
    for row in rows_of("outcomes", dataset):
        created = int(dataset.leads.created_at[row["lead"]])
        if row["text"]["stage"] in item.stages and row["occurred"] - created < item.within:
            known = max(row["known"], created)
            reached[row["lead"]] = min(known, reached.get(row["lead"], known))
    return [{**leads[who], "known": known} for who, known in sorted(reached.items())]


def rate(item, keys, dataset, who, when):
    """Return the conversion rate by its words, lead by lead."""
    mine = keys.at(who, when)
    if dataset.leads.created_at is None or dataset.outcomes is None or mine is None:
        return math.nan
    won = {row["lead"]: row["known"] for row in conversions(item, dataset)}
    ripe = [
        row
        for row in rows_of("leads", dataset)
        if when - item.within - item.window <= row["occurred"] < when - item.within
        and passes(row, item.where)
    ]
    ripe = [row for row in ripe if row["known"] < when]
    if not ripe:
        return math.nan

    def came(row, known):
        entered = keys.entered(row["lead"], known, mine)
        return entered is not None and entered < when

    own = [row for row in ripe if came(row, row["known"])]
    k = [row["lead"] in won and came(row, won[row["lead"]]) for row in own]
    overall = [won.get(row["lead"], when) < when for row in ripe]
    return (sum(k) + item.strength * (sum(overall) / len(overall))) / (len(k) + item.strength)


def millionths(number):
    return 0 if math.isnan(number) else round(number * 1_000_000)


class Keys:
    """The keys of leads, told change by change where they change."""

    def __init__(self, key, dataset):
        column, _, transform = key.partition(":")
        self.still, self.stays = None, {}
        if column not in dataset.history:
            self.still = keys_of(key, dataset)
            return
        for lead, at, text in told_changes(column, dataset):
            value = TRANSFORMS[transform](text) if transform and text is not None else text
            earlier = self.stays.setdefault(lead, [])
            if earlier:
                earlier[-1]["to"] = at
            earlier.append({"key": value, "from": at, "to": math.inf})

    def at(self, lead, when):
        """Return the key that the lead was known to have before an instant."""
        if self.still is not None:
            return self.still[lead]
        found = [stay["key"] for stay in self.stays.get(lead, []) if stay["from"] < when]
        return found[-1] if found else None

    def entered(self, lead, known, wanted):
        """Return when something known of a lead came to a key: in its first stay there that was not over by then."""
        if self.still is not None:
            return known if self.still[lead] == wanted else None
        for stay in self.stays.get(lead, []):
            if stay["key"] == wanted and known < stay["to"]:
                return max(known, stay["from"])
        return None


def told_changes(column, dataset):
    """Return (lead, instant, text) of a column in order, of several at one instant the last in the order of text."""
    changes = dataset.history[column]
    texts = changes.columns[column].values()
    last = {}
    for lead, at, text in sorted(
        zip(changes.owner.tolist(), changes.at.tolist(), texts, strict=True),
        key=lambda change: (change[0], change[1], change[2] is not None, change[2] or ""),
    ):
        last[lead, at] = text
    return [(lead, at, text) for (lead, at), text in last.items()]


def stood(column, dataset, lead, when):
    """Return the text of a column with history as it was known before an instant."""
    found = [text for who, at, text in told_changes(column, dataset) if who == lead and at < when]
    return found[-1] if found else None


def keys_of(key, dataset):
    leads = dataset.leads
    if key == "*":
        return ["*"] * len(leads)
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
