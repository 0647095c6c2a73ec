"""Standard forms of emails, phones, places, addresses, names and titles: tables of variants in both languages, and their algebra."""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lead_ml.clean.address import Address, address_parts
from lead_ml.clean.contact import standard_email, standard_phone, suggested_email
from lead_ml.clean.display import standard_company, standard_name
from lead_ml.clean.person import job_function
from lead_ml.clean.places import city_of, country_code, province_of
from lead_ml.errors import MissingExtra

TEXTS = st.text(max_size=40) | st.text(alphabet="aB1@.+-() 0省市区路中国北京杭州浙江,,CA94105", max_size=40)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("1-415-555-2671", "US", "+14155552671"),
        ("1-415-555-2671", None, "+14155552671"),
        ("1-415-555-2671", "CN", "+14155552671"),
        ("1 (415) 555-2671", "DE", "+14155552671"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("415.555.2671 ext. 12", "US", "+14155552671"),
        ("(415) 555-2671", None, None),
        ("138 0571 2233", "CN", "+8613805712233"),
        ("１３８０５７１２２３３", None, "+8613805712233"),
        ("86 13805712233", "CN", "+8613805712233"),
        ("0086-138-0571-2233", "DE", "+8613805712233"),
        ("13805712233", "DE", "+8613805712233"),
        ("0571-8765 4321", "CN", "+8657187654321"),
        ("0571-8765 4321", None, None),
        ("0571-87654321转8001", "CN", "+8657187654321"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("+44 (0)20 7946 0018", "US", "+442079460018"),
        ("030 901820", "DE", "+4930901820"),
        ("p:+14155552671", "DE", "+14155552671"),
        ("tel:+49-30-901820", None, "+4930901820"),
        ("011 49 30 901820", "US", "+4930901820"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("13805712233.0", "CN", "+8613805712233"),
        ("12345", "CN", None),
        ("call me", "US", None),
        ("+999 123456789", None, None),
    ],
)
def test_a_number_has_the_form_of_its_region(text: str, region: str | None, number: str | None) -> None:
    assert standard_phone(text, region) == number


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" Li.Wei@ACME.com ", "li.wei@acme.com"),
        ("mailto:li@acme.com", "li@acme.com"),
        ("Li Wei <li@acme.com>", "li@acme.com"),
        ("ｌｉ＠ａｃｍｅ．ｃｏｍ", "li@acme.com"),
        ("info@münchen.de", "info@münchen.de"),
        ("info@xn--mnchen-3ya.de", "info@münchen.de"),
        ("INFO@MÜNCHEN.DE", "info@münchen.de"),
        ("a..b@acme.com", None),
        (".a@acme.com", None),
        ("a@-acme.com", None),
        ("a@b", None),
        ("not an address", None),
    ],
)
def test_an_address_has_one_form(text: str, email: str | None) -> None:
    assert standard_email(text) == email


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("li@gmial.com", "gmail.com"),
        ("li@gmal.com", "gmail.com"),
        ("li@gmaill.com", "gmail.com"),
        ("li@gnail.com", "gmail.com"),
        ("li@gmail.con", "gmail.com"),
        ("li@hotmial.com", "hotmail.com"),
        ("li@outlok.com", "outlook.com"),
        ("li@yaho.com", "yahoo.com"),
        ("li@qq.con", "qq.com"),
        ("li@163.cmo", "163.com"),
    ],
)
def test_a_typing_error_gives_a_suggestion_and_changes_nothing(text: str, meant: str) -> None:
    assert suggested_email(text) == f"li@{meant}"
    assert standard_email(text) == text


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "mail.com", "email.com", "ymail.com", "gmx.de", "yahoo.co.jp", "yahoo.fr", "qq.cn", "126.com", "188.com", "acme.com",
     "gail.com", "hotmail.fr", "outlook.de", "foxmail.com", "sina.cn", "163.net"],
)  # fmt: skip
def test_real_domains_give_no_suggestion(domain: str) -> None:
    assert suggested_email(f"li@{domain}") is None


