from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_ml.declare import category, events, labeled, lead_age, leads, number, ordinal, read_labels
from lead_ml.errors import DeclarationError, RequestError
from lead_ml.scoring.reasons import Evidence, fit_evidence, group_label, label, reason_text, value_text
from lead_ml.scoring.reasons.evidence import Bins, Cell, Finding

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
WORDS = {"en": "x", "zh": "x", "group": "fit"}


@pytest.mark.parametrize(
    ("declaration", "value", "en", "zh"),
    [
        (INDUSTRY, "Manufacturing", "Manufacturing", "Manufacturing"),
        (INDUSTRY, "制造业", "制造业", "制造业"),
        (INDUSTRY, "never seen before", "never seen before", "never seen before"),
        (INDUSTRY, "True", "yes", "是"),
        (INDUSTRY, "false", "no", "否"),
        (INDUSTRY, "Yes", "yes", "是"),
        (category("country", en="Country", zh="国家"), "NO", "Norway", "挪威"),
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
    evidence = Finding(0.2149, 0.09, 312)
    assert reason_text(INDUSTRY, "Manufacturing", "en", evidence) == (
        "Industry: Manufacturing; 21% convert vs 9% overall (312 leads)"
    )
    assert (
        reason_text(INDUSTRY, "制造业", "zh", evidence) == "行业：制造业；转化率 21%，整体 9%（样本 312 条）"
    )


def test_the_fake_model_speaks_of_fakes():
    evidence = Finding(0.5, 0.04, 12_345)
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


DURATION = number("wait", en="Days since the last campaign", zh="距上次活动天数", unit="days", group="fit")
MINUTES = number(
    "m", en="Minutes on the phone, last 30 days", zh="近30天通话分钟数", unit="minutes", group="fit"
)
WINDOW = number("w", en="Longest gap, last 30 days", zh="近30天最长间隔", unit="days", group="fit")


@pytest.mark.parametrize(
    ("item", "value", "en", "zh"),
    [
        (DURATION, 15 / 24, "0.6", "0.6"),
        (DURATION, 1.0, "1", "1"),
        (DURATION, 45.6, "46", "46"),
        (MINUTES, 21.0, "21", "21"),
        (WINDOW, 2.0, "2 days", "2 天"),
    ],
)
def test_a_unit_that_the_name_says_is_not_said_again(item, value, en, zh):
    assert value_text(item, value, "en") == en
    assert value_text(item, value, "zh") == zh


@pytest.mark.parametrize(
    ("item", "value", "en", "zh"),
    [
        (category("job_title", transform="seniority", **WORDS), "c_level", "top management", "高管"),
        (category("phone", transform="phone_pattern", **WORDS), "valid_shape", "plausible", "格式正常"),
        (category("name", transform="name_script", **WORDS), "other", "another script", "其他文字"),
        (
            category("message", transform="length_bucket", **WORDS),
            "20_99",
            "20 to 99 characters",
            "20 至 99 字",
        ),
        (category("country", **WORDS), "DE", "Germany", "德国"),
        (category("country", **WORDS), "XX1", "XX1", "XX1"),
        (category("source", **WORDS), "DE", "DE", "DE"),
    ],
)
def test_codes_of_lead_ml_and_countries_have_names(item, value, en, zh):
    assert value_text(item, value, "en") == en
    assert value_text(item, value, "zh") == zh


def test_every_code_that_a_transform_makes_has_a_name_in_every_language():
    made = {
        "seniority": ["c_level", "director", "manager", "staff", "intern_student"],
        "phone_pattern": ["known_fake", "too_short", "too_long", "repeated", "sequential", "valid_shape"],
        "name_script": ["han", "latin", "mixed", "digits", "other"],
        "device": ["bot", "mobile", "desktop", "other"],
        "length_bucket": ["under_20", "20_99", "100_399", "400_up"],
        "phone_country": ["national"],
    }
    for transform, codes in made.items():
        item = category("x", transform=transform, **WORDS)
        for code in codes:
            assert value_text(item, code, "en") != code or code in (
                "director",
                "manager",
                "staff",
                "digits",
                "mobile",
                "desktop",
                "other",
            )
            assert value_text(item, code, "zh") != code


def test_the_table_of_the_project_comes_before_all(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(
        "# ours\nfeature,value,en,zh\nsource,baidu_ads,Baidu,百度\ncountry,DE,Deutschland,德\n*,n_a,none,无\n"
    )
    labels = read_labels(path)
    source, country = (labeled(category(name, **WORDS), labels) for name in ("source", "country"))
    assert [
        value_text(source, v, "en") for v in ("baidu_ads", "Baidu_Ads", "ＢＡＩＤＵ_ads", "n_a", "other")
    ] == [
        "Baidu",
        "Baidu",
        "Baidu",
        "none",
        "other",
    ]
    assert value_text(source, "baidu_ads", "zh") == "百度"
    assert value_text(country, "DE", "en") == "Deutschland"
    domain = labeled(category("source", transform="domain", **WORDS), labels)
    assert value_text(domain, "baidu_ads", "en") == "baidu_ads"
    assert read_labels(tmp_path / "none.csv") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "header of"),
        ("feature,value,en,zh\nsource,x,X\n", "row 2"),
        ("feature,value,en,zh\nsource,x,X,\n", "row 2"),
        ("feature,value,en,zh\nsource,x,X,艾\nsource,X,Y,外\n", "two labels"),
    ],
)
def test_a_damaged_table_of_labels_names_its_row(tmp_path, text, message):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(DeclarationError, match=message):
        read_labels(path)


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (0.0, "", ""),
        (1.0, "", ""),
        (3.0, "; 3 to 4:", "；3 至 4："),
        (11.0, "; 10 or more:", "；10 及以上："),
        (400.0, "; 10 or more:", "；10 及以上："),
    ],
)
def test_evidence_names_its_bin(value, en, zh):
    cells = (None, *[Cell(0.3, 100)] * 4)
    bins = Bins(
        (1.0, 2.0, 3.0, 5.0), (None, *[Cell(0.3, 100)] * 4), Cell(0.2, 90), None, zero_apart=True, whole=True
    )
    bins = msgspec.structs.replace(bins, edges=(1.0, 2.0, 3.0, 5.0, 10.0), cells=(*cells, Cell(0.14, 212)))
    found = Evidence(0.087, {"visits_30d": bins}).lookup("visits_30d", value)
    for lang, among in (("en", en), ("zh", zh)):
        said = reason_text(VISITS, value, lang, found)
        assert (
            (among in said) if among else ("or more" not in said and " to " not in said and "及" not in said)
        )


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_every_value_lies_in_the_bin_that_its_evidence_names(seed):
    rng = np.random.default_rng(seed)
    values = rng.poisson(rng.uniform(0.2, 9), 500).astype(float) if seed % 2 else rng.lognormal(0, 2, 500)
    found = fit_evidence([VISITS], {"visits_30d": values}, rng.random(500) < 0.3)
    for value in values.tolist():
        finding = found.lookup("visits_30d", value)
        if finding is None:
            continue
        low = -np.inf if finding.low is None else finding.low
        high = np.inf if finding.high is None else finding.high
        assert low <= value <= high
        inside = (values >= low) & (values <= high if seed % 2 else values < high)
        if finding.low is not None or finding.high is not None:
            assert finding.leads == inside.sum()
        else:
            assert finding.leads == (values == value).sum()
