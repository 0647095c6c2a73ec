"""Keys of companies and people: one key for the spellings of one name, two keys for two names."""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lead_ml.clean.company import company_key
from lead_ml.clean.fold import fold, simplified
from lead_ml.clean.names import person_key, pinyin
from lead_ml.errors import MissingExtra

COMPANIES = {
    "acme": ["ACME Inc.", "Acme, Inc", "ＡＣＭＥ　ＩＮＣ", "The Acme Company", "Acme Co., Ltd.", "ACME L.L.C.", "Acme plc", "acme pty ltd",
             "Acme Private Limited", "Acme Pvt. Ltd.", "Acme Sdn. Bhd.", "Acme Holdings Group", "ACME Corporation", "PT Acme Tbk"],
    "muller and sohne": ["Müller & Söhne GmbH", "MÜLLER und SÖHNE GmbH & Co. KG", "Müller + Söhne G.m.b.H.", "Müller & Söhne UG (haftungsbeschränkt)",
                         "Firma Müller & Söhne e.K.", "Müller & Söhne KGaA", "Müller & Söhne Ges.m.b.H."],
    "dupont": ["Dupont S.A.", "DUPONT SA", "Dupont S.A.S.", "SARL Dupont", "Dupont S.à r.l.", "S.A.R.L. Dupont", "Dupont et Cie", "Société Dupont"],
    "garcia": ["García S.L.", "Garcia, S.L.U.", "GARCÍA S.A. de C.V.", "García S. de R.L. de C.V.", "García y Cía"],
    "rossi": ["Rossi S.p.A.", "ROSSI SPA", "Rossi S.r.l.", "Rossi s r l", "Rossi Srls", "Rossi & C. S.n.c."],
    "zabka": ["Żabka Sp. z o.o.", "ŻABKA SP Z O O", "Żabka S.A.", "Żabka Spółka z ograniczoną odpowiedzialnością", "Żabka sp.j."],
    "orsted": ["Ørsted A/S", "ORSTED A/S", "Ørsted ApS", "Ørsted AS", "Ørsted AB (publ)", "Ørsted Oyj", "Ørsted hf."],
    "华为技术": ["华为技术有限公司", "华为 技术 有限公司", "华为技术股份有限公司", "华为技术有限责任公司", "华为技术集团", "华为技术集团有限公司",
                 "华为技术有限公司深圳分公司", "华为技术（集团）股份有限公司", "华为技术公司"],
    "日立製作所": ["株式会社日立製作所", "日立製作所株式会社", "㈱日立製作所", "(株) 日立製作所"],
    "삼성전자": ["삼성전자 주식회사", "(주)삼성전자"],
    "ромашка": ["ООО «Ромашка»", "ОАО Ромашка", "Ромашка ООО"],
}  # fmt: skip
KEPT = [
    "集团",
    "有限公司",
    "Holding AG",
    "Limited",
    "The Group",
    "Co. Ltd",
    "GmbH & Co. KG",
    "股份有限公司",
    "(株)",
]
PEOPLE = {
    "jorg muller": ["Jörg Müller", "Dr. Jörg Müller", "Müller, Jörg", "Herr Prof. Dr. Jörg  MÜLLER", "MÜLLER, Dr. Jörg", "Jörg Müller (Vertrieb)",
                    "Ｊörg Ｍüller", "Müller, Jörg, Ph.D.", "Jörg Müller MBA", "Dipl.-Ing. Jörg Müller", "Mag. Jörg Müller"],
    "john oneil jr": ["Mr. John O'Neil, Jr.", "John O’Neil Jr", "O'Neil, John, Jr.", "O'Neil, Jr., John"],
    "anne marie lefevre": ["Anne-Marie Lefèvre", "Mme Anne Marie LEFEVRE", "Lefèvre, Anne-Marie"],
    "王小明": ["王小明", "王 小明", "王小明先生", "王小明 女士", "王，小明", "王小明（采购部）", "王小明总经理", "王　小明"],
    "田中太郎": ["田中太郎様", "田中 太郎", "田中太郎さん"],
}  # fmt: skip
TEXTS = st.text(max_size=40) | st.text(alphabet="aA. ,&/()'éßøŁ有限公司集团分王先生-SZoJr株", max_size=30)


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in COMPANIES.items() for text in texts])
def test_the_spellings_of_a_company_have_one_key(key: str, text: str) -> None:
    assert company_key(text) == key


