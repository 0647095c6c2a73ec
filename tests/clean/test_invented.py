"""Signs that a lead was made up: they fire on what keyboards and robots write, and stay quiet on real people of many languages."""

from __future__ import annotations

import random

import pytest
from faker import Faker
from hypothesis import given
from hypothesis import strategies as st

from lead_ml.clean.invented import counted_mailbox, keyboard_walk, name_in_email, random_letters
from lead_ml.clean.near_text import near_text
from lead_ml.clean.phone import phone_in_country
from lead_ml.clean.trace import link_spam, robot_agent

LOCALES = (
    "en_US",
    "de_DE",
    "fr_FR",
    "es_ES",
    "zh_CN",
    "ja_JP",
    "ru_RU",
    "ko_KR",
    "it_IT",
    "nl_NL",
    "sv_SE",
    "tr_TR",
)


@pytest.mark.parametrize("locale", LOCALES)
def test_real_looking_people_and_firms_raise_no_sign(locale: str) -> None:
    fake = Faker(locale)
    fake.seed_instance(4021)
    found = [
        (text, sign.__name__)
        for _ in range(300)
        for text in (fake.name(), fake.company(), fake.ascii_email())
        for sign in (random_letters, keyboard_walk, counted_mailbox)
        if sign(text) == "true"
    ]
    assert len(found) <= 2, found  # of 2,700


@pytest.mark.parametrize(
    "name",
    ["HSBC", "BMW", "Krzysztof", "KPMG", "Zbigniew Brzezinski", "Nguyen Thi Hoa", "Schwartzkopf", "Hrvoje Krstić", "Ng", "Mr. Xu",
     "Siobhán", "Björk Guðmundsdóttir", "Tchaikovsky", "Wertheim", "Doherty", "Trewin", "IKEA", "ABB", "张三丰", "欧阳娜娜", "Xiao-Ming", "Szczęsny"],
)  # fmt: skip
def test_rare_but_real_names_raise_no_sign(name: str) -> None:
    assert random_letters(name) in ("false", None)
    assert keyboard_walk(name) in ("false", None)


@pytest.mark.parametrize(
    "name", ["xkqzvbt", "qwzxkj", "Vbxqjt Wkzpf", "fjghqzxw@acme.com", "hgjkdfhgkjdf", "sdkjfhskjdfh"]
)
def test_random_letters_show(name: str) -> None:
    assert random_letters(name) == "true"


def test_most_long_random_words_show() -> None:
    rng = random.Random(3)
    words = ["".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(10)) for _ in range(500)]
    assert sum(random_letters(word) == "true" for word in words) > 350


@pytest.mark.parametrize(
    "text",
    ["asdf", "ASDFGH", "qwerty", "Qwer Tyui", "zxcvbn", "lkjh", "poiuytrewq", "1qaz2wsx@qq.com", "qazwsx@a.com", "asdfg@163.com", "hjkhjk",
     "dfgdfg", "啊啊啊", "aaaaa", "xxxx@b.com", "ａｓｄｆｇ"],
)  # fmt: skip
def test_walks_over_the_keyboard_show(text: str) -> None:
    assert keyboard_walk(text) == "true"


@pytest.mark.parametrize(
    ("email", "sign"),
    [
        ("123456@qq.com", "true"),
        ("987654@qq.com", "true"),
        ("111111@qq.com", "true"),
        ("12345@qq.com", "false"),
        ("276543198@qq.com", "false"),
        ("13805712233@139.com", "false"),
        ("wang123456@163.com", "false"),
        ("none", None),
    ],
)
def test_counted_numbers_as_mailboxes_show(email: str, sign: str | None) -> None:
    assert counted_mailbox(email) == sign