@pytest.mark.parametrize(
    ("code", "names"),
    [
        (
            "CN",
            ["China", "中国", "中國", "PRC", "P.R. China", "中华人民共和国", "CHN", "cn", "Chine", "Китай"],
        ),
        ("US", ["USA", "U.S.", "United States", "美国", "美國", "us", "Vereinigte Staaten", "États-Unis"]),
        ("DE", ["Germany", "Deutschland", "德国", "Allemagne", "DEU", "de"]),
        ("GB", ["UK", "U.K.", "England", "英国", "Great Britain", "United Kingdom", "Scotland"]),
        ("HK", ["Hong Kong", "香港", "HK", "中国香港"]),
        ("TW", ["Taiwan", "台湾", "臺灣"]),
        ("KR", ["South Korea", "Korea", "韩国", "Republic of Korea"]),
        ("CI", ["Côte d’Ivoire", "CIV"]),
        ("VN", ["Vietnam", "Viet Nam", "越南"]),
        (None, ["Narnia", "EU", "世界", "x", "??"]),
    ],
)
def test_a_country_has_one_code(code: str | None, names: list[str]) -> None:
    assert {country_code(name) for name in names} == {code}


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("浙江", None, "CN-ZJ"),
        ("浙江省", None, "CN-ZJ"),
        ("Zhejiang", None, "CN-ZJ"),
        ("zhejiang province", "CN", "CN-ZJ"),
        ("内蒙古", None, "CN-NM"),
        ("Inner Mongolia", None, "CN-NM"),
        ("广西壮族自治区", None, "CN-GX"),
        ("Beijing", None, "CN-BJ"),
        ("北京市", None, "CN-BJ"),
        ("CN-GD", None, "CN-GD"),
        ("陕西", None, "CN-SN"),
        ("山西", None, "CN-SX"),
        ("California", None, "US-CA"),
        ("加州", None, "US-CA"),
        ("CA", "US", "US-CA"),
        ("CA", None, None),
        ("wa", "AU", "AU-WA"),
        ("Bayern", None, "DE-BY"),
        ("Ontario", "CA", "CA-ON"),
        ("Ontario", "US", None),
        ("nowhere", None, None),
    ],
)
def test_a_province_has_one_code(text: str, country: str | None, code: str | None) -> None:
    found = province_of(text, country)
    assert (found.province if found else None) == code


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("杭州", ("CN", "CN-ZJ", "杭州市")),
        ("hangzhou", ("CN", "CN-ZJ", "杭州市")),
        ("Xi'an", ("CN", "CN-SN", "西安市")),
        ("Xian", ("CN", "CN-SN", "西安市")),
        ("大理", ("CN", "CN-YN", "大理白族自治州")),
        ("Suzhou", ("CN", "", "")),
        ("München", ("DE", "", "Munich")),
        ("慕尼黑", ("DE", "", "Munich")),
        ("New York", ("US", "", "New York")),
        ("London", ("GB", "", "London")),
        ("圣地亚哥", None),
        ("Atlantis", None),
    ],
)
def test_a_city_is_found_in_both_languages(text: str, place: tuple[str, str, str] | None) -> None:
    assert city_of(text) == place


