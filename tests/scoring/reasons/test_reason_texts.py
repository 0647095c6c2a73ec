from __future__ import annotations

import pytest

from lead_ml.declare import category, events, lead_age, leads, number, ordinal
from lead_ml.errors import RequestError
from lead_ml.scoring.reasons import group_label, label, reason_text, value_text

INDUSTRY = category("industry", en="Industry", zh="行业", group="fit")
SIZE = ordinal("size", ["small", "large"], en="Size", zh="规模", group="fit")
COST = number("cost", en="Cost", zh="成本", unit="EUR", group="channel")
RATIO = number("ratio", en="Share of capitals", zh="大写比例", unit="share", group="authenticity")
SPEED = number("form_seconds", en="Seconds in the form", zh="填表秒数", group="authenticity")
VISITS = events(type="page_view").count(
    "visits_30d", window="30d", en="Visits", zh="访问", group="engagement"
)
WARMTH = events().decayed_sum("warmth", half_life="14d", en="Warmth", zh="热度", group="engagement")
LAST = events().days_since_last("days_since_last", en="Last activity", zh="最近活动", group="engagement")
BURST = leads(by="ip").count(
    "ip_leads", window="7d", en="Leads from the IP", zh="同IP线索", group="authenticity"
)
AGE = lead_age(group="engagement")


@pytest.mark.parametrize(
    ("declaration", "value", "en", "zh"),
    [
        (INDUSTRY, "Manufacturing", "Manufacturing", "Manufacturing"),
        (INDUSTRY, "制造业", "制造业", "制造业"),
        (INDUSTRY, "never seen before", "never seen before", "never seen before"),
        (INDUSTRY, "True", "yes", "是"),
        (INDUSTRY, "false", "no", "否"),
        (INDUSTRY, "Yes", "yes", "是"),
        (category("country", en="Country", zh="国家"), "NO", "NO", "NO"),
        (INDUSTRY, None, "not given", "未提供"),
        (SIZE, 1.0, "large", "large"),
        (SIZE, "small", "small", "small"),
        (SIZE, float("nan"), "not given", "未提供"),
        (COST, 1234.5, "1,234 EUR", "1,234 EUR"),
        (COST, 0.456, "0.456 EUR", "0.456 EUR"),
        (COST, float("nan"), "not given", "未提供"),
        (RATIO, 0.2149, "21%", "21%"),
        (RATIO, 0.0, "0%", "0%"),
        (SPEED, 12.3456, "12.3", "12.3"),
        (VISITS, 4.0, "4", "4"),
        (VISITS, 12345.0, "12,345", "12,345"),
        (VISITS, 0.0, "0", "0"),
        (VISITS, None, "unknown", "未知"),
        (WARMTH, 3.14159, "3.14", "3.14"),
        (LAST, 3.24, "3.2 days", "3.2 天"),
        (LAST, 1.0, "1 day", "1 天"),
        (LAST, 45.6, "46 days", "46 天"),
        (LAST, 0.3, "7 hours", "7 小时"),
        (LAST, 1 / 24, "1 hour", "1 小时"),
        (LAST, 0.99, "1 day", "1 天"),
        (LAST, 0.0007, "less than 1 hour", "不到 1 小时"),
        (LAST, None, "no activity yet", "尚无记录"),
        (LAST, float("nan"), "no activity yet", "尚无记录"),
        (BURST, float("nan"), "unknown", "未知"),
        (AGE, 9.96, "10 days", "10 天"),
    ],
)
def test_values_read_well_in_both_languages(declaration, value, en, zh):
    assert value_text(declaration, value, "en") == en
    assert value_text(declaration, value, "zh") == zh


def test_labels_and_groups_are_named_in_both_languages():
    assert (label(INDUSTRY, "en"), label(INDUSTRY, "zh")) == ("Industry", "行业")
    assert (group_label("fit", "en"), group_label("fit", "zh")) == ("Fit", "匹配度")
    assert group_label("of my own", "zh") == "of my own"


def test_a_reason_with_evidence_reads_as_a_sentence():
    evidence = (0.2149, 0.09, 312)
    assert reason_text(INDUSTRY, "Manufacturing", "en", evidence) == (
        "Industry: Manufacturing; 21% convert vs 9% overall (312 leads)"
    )
    assert (
        reason_text(INDUSTRY, "制造业", "zh", evidence) == "行业：制造业；转化率 21%，整体 9%（样本 312 条）"
    )


def test_the_fake_model_speaks_of_fakes():
    evidence = (0.5, 0.04, 12_345)
    assert reason_text(BURST, 9.0, "en", evidence, target="fake") == (
        "Leads from the IP: 9; 50% are fake vs 4% overall (12,345 leads)"
    )
    assert reason_text(BURST, 9.0, "zh", evidence, target="fake") == (
        "同IP线索：9；虚假占比 50%，整体 4%（样本 12,345 条）"
    )


def test_a_reason_without_evidence_is_the_feature_and_its_value():
    assert reason_text(LAST, None, "en") == "Last activity: no activity yet"
    assert reason_text(LAST, None, "zh") == "最近活动：尚无记录"


def test_another_language_is_refused_with_the_languages_there_are():
    with pytest.raises(RequestError, match="unknown language: got 'de'; expected en or zh"):
        value_text(INDUSTRY, None, "de")