@pytest.mark.parametrize(
    ("name", "email", "sign"),
    [
        ("Maria Schneider", "m.schneider@acme.com", "true"),
        ("Schneider, Maria", "maria.s+news@acme.com", "true"),
        ("Dr. Jörg Müller", "jmuller@acme.de", "true"),
        ("John Smith", "js@acme.com", "true"),
        ("王小明", "wangxiaoming@qq.com", "true"),
        ("王小明", "xiaomingw88@qq.com", "true"),
        ("王小明", "wxm1988@qq.com", "true"),
        ("曾伟", "zengwei@163.com", "true"),
        ("Maria Schneider", "joe.fox@acme.com", "false"),
        ("王小明", "lifang@qq.com", "false"),
        ("Maria Schneider", "info@acme.com", None),
        ("王小明", "276543198@qq.com", None),
        ("", "joe@acme.com", None),
        ("Joe", "no address", None),
    ],
)
def test_a_name_is_compared_with_its_address(name: str, email: str, sign: str | None) -> None:
    assert name_in_email(name, email) == sign


@pytest.mark.parametrize(
    ("phone", "country", "sign"),
    [
        ("+49 30 901820", "Deutschland", "true"),
        ("+1 415 555 2671", "CA", "true"),  # one code for North America
        ("13805712233", "中国", "true"),
        ("13805712233", "USA", "false"),
        ("+86 138 0571 2233", "Germany", "false"),
        ("030 901820", "DE", None),
        ("+49 30 901820", "Narnia", None),
        ("none", "DE", None),
    ],
)
def test_a_phone_is_compared_with_its_country(phone: str, country: str, sign: str | None) -> None:
    assert phone_in_country(phone, country) == sign


SPAM = "Dear {name}, we improve the ranking of {site} within {n} days for only ${n}. Hundreds of happy customers trust our team since years. Answer to {mail} or visit {url} now."
SPAM_ZH = "您好{name}，我们专业提供网站推广排名服务，{n}天内首页展示，价格只要{n}元，千家企业的共同选择，详情请看{url}，或者联系邮箱{mail}。"


def letter(template: str, k: int) -> str:
    return template.format(name=("Ann", "Bob")[k % 2], site=f"shop{k}.com", n=10 + k, mail=f"x{k}@a{k}.top", url=f"http://a{k}.xyz/q{k}")  # fmt: skip


@pytest.mark.parametrize("template", [SPAM, SPAM_ZH])
def test_letters_of_one_template_share_a_key(template: str) -> None:
    keys = [near_text(letter(template, k)) for k in range(40)]
    assert None not in keys
    assert max(keys.count(key) for key in set(keys)) >= 20
    assert near_text(letter(template, 0)) == near_text(letter(template, 2).upper())


def test_different_inquiries_have_different_keys() -> None:
    fake = Faker("en_US")
    fake.seed_instance(11)
    texts = [f"Hello, we are interested in your product. {fake.paragraph(3)}" for _ in range(300)]
    assert len({near_text(text) for text in texts}) > 290


@pytest.mark.parametrize("text", ["Please send pricing", "需要报价", "", "http://a.top http://b.top"])
def test_short_messages_have_no_key(text: str) -> None:
    assert near_text(text) is None


@given(st.text(max_size=200))
def test_a_key_of_a_text_holds_no_word_of_it(text: str) -> None:
    key = near_text(text)
    assert key is None or (len(key) == 30 and set(key) <= set("0123456789abcdef"))


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("a.top b.top c.top", "true"),
        ("look: https://bit.ly/2xY", "true"),
        ("cheap SEO backlinks www.a.com", "true"),
        ("代开发票 www.a.cn", "true"),
        ("our site is www.acme.com", "false"),
        ("mail me at li@acme.com, li@b.com, li@c.com", "false"),
        ("SEO question, no link", "false"),
    ],
)
def test_link_spam_shows(text: str, sign: str) -> None:
    assert link_spam(text) == sign


@pytest.mark.parametrize(
    ("agent", "sign"),
    [
        ("Mozilla/5.0 (compatible; bingbot/2.0)", "true"),
        ("curl/8.5.0", "true"),
        ("Go-http-client/2.0", "true"),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/126.0", "true"),
        ("python-requests/2.32", "true"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", "false"),
        ("Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG 9) Chrome/126.0 Mobile", "false"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Mobile/15E148 MicroMessenger/8.0", "false"),
    ],
)
def test_robots_are_told_by_their_agent(agent: str, sign: str) -> None:
    assert robot_agent(agent) == sign
