"""Features of what a lead did: its commonest kinds of events, counted in windows, and how recent they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lead_ml.init.answers import contacts_of
from lead_ml.init.features import Group, Names, age_call
from lead_ml.init.names import key
from lead_ml.init.profile import Profile
from lead_ml.init.python_text import Call, call, literal, strings
from lead_ml.init.tables import TableDraft
from lead_ml.init.traits import feature_name, wording

_MOST_TYPES = 10
_LEAST_EVENTS = 20
_WINDOWS = (7, 30)
_HALF_LIFE = 14
_BUYING = re.compile(r"pricing|price|quote|contact|demo|价格|报价|联系|演示|preis|kontakt")
_WORDS: Mapping[str, tuple[str, str]] = {
    "page view": ("Page views", "浏览页数"),
    "pageview": ("Page views", "浏览页数"),
    "visit": ("Visits", "访问次数"),
    "email open": ("E-mails opened", "打开邮件次数"),
    "email click": ("E-mail clicks", "邮件点击次数"),
    "form submit": ("Forms sent", "提交表单次数"),
    "call": ("Calls", "通话次数"),
    "call connected": ("Calls connected", "接通通话次数"),
    "email reply": ("E-mail replies", "回复邮件次数"),
    "webinar": ("Webinars", "网络研讨会次数"),
    "chat": ("Chats", "在线咨询次数"),
    "download": ("Downloads", "下载次数"),
    "浏览页面": ("Page views", "浏览页数"),
    "打开邮件": ("E-mails opened", "打开邮件次数"),
    "点击邮件": ("E-mail clicks", "邮件点击次数"),
    "回复邮件": ("E-mail replies", "回复邮件次数"),
    "提交表单": ("Forms sent", "提交表单次数"),
    "接通电话": ("Calls connected", "接通通话次数"),
    "unsubscribe": ("Unsubscribed from e-mails", "退订邮件次数"),
}


def engagement_group(table: TableDraft | None, lead_calls: Sequence[Call], names: Names) -> Group:
    """Return the features of events, where there are any, and those of the lead that speak of interest."""
    group = Group("engagement", "engagement")
    if table is not None:
        _add_types(table, group, names)
        group.calls.extend((*_of_all(table, names), age_call(names)))
    group.calls.extend(lead_calls)
    return group


def types_of(table: TableDraft | None) -> list[str]:
    """Return the types of events, commonest first; one constant type is none."""
    profile = _profile(table, "type")
    return [] if profile is None else [text for text, times in profile.values if times >= _LEAST_EVENTS]


def _profile(table: TableDraft | None, role: str) -> Profile | None:
    if table is None or role not in table.columns:
        return None
    return table.source.profiles[table.columns[role]]


def _add_types(table: TableDraft, group: Group, names: Names) -> None:
    types = types_of(table)
    for place, kind in enumerate(types[:_MOST_TYPES], start=1):
        name = feature_name(kind, f"event_{place}")
        head = f"events(type={literal(kind)})"
        if len(head) > 60:  # a long chain would be broken in a place of ruff's choice
            group.constants[name.upper()] = strings([kind], before=f"{name.upper()} = ")
            head = f"events(type={name.upper()})"
        en, zh = _WORDS.get(key(kind), (wording(kind), wording(kind)))
        group.calls.extend(_counted(head, name, en, zh, names))
    if types[_MOST_TYPES:]:
        group.left_out.append(f"rarer types of events: {', '.join(types[_MOST_TYPES:][:20])}")
    two_way = contacts_of(types)
    if two_way:
        group.constants["TWO_WAY"] = strings(two_way, before="TWO_WAY = ")
        en, zh = "Days since the last two-way contact", "距上次双向沟通天数"
        group.calls.append(
            call("events(type=TWO_WAY).days_since_last", names.fresh("days_since_last_contact"), en=en, zh=zh)
        )
    pages = _profile(table, "page")
    buying = (
        []
        if pages is None
        else [text for text, n in pages.values if n >= _LEAST_EVENTS and _BUYING.search(key(text))]
    )
    if buying:
        group.constants["BUYING_PAGES"] = strings(buying[:12], before="BUYING_PAGES = ")
        en, zh = "Views of pages on price or contact", "浏览价格或联系页次数"
        group.calls.extend(_counted("events(page=BUYING_PAGES)", "buying_page_views", en, zh, names))


def _counted(head: str, name: str, en: str, zh: str, names: Names) -> Iterator[Call]:
    for days in _WINDOWS:
        yield call(
            f"{head}.count",
            names.fresh(f"{name}_{days}d"),
            window=f"{days}d",
            en=f"{en}, last {days} days",
            zh=f"近{days}天{zh}",
        )


def _of_all(table: TableDraft, names: Names) -> Iterator[Call]:
    yield call("events().count", names.fresh("events"), en="Activities so far", zh="累计活动次数")
    yield call(
        "events().days_since_last", names.fresh("days_since_last_event"), en="Days since the last activity", zh="距最近一次活动天数"
    )  # fmt: skip
    yield call(
        "events().decayed_sum",
        names.fresh("recent_activity"),
        half_life=f"{_HALF_LIFE}d",
        en=f"Recent activity, halved every {_HALF_LIFE} days",
        zh=f"近期活跃度（每{_HALF_LIFE}天减半）",
    )
    if "page" in table.columns:
        yield call(
            "events().distinct",
            names.fresh("distinct_pages"),
            of="page",
            en="Different pages seen",
            zh="浏览过的不同页面数",
        )
    if "session_id" in table.columns:
        yield call(
            "events().distinct", names.fresh("sessions_30d"), of="session_id", window="30d", en="Visits, last 30 days", zh="近30天访问次数"
        )  # fmt: skip
    if "value" in table.columns:
        said = wording(table.columns["value"])
        yield call(
            "events().sum", names.fresh("value_30d"), of="value", window="30d", en=f"{said} of activities, last 30 days", zh=f"近30天活动的{said}合计"
        )  # fmt: skip
