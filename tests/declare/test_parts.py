"""What the engine asks about declarations."""

from __future__ import annotations

from pathlib import Path

from lead_ml.declare import (
    Age,
    Profile,
    category,
    clock,
    events,
    is_category,
    operands,
    part_name,
    ratio,
    read_table,
    reads,
    reads_clock,
    spelling,
    without,
)

AGE = Age(name="age", en="Age", zh="天数")
CITY = category("city", en="City", zh="城市")


def test_a_ratio_is_derived_from_two_numbers() -> None:
    assert operands(ratio("one", AGE, AGE, en="One", zh="比值")) == (AGE, AGE)
    assert operands(AGE) == ()


def test_texts_are_categories_and_numbers_are_not() -> None:
    assert is_category(CITY)
    assert not is_category(AGE)


def test_the_clock_and_what_is_derived_from_active_days_read_the_calendar() -> None:
    days = events().active_days("days", en="Days", zh="天数")
    assert reads_clock(clock("hour", en="Hour", zh="时段"))
    assert reads_clock(ratio("r", days, AGE, en="R", zh="比值"))
    assert not reads_clock(AGE)


def test_a_category_reads_its_column() -> None:
    assert reads(CITY) == {"city"}


def test_a_part_of_a_profile_is_named_after_both_and_goes_alone() -> None:
    profile = Profile(name="match", columns=("city",), of=(CITY,), en="Match", zh="匹配")
    assert part_name(profile, CITY) == "match/city"
    assert without(CITY, lambda item: item.name == "city") is None
    assert without(profile, lambda item: item.name == "city") == profile
    assert without(profile, lambda _: True) is None


def test_spellings_ignore_case_width_spaces_and_the_suffix_of_cities(tmp_path: Path) -> None:
    assert [spelling(text) for text in (" ＳＨＡＮＧＨＡＩ ", "上海市", "New  York")] == [
        "shanghai",
        "上海",
        "new york",
    ]
    (tmp_path / "cities.csv").write_text("city,tier\nParis,1\n", encoding="utf-8")
    assert read_table(tmp_path / "cities.csv") == {"paris": "1"}
