"""Features of what a lead did: its most frequent types of events, counted in windows, and how recent they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lead_ml.clean.text import name_key
from lead_ml.init.answers import contacts_of
from lead_ml.init.features import FeatureDraft, FeatureGroup, age_call
from lead_ml.init.names import feature_name, same_wording, wording
from lead_ml.init.source_text import Call, call, literal
from lead_ml.init.tables import TableDraft
from lead_ml.init.words import label, read_toml, word_pattern

_MOST_TYPES = 10
_MOST_PAGES = 12
_LEAST_EVENTS = 20
_WINDOWS = (7, 30)
_HALF_LIFE = 14
_LONGEST_HEAD = 60  # a longer chain of calls would be broken where ruff decides


def engagement_group(
    draft: FeatureDraft, table: TableDraft | None, lead_calls: Sequence[Call]
) -> FeatureGroup:
    """Return the features of events, if there are any, and those of the lead that show interest."""
    group = FeatureGroup("engagement", "engagement")
    if table is not None:
        _add_types(draft, table, group)
        two_way = contacts_of(types_of(table))
        if two_way:
            group.constants["TWO_WAY"] = two_way
            name = draft.fresh("days_since_last_contact")
            group.calls.append(call("events(type=TWO_WAY).days_since_last", name, **label("last_contact")))
        buying = [
            page for page in _common(table, "page") if word_pattern("buying_page").search(name_key(page))
        ]
        if buying:
            group.constants["BUYING_PAGES"] = buying[:_MOST_PAGES]
            words = label("buying_pages")
            group.calls.extend(_counted(draft, "events(page=BUYING_PAGES)", "buying_page_views", words))
        group.calls.extend((*_of_all(draft, table), age_call(draft)))
    group.calls.extend(lead_calls)
    return group


def types_of(table: TableDraft | None) -> list[str]:
    """Return the types of events, most frequent first; a constant type does not count."""
    return _common(table, "type")


def _common(table: TableDraft | None, role: str) -> list[str]:
    """Return the values of a role that are not rare, most frequent first."""
    if table is None or role not in table.columns:
        return []
    values = table.source.columns[table.columns[role]].values
    return [text for text, times in values if times >= _LEAST_EVENTS]


def _add_types(draft: FeatureDraft, table: TableDraft, group: FeatureGroup) -> None:
    types, labels = types_of(table), read_toml("labels")["events"]
    for place, kind in enumerate(types[:_MOST_TYPES], start=1):
        name = feature_name(kind, f"event_{place}")
        head = f"events(type={literal(kind)})"
        if len(head) > _LONGEST_HEAD:
            group.constants[name.upper()] = [kind]
            head = f"events(type={name.upper()})"
        words = labels.get(name_key(kind), same_wording(kind))
        group.calls.extend(_counted(draft, head, name, words))
    if types[_MOST_TYPES:]:
        rarer = draft.findings.names(types[_MOST_TYPES:], limit=20)
        group.left_out.append(draft.findings.say("causes.rare_types", types=rarer))


def _counted(draft: FeatureDraft, head: str, name: str, words: Mapping[str, str]) -> Iterator[Call]:
    for days in _WINDOWS:
        texts = label("counted", **words, days=days)
        yield call(f"{head}.count", draft.fresh(f"{name}_{days}d"), window=f"{days}d", **texts)


def _of_all(draft: FeatureDraft, table: TableDraft) -> Iterator[Call]:
    yield call("events().count", draft.fresh("events"), **label("events"))
    yield call("events().days_since_last", draft.fresh("days_since_last_event"), **label("last_event"))
    name, words = draft.fresh("recent_activity"), label("recent_activity", days=_HALF_LIFE)
    yield call("events().decayed_sum", name, half_life=f"{_HALF_LIFE}d", **words)
    if "page" in table.columns:
        name = draft.fresh("distinct_pages")
        yield call("events().distinct", name, of="page", **label("distinct_pages"))
    if "session_id" in table.columns:
        name, words = draft.fresh("sessions_30d"), label("sessions", days=30)
        yield call("events().distinct", name, of="session_id", window="30d", **words)
    if "value" in table.columns:
        words = label("value", header=wording(table.columns["value"]), days=30)
        yield call("events().sum", draft.fresh("value_30d"), of="value", window="30d", **words)
