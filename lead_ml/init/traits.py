"""Columns that are no role of the data contract but plainly describe how a lead arrived, and words for the others.

A *trait* is fixed when the lead arrives by what it is (the landing page, the language). The draft marks it
``creation`` and asks; every other column that is no role stays ``current``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lead_ml.init.names import key


@dataclass(frozen=True)
class Trait:
    """A kind of column: the name of its feature, its group, its wording; ``pattern`` is looked for in the name."""

    name: str
    group: str
    en: str
    zh: str
    pattern: re.Pattern[str]


def _trait(name: str, group: str, en: str, zh: str, pattern: str) -> Trait:
    return Trait(name, group, en, zh, re.compile(pattern))


TRAITS = (
    _trait("landing_page", "channel", "Landing page", "落地页", r"landing ?page|落地页|着陆页"),
    _trait("referrer", "channel", "Referring page", "来源页面", r"\brefer+er\b|来源页"),
    _trait("keyword", "channel", "Search keyword", "搜索关键词", r"\bkeyword|utm term|search term|关键词"),
    _trait("ad", "channel", "Advertisement", "广告", r"utm content|\bad (group|id|name|set)\b|\bcreative\b|广告|创意"),
    _trait("form", "channel", "Form", "表单", r"\bform( name| id)?$|表单"),
    _trait("device_type", "authenticity", "Device", "设备", r"^device( type)?$|设备"),
    _trait("browser", "authenticity", "Browser", "浏览器", r"^browser$|浏览器"),
    _trait("language", "fit", "Language", "语言", r"\blanguage\b|语言|sprache"),
    _trait("age_years", "fit", "Age", "年龄", r"^age( years)?$|年龄|^alter$"),
    _trait("gender", "fit", "Gender", "性别", r"^(gender|sex)$|性别|geschlecht"),
    _trait("marital_status", "fit", "Marital status", "婚姻状况", r"^marital( status)?$|婚姻"),
    _trait("education", "fit", "Education", "教育程度", r"^education( level)?$|学历|教育程度|bildung"),
    _trait("specialization", "fit", "Specialization", "专业方向", r"^specialization$|专业"),
    _trait("product_interest", "fit", "Product of interest", "意向产品", r"product (of )?interest|interested product|意向产品|感兴趣|咨询产品"),
    _trait("heard_of_us", "channel", "How the lead heard of us", "了解渠道", r"how did you (hear|find)|了解渠道|从何得知"),
    _trait("occupation", "fit", "Occupation", "职业", r"occupation|职业|beruf"),
    _trait("form_answer", "fit", "Answer on the form", "表单回答", r"^(what|which|when|how|why) .*\byour?\b"),
)  # fmt: skip

# Common words of Chinese and German headers, so that the name of a feature can be read in code.
_WORDS = (
    ("浏览页面", "page_views"), ("打开邮件", "email_opens"), ("点击邮件", "email_clicks"), ("回复邮件", "email_replies"),
    ("提交表单", "forms"), ("接通", "connected"), ("电话", "calls"), ("邮件", "email"), ("页面", "page"), ("咨询", "chat"),
    ("预算", "budget"), ("意向", "intent"), ("通话", "calls"), ("访问", "visits"), ("浏览", "views"), ("跟进", "follow_ups"),
    ("评分", "rating"), ("等级", "level"), ("产品", "product"), ("金额", "amount"), ("数量", "quantity"), ("标签", "tags"),
    ("备注", "notes"), ("次数", "count"), ("时长", "duration"), ("分钟", "minutes"), ("秒", "seconds"), ("客户", "customer"),
    ("类型", "type"), ("部门", "department"), ("价格", "price"), ("天数", "days"), ("城市", "city"), ("门店", "store"),
    ("umsatz", "revenue"), ("anzahl", "number"), ("besuche", "visits"), ("produkt", "product"), ("bewertung", "rating"),
)  # fmt: skip


def trait_of(column: str) -> Trait | None:
    """Return what a column plainly is, or None."""
    found = key(column)
    return next((trait for trait in TRAITS if trait.pattern.search(found)), None)


def feature_name(text: str, otherwise: str) -> str:
    """Return a lower_snake_case name for a header or a value.

    >>> feature_name("Page Views Per Visit", "column_3"), feature_name("通话次数", "column_3")
    ('page_views_per_visit', 'calls_count')
    >>> feature_name("奇怪", "column_3"), feature_name("2nd visit", "column_3")
    ('column_3', 'n_2nd_visit')
    """
    found = key(text)
    for word, english in _WORDS:
        found = found.replace(word, f" {english} ")
    plain = "_".join(re.findall(r"[a-z0-9]+", found))[:48].strip("_")
    if not plain or not re.search(r"[a-z]", plain) or re.search(r"[^\x00-\x7f]", found):
        plain = plain if re.search(r"[a-z]{3}", plain) else otherwise
    return plain if plain[0].isalpha() else f"n_{plain}"


def wording(column: str) -> str:
    """Return a header as a phrase.

    >>> wording("landing_page_id"), wording("通话次数"), wording("TotalVisits")
    ('Landing page id', '通话次数', 'Total visits')
    """
    found = key(column)
    return (found[:1].upper() + found[1:]) if found else column