@pytest.mark.parametrize("text", KEPT)
def test_a_name_of_legal_forms_only_is_not_emptied(text: str) -> None:
    assert company_key(text)


@pytest.mark.parametrize(
    "text", ["Booking.com", "AB InBev", "SAP", "3M", "Co-op Bank", "中国移动", "集团军", "Sage", "SE Ranking"]
)
def test_words_that_only_look_like_a_legal_form_stay(text: str) -> None:
    key = company_key(text)
    assert key is not None
    assert key.replace(" ", "") == fold(text).replace("-", "").replace(".", "").replace(" ", "")


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in PEOPLE.items() for text in texts])
def test_the_spellings_of_a_person_have_one_key(key: str, text: str) -> None:
    assert person_key(text) == key


@pytest.mark.parametrize(
    "text",
    ["jack ma", "don draper", "pan wei", "m night shyamalan", "ing grid", "ba win", "sean penn", "王总明"],
)
def test_names_that_look_like_titles_stay(text: str) -> None:
    assert person_key(text.title()) == text


@pytest.mark.parametrize("text", ["Dr.", "Ing.", "先生", "Mr", "PhD", "(Bob)", "Jr.", "Miss, Mrs"])
def test_a_name_of_titles_only_is_not_emptied(text: str) -> None:
    assert person_key(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [("John Smith", "John Smith Jr."), ("王伟", "王卫"), ("Jane Doe", "John Doe"), ("Li Na", "Na Li")],
)
def test_two_people_have_two_keys(one: str, other: str) -> None:
    assert person_key(one) != person_key(other)


@settings(deadline=None)
@given(TEXTS)
@example("sp z o o")
@example("a s.a.")
@example("O%G")
@example("公司分公司")
@example("İ.a s")
@example("x (株) y")
def test_a_key_of_a_key_is_the_key(text: str) -> None:
    for key_of in (company_key, person_key):
        key = key_of(text)
        assert key is None or key_of(key) == key


@settings(deadline=None)
@given(TEXTS)
def test_width_case_and_blanks_change_no_key(text: str) -> None:
    for key_of in (company_key, person_key):
        assert key_of(f" \u3000{text}  ") == key_of(text)
    wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)
    assert company_key(wide) == company_key(text)
    assert person_key(wide) == person_key(text)


@given(st.text(alphabet="., -&()/'\u3000—…", max_size=20))
def test_punctuation_has_no_key(text: str) -> None:
    assert company_key(text) is None
    assert person_key(text) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [("曾志伟", "zeng zhi wei"), ("解晓东", "xie xiao dong"), ("查良镛", "zha liang yong"), ("翟天临", "zhai tian lin"), ("尉迟恭", "yu chi gong"),
     ("單雄信", "shan xiong xin"), ("朴槿惠", "piao jin hui"), ("吕布", "lu bu"), ("王伟 Wei Wang", "wang wei Wei Wang"), ("Zoë", "Zoë"),
     ("重庆长安汽车", "chong qing chang an qi che")],
)  # fmt: skip
def test_chinese_is_read_with_surnames(text: str, read: str) -> None:
    assert pinyin(text) == read


def test_traditional_and_simplified_spellings_meet() -> None:
    assert simplified("陳偉") == "陈伟"
    assert company_key(simplified("華為技術有限責任公司")) == "华为技术"
    assert simplified("Chen Wei") == "Chen Wei"


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from lead_ml.clean import fold as folding

    monkeypatch.setitem(sys.modules, "opencc", None)
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    folding._converter.cache_clear()
    with pytest.raises(MissingExtra, match=r"lead-ml\[leads\]"):
        simplified("測試缺少")
    with pytest.raises(MissingExtra, match=r"lead-ml\[leads\]"):
        pinyin("测试缺少")
