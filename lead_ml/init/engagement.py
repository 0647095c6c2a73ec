"""Features of what a lead did: its most frequent types of events, counted in windows, and how recent they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lead_ml.clean.text import name_key
from lead_ml.init.answers import contacts_of
from lead_ml.init.export_column import ExportColumn
from lead_ml.init.features import FeatureGroup, FeatureNames, age_call
from lead_ml.init.questions import Findings
from lead_ml.init.source_text import Call, call, literal
from lead_ml.init.tables import TableDraft
from lead_ml.init.traits import feature_name, wording
from lead_ml.init.words import label, labels, word_pattern

_MOST_TYPES = 10
_MOST_PAGES = 12
_LEAST_EVENTS = 20
_WINDOWS = (7, 30)
_HALF_LIFE = 14
_LONGEST_HEAD = 60  # a longer chain of calls would be broken where ruff decides


def engagement_group(
    table: TableDraft | None, lead_calls: Sequence[Call], names: FeatureNames, findings: Findings
) -> FeatureGroup:
    """Return the features of events, if there are any, and those of the lead that show interest."""
    group = FeatureGroup("engagement", "engagement")
    if table is not None:
        _add_types(table, group, names, findings)
        _add_contacts(table, group, names)
        _add_pages(table, group, names)
        group.calls.extend((*_of_all(table, names), age_call(names)))
    group.calls.extend(lead_calls)
    return group


def types_of(table: TableDraft | None) -> list[str]:
    """Return the types of events, most frequent first; a constant type does not count."""
    column = _column(table, "type")
    return [] if column is None else [text for text, times in column.values if times >= _LEAST_EVENTS]


def _column(table: TableDraft | None, role: str) -> ExportColumn | None:
    if table is None or role not in table.columns:
        return None
    return table.source.columns[table.columns[role]]


def _add_types(table: TableDraft, group: FeatureGroup, names: FeatureNames, findings: Findings) -> None:
    types = types_of(table)
    for place, kind in enumerate(types[:_MOST_TYPES], start=1):
        name = feature_name(kind, f"event_{place}")
        head = f"events(type={literal(kind)})"
        if len(head) > _LONGEST_HEAD:
            group.constants[name.upper()] = [kind]
            head = f"events(type={name.upper()})"
        words = labels().events.get(name_key(kind), dict.fromkeys(("en", "zh"), wording(kind)))
        group.calls.extend(_counted(head, name, words["en"], words["zh"], names))
    if types[_MOST_TYPES:]:
        rarer = findings.names(types[_MOST_TYPES:], limit=20)
        group.left_out.append(findings.say("causes.rare_types", types=rarer))


def _add_contacts(table: TableDraft, group: FeatureGroup, names: FeatureNames) -> None:
    two_way = contacts_of(types_of(table))
    if two_way:
        group.constants["TWO_WAY"] = two_way
        name = names.fresh("days_since_last_contact")
        group.calls.append(call("events(type=TWO_WAY).days_since_last", name, **label("last_contact")))


def _add_pages(table: TableDraft, group: FeatureGroup, names: FeatureNames) -> None:
    column, pattern = _column(table, "page"), word_pattern("buying_page")
    values = () if column is None else column.values
    buying = [text for text, times in values if times >= _LEAST_EVENTS and pattern.search(name_key(text))]
    if buying:
        group.constants["BUYING_PAGES"] = buying[:_MOST_PAGES]
        words = label("buying_pages")
        counted = _counted("events(page=BUYING_PAGES)", "buying_page_views", words["en"], words["zh"], names)
        group.calls.extend(counted)


def _counted(head: str, name: str, en: str, zh: str, names: FeatureNames) -> Iterator[Call]:
    for days in _WINDOWS:
        words = label("counted", en=en, zh=zh, days=days)
        yield call(f"{head}.count", names.fresh(f"{name}_{days}d"), window=f"{days}d", **words)


def _of_all(table: TableDraft, names: FeatureNames) -> Iterator[Call]:
    yield call("events().count", names.fresh("events"), **label("events"))
    yield call("events().days_since_last", names.fresh("days_since_last_event"), **label("last_event"))
    yield call(
        "events().decayed_sum",
        names.fresh("recent_activity"),
        half_life=f"{_HALF_LIFE}d",
        **label("recent_activity", days=_HALF_LIFE),
    )
    if "page" in table.columns:
        name = names.fresh("distinct_pages")
        yield call("events().distinct", name, of="page", **label("distinct_pages"))
    if "session_id" in table.columns:
        name, words = names.fresh("sessions_30d"), label("sessions", days=30)
        yield call("events().distinct", name, of="session_id", window="30d", **words)
    if "value" in table.columns:
        words = label("value", header=wording(table.columns["value"]), days=30)
        yield call("events().sum", names.fresh("value_30d"), of="value", window="30d", **words)
