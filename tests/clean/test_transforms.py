"""Transforms: total, stable, and right where a plain library is wrong."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lead_ml.clean import TRANSFORMS, as_number, normal_email, normal_phone
from lead_ml.clean.word_lists import word_list

NAMES = [
    "buying_words",
    "company_domain",
    "company_key",
    "counted_mailbox",
    "country_code",
    "device",
    "disposable",
    "domain",
    "free_mail",
    "has_url",
    "ip_network",
    "job_function",
    "keyboard_walk",
    "length_bucket",
    "link_spam",
    "name_gibberish",
    "name_placeholder",
    "name_script",
    "near_text",
    "normal_email",
    "normal_phone",
    "phone_country",
    "phone_pattern",
    "promotion_words",
    "random_letters",
    "robot_agent",
    "role_mailbox",
    "seniority",
    "valid_email",
]


def test_no_name_that_a_bundle_may_hold_was_lost() -> None:
    assert set(NAMES) <= set(TRANSFORMS)


def test_nobody_can_change_the_transforms() -> None:
    with pytest.raises(TypeError, match="does not support item assignment"):
        TRANSFORMS["domain"] = str  # type: ignore[index]


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
@settings(deadline=None)  # the first phone number imports its library
@given(text=st.text(max_size=80))
def test_a_transform_takes_any_text(name: str, text: str) -> None:
    found = TRANSFORMS[name](text)
    assert found is None or (isinstance(found, str) and found)


@pytest.mark.parametrize("name", ["normal_email", "normal_phone"])
@settings(deadline=None)  # the first phone number imports its library
@given(text=st.text(alphabet="abc.+@0123456789 -()gmail", max_size=30))
@example(text="0@000000000")
@example(text="(+00)4420794600")
def test_a_normal_form_stays_as_it_is(name: str, text: str) -> None:
    once = TRANSFORMS[name](text)
    if once is not None:
        assert TRANSFORMS[name](once) == once


@settings(deadline=None)  # the first phone number imports its library
@given(st.text(max_size=40))
def test_gibberish_is_a_number_from_nought_to_one(text: str) -> None:
    score = TRANSFORMS["name_gibberish"](text)
    assert score is None or 0 <= as_number(score) <= 1


def test_free_and_disposable_lists_do_not_meet() -> None:
    assert not word_list("free_domains") & word_list("disposable_domains")


@pytest.mark.parametrize(
    "number",
    [
        "138 0571 2233",
        "+86 138-0571-2233",
        "008613805712233",
        "8613805712233",
        "１３８０５７１２２３３",
        "(+86)13805712233",
    ],
)
def test_one_chinese_mobile_has_one_form(number: str) -> None:
    assert normal_phone(number) == "+8613805712233"


@pytest.mark.parametrize(
    "number",
    [
        "1-415-555-2671",
        "1 (415) 555-2671",
        "1(415)555-2671",
        "1.415.555.2671",
        "1 4155552671",
        "14155552671",
        "tel:+14155552671",
        "tel:+1-415-555-2671;ext=12",
        "p:+14155552671",
        "+1 415 555 2671 x12",
        "001 415 555 2671",
        "Phone: 1-415-555-2671",
        "14155552671.0",
        "＋１４１５５５５２６７１",
    ],
)
def test_one_american_number_has_one_form(number: str) -> None:
    assert normal_phone(number) == "+14155552671"
    assert TRANSFORMS["phone_country"](number) == "+1"


@settings(deadline=None)  # the first phone number imports its library
@given(
    st.integers(2, 9),
    st.integers(10, 99),
    st.integers(200, 999),
    st.integers(0, 9999),
    st.sampled_from("-. "),
)
def test_an_american_number_with_its_1_is_never_chinese(a: int, b: int, c: int, d: int, mark: str) -> None:
    grouped = f"1{mark}{a}{b}{mark}{c}{mark}{d:04}"
    assert normal_phone(grouped) == f"+1{a}{b}{c}{d:04}"
    assert TRANSFORMS["phone_country"](f"tel:+1{a}{b}{c}{d:04}") == "+1"


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+86 138 0571 2233", "+86"),
        ("1 380 571 2233", "+1"),
        ("13805712233", "+86"),
        ("手机：13805712233", "+86"),
        ("19912345670", "+86"),
        ("+4930901820", "+49"),
        ("0049 30 901820", "+49"),
        ("011 49 30 901820 12", "+49"),
        ("+49 (0)30 901820", "+49"),
        ("+7 495 123-45-67", "+7"),
        ("+971 4 123 4567", "+971"),
        ("0114 496 0018", "national"),
        ("(415) 555-2671", "national"),
        ("call me", None),
        ("+1", None),
    ],
)
def test_a_number_belongs_to_its_country(number: str, country: str | None) -> None:
    assert TRANSFORMS["phone_country"](number) == country


def test_two_strangers_keep_two_forms() -> None:
    assert normal_phone("415 555 2671") != normal_phone("+44 415 555 2671")
    assert normal_email("li.wei@acme.com") != normal_email("liwei@acme.com")
    assert normal_email("li.wei@gmail.com") == normal_email("LIWEI+x@gmail.com")


@pytest.mark.parametrize(
    "number", ["13800138000", "+86 138 1234 5678", "202-555-0123", "+1 (202) 555-0199", "07700 900123"]
)
def test_numbers_that_nobody_answers_are_known(number: str) -> None:
    assert TRANSFORMS["phone_pattern"](number) == "known_fake"


@pytest.mark.parametrize(
    "number", ["13805712233", "+1 415 867 5309", "+49 171 2385679", "021-6288 7316", "+65 6123 4971"]
)
def test_ordinary_numbers_have_a_valid_shape(number: str) -> None:
    assert TRANSFORMS["phone_pattern"](number) == "valid_shape"


@pytest.mark.parametrize(
    "name",
    ["Krzysztof Nowak", "Zbigniew Brzezinski", "Nguyen Thi Hoa", "Xu Qiang", "欧阳娜娜", "Jürgen Groß"],
)
def test_rare_but_real_names_score_low(name: str) -> None:
    assert as_number(TRANSFORMS["name_gibberish"](name) or "1") <= 0.2


@pytest.mark.parametrize("name", ["dfgdfg", "xkqzvbt", "hjkhjk lkj", "啊啊啊啊"])
def test_keyboard_mash_scores_high(name: str) -> None:
    assert as_number(TRANSFORMS["name_gibberish"](name) or "0") >= 0.5


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("Vice President of Sales", "director"),
        ("Assistant to the CEO", "staff"),
        ("CIO 首席信息官", "c_level"),
        ("采购部主管", "manager"),
        ("Marketing Intern", "intern_student"),
        ("astronaut", None),
    ],
)
def test_titles_give_their_level(title: str, level: str | None) -> None:
    assert TRANSFORMS["seniority"](title) == level