ADDRESSES = {
    "浙江省杭州市西湖区文三路90号 310012": ("CN", "CN-ZJ", "杭州市", "西湖区", "文三路90号", "310012"),
    "邮编：310012 浙江杭州西湖区文三路90号": ("CN", "CN-ZJ", "杭州市", "西湖区", "文三路90号", "310012"),
    "地址：中国广东省深圳市南山区科苑路15号": ("CN", "CN-GD", "深圳市", "南山区", "科苑路15号", ""),
    "北京市海淀区中关村大街27号": ("CN", "CN-BJ", "北京市", "海淀区", "中关村大街27号", ""),
    "上海浦东新区世纪大道100号": ("CN", "CN-SH", "上海市", "浦东新区", "世纪大道100号", ""),
    "杭州西湖区龙井路1号": ("CN", "CN-ZJ", "杭州市", "西湖区", "龙井路1号", ""),
    "广西南宁市青秀区": ("CN", "CN-GX", "南宁市", "青秀区", "", ""),
    "新疆伊犁哈萨克自治州伊宁市解放路1号": ("CN", "CN-XJ", "伊犁哈萨克自治州", "伊宁市", "解放路1号", ""),
    "Room 5, 100 Wensan Road, Hangzhou, Zhejiang 310012, China": ("CN", "CN-ZJ", "杭州市", "", "Room 5, 100 Wensan Road", "310012"),
    "27 Zhongguancun St, Haidian District, Beijing 100080": ("CN", "CN-BJ", "北京市", "", "27 Zhongguancun St, Haidian District", "100080"),
    "1600 Amphitheatre Parkway, Mountain View, CA 94043, USA": ("US", "US-CA", "Mountain View", "", "1600 Amphitheatre Parkway", "94043"),
    "350 Fifth Avenue\nNew York, NY 10118-0001": ("US", "US-NY", "New York", "", "350 Fifth Avenue", "10118-0001"),
    "1 Main St, Austin, TX": ("US", "US-TX", "Austin", "", "1 Main St", ""),
    "10 Downing Street, London sw1a2aa, UK": ("GB", "", "London", "", "10 Downing Street", "SW1A 2AA"),
    "24 Sussex Drive, Ottawa, ON K1M1M4, Canada": ("CA", "CA-ON", "Ottawa", "", "24 Sussex Drive", "K1M 1M4"),
    "1 Macquarie St, Sydney NSW 2000": ("AU", "AU-NSW", "Sydney", "", "1 Macquarie St", "2000"),
    "Musterstr. 5, 80331 München": ("DE", "", "München", "", "Musterstr. 5", "80331"),
    "Musterstr. 5, 80331 Berlin, DE": ("DE", "", "Berlin", "", "Musterstr. 5", "80331"),
    "Bahnhofstr. 1, CH-8001 Zürich, Schweiz": ("CH", "", "Zürich", "", "Bahnhofstr. 1", "8001"),
    "55 Rue Saint-Honoré, 75008 Paris, France": ("FR", "", "Paris", "", "55 Rue Saint-Honoré", "75008"),
    "Damrak 1, 1012lg Amsterdam": ("NL", "", "Amsterdam", "", "Damrak 1", "1012 LG"),
    "Kungsgatan 1, 11143 Stockholm, Sweden": ("SE", "", "Stockholm", "", "Kungsgatan 1", "111 43"),
}  # fmt: skip


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_has_its_parts(text: str) -> None:
    assert address_parts(text) == Address(*ADDRESSES[text])


@pytest.mark.parametrize(
    "text", ["5 Main St", "1, 2, 3", "", ",,,", "東京都千代田区丸の内1-1", "call me", "省市区"]
)
def test_what_no_rule_knows_has_no_parts(text: str) -> None:
    assert address_parts(text) is None


@pytest.mark.parametrize(
    ("title", "function"),
    [
        ("Sales Engineer", "sales"),
        ("VP of Engineering", "technology"),
        ("IT Buyer", "procurement"),
        ("HR Business Partner", "human_resources"),
        ("General Counsel", "legal"),
        ("Customer Success Manager", "customer_service"),
        ("Head of Brand", "marketing"),
        ("CFO", "finance"),
        ("Product Owner", "product"),
        ("Plant Manager", "operations"),
        ("Geschäftsführer", "general_management"),
        ("Leiter Einkauf", "procurement"),
        ("销售总监", "sales"),
        ("采购部主管", "procurement"),
        ("人力资源经理", "human_resources"),
        ("市场专员", "marketing"),
        ("财务总监", "finance"),
        ("产品经理", "product"),
        ("研发工程师", "technology"),
        ("运营主管", "operations"),
        ("董事长", "general_management"),
        ("astronaut", None),
    ],
)
def test_a_title_gives_its_function(title: str, function: str | None) -> None:
    assert job_function(title) == function


@settings(deadline=None)
@given(TEXTS)
@example("+1 (415) 555-2671")
@example("MC DONALD")
@example("浙江省市区")
def test_a_standard_form_is_its_own_standard_form(text: str) -> None:
    for form in (standard_email, standard_name, standard_company, standard_phone):
        found = form(text)
        assert found is None or form(found) == found, form.__name__
    for region in ("CN", "US", "DE"):
        number = standard_phone(text, region)
        assert number is None or {standard_phone(number, other) for other in (None, "CN", "GB", "US")} == {
            number
        }
    code = country_code(text)
    assert code is None or country_code(code) == code
    place = province_of(text)
    assert place is None or not place.province or province_of(place.province) == place
    assert suggested_email(suggested_email(text) or "") is None


@settings(deadline=None)
@given(TEXTS)
def test_an_address_invents_nothing(text: str) -> None:
    found = address_parts(text)
    if found is not None and found.country != "CN":
        assert set(found.street) <= set(text) | {",", " "} or not text.isascii()
        assert set(found.postal_code.lower().replace(" ", "")) <= set(text.lower()) or not text.isascii()


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "email_validator", None)
    with pytest.raises(MissingExtra, match=r"email-validator is not installed.*lead-ml\[leads\]"):
        standard_email("a@b.co")
