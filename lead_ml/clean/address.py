"""Postal addresses in parts, by rules for China and for Western forms; what no rule knows stays in the street."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from lead_ml.clean.fold import HAN, join_han
from lead_ml.clean.places import Place, city_of, country_code, province_names, province_of
from lead_ml.clean.text import clean
from lead_ml.clean.word_lists import pattern

_LONGEST = 300  # characters of an address that are looked at
_CHINESE = re.compile(f"[{HAN}]{{2}}")
_SEPARATORS = re.compile(r"[,\u3001;\n]+")
# Postal codes by country, with the city around them where its place is fixed; tried in this order where no country is named.
_FORMS = {
    "US": r"(?P<city>[^\d]*?) ?\b(?P<province>[A-Za-z]{2}|[A-Za-z]{4,}(?: [A-Za-z]{4,})?)\.? (?P<code>\d{5}(?:-\d{4})?)$",
    "CA": r"(?P<city>[^\d]*?) ?\b(?P<province>[A-Za-z]{2}|[A-Za-z]{4,}) (?P<code>[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d)$",
    "AU": r"(?P<city>[^\d]*?) ?\b(?P<province>[A-Za-z]{2,3}|Victoria|Tasmania|Queensland) (?P<code>\d{4})$",
    "CN": r"(?P<city>[^\d]*?) ?\b(?P<province>[A-Za-z]{4,}(?: [A-Za-z]{4,})?),? (?P<code>\d{6})$",
    "GB": r"(?P<city>[^\d]*?) ?\b(?P<code>[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2})$",
    "NL": r"(?:NL-?)?(?P<code>\d{4} ?[A-Za-z]{2}) (?P<city>[^\d]+)$",
}
_CODE_FIRST = r"(?:[A-Z]{{1,2}}[- ])?(?P<code>{digits}) (?P<city>[^\d]+(?: \d{{1,2}})?)$"
_DIGITS = {
    **dict.fromkeys(("DE", "FR", "IT", "ES", "FI", "MX", "TR", "UA", "HR", "EE", "RS"), r"\d{5}"),
    **dict.fromkeys(("AT", "CH", "BE", "DK", "NO", "HU", "LU", "SI", "BG"), r"\d{4}"),
    **dict.fromkeys(("SE", "CZ", "SK", "GR"), r"\d{3} ?\d{2}"),
    "PL": r"\d{2}-\d{3}",
    "PT": r"\d{4}-\d{3}",
    "RU": r"\d{6}",
}
_PROVINCIAL = ("US", "CA", "AU", "CN")


class Address(NamedTuple):
    """The parts of an address; a part that is not there is empty. Country and province are ISO 3166 codes."""

    country: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    postal_code: str = ""


@lru_cache(maxsize=65_536)
def address_parts(text: str, country: str | None = None) -> Address | None:
    """Return the parts of an address; `country` is used where the address names none. None if no part is recognized.

    >>> address_parts("浙江省杭州市西湖区文三路90号 310012")
    Address(country='CN', province='CN-ZJ', city='杭州市', district='西湖区', street='文三路90号', postal_code='310012')
    >>> address_parts("1 Market St, San Francisco, CA 94105")
    Address(country='US', province='US-CA', city='San Francisco', district='', street='1 Market St', postal_code='94105')
    >>> address_parts("Lindenstraße 1, 10969 Berlin, Deutschland")
    Address(country='DE', province='', city='Berlin', district='', street='Lindenstraße 1', postal_code='10969')
    >>> address_parts("somewhere") is None
    True
    """
    cut = pattern("address_label").sub("", clean(text[: 4 * _LONGEST])[:_LONGEST])
    chinese = country in (None, "CN") and _CHINESE.search(cut)
    return _chinese(cut) if chinese else _western(cut, country)


def _chinese(text: str) -> Address | None:
    code = pattern("chinese_post_code").search(text)
    if code:
        text = f"{text[: code.start()]} {text[code.end() :]}"
    rest = pattern("china").sub("", join_han(text.strip()), count=1).lstrip(", ")
    province, rest = _province_at_start(rest)
    city, rest = _city_at_start(rest, province)
    found = city_of(city, "CN") if city else None
    district = pattern("address_district").match(rest) if city or province else None
    if not (province or city):
        return None
    return Address(
        "CN",
        province or (found.province if found else ""),
        (found.name if found else "") or city,
        district[0] if district else "",
        rest[district.end() :].strip(" ,") if district else rest.strip(" ,"),
        code[1] if code else "",
    )


def _province_at_start(text: str) -> tuple[str, str]:
    """Return the code of the province that a text starts with, and what follows; the name of a city of its own stays."""
    name = next((name for name in province_names() if text.startswith(name)), None)
    place = province_of(name, "CN") if name else None
    if name is None or place is None:
        return "", text
    rest = pattern("after_place").sub("", text[len(name) :])
    alone = city_of(name, "CN")
    if alone is None or alone.name != place.name or rest.startswith(place.name):
        return place.province, rest
    return place.province, text  # Beijing is both


def _city_at_start(text: str, province: str) -> tuple[str, str]:
    """Return the city that a text starts with: a known one, or, after a province, whatever is called a city."""
    for size in range(min(12, len(text)), 1, -1):
        place = city_of(text[:size], "CN")
        if place is not None and place.name and province in ("", place.province) and text[:1] >= "\u3400":
            return place.name, pattern("after_place").sub("", text[size:])
    found = pattern("address_city").match(text) if province else None
    return (found[0], text[found.end() :].lstrip(" ,")) if found else ("", text)


def _western(text: str, country: str | None) -> Address | None:
    parts = [" ".join(part.split()) for part in _SEPARATORS.split(text)]
    parts = [part for part in parts if part]
    named = country_code(parts[-1]) if len(parts) > 1 and not re.search(r"\d", parts[-1]) else None
    state = province_of(parts[-1], "US") if len(parts) > 1 and country in (None, "US") else None
    if (
        state is not None and len(parts[-1]) == 2 and not re.search(r"\d", parts[-2])
    ):  # the letters of a state, not of a country: Austin, TX
        return Address("US", state.province, parts[-2], "", ", ".join(parts[:-2]))
    if named is not None:
        country, parts = named, parts[:-1]
    for form_country, form in _forms(country):
        for at in range(len(parts) - 1, -1, -1):
            if found := _read(form, form_country, parts, at):
                return found
    province = province_of(parts[-1], country) if named and parts[1:] else None
    if province is not None and province.province and not city_of(province.name, country):
        parts = parts[:-1]
        city = _city(parts[-1], city_of(parts[-1], country))
        return Address(province.country, province.province, city, "", ", ".join(parts[:-1]))
    place = city_of(parts[-1], country) if parts[1:] or named else None
    if place is not None and place.name:
        return Address(place.country, place.province, _city(parts[-1], place), "", ", ".join(parts[:-1]))
    return Address(country=country or "", street=", ".join(parts)) if named else None


def _city(written: str, place: Place | None) -> str:
    """Return a city as it is written; in China by its Chinese name."""
    return place.name if place is not None and place.country == "CN" and place.name else written


def _read(form: re.Pattern[str], country: str, parts: list[str], at: int) -> Address | None:
    """Return an address whose part number `at` holds the postal code in the form of a country."""
    found = form.search(parts[at]) if len(parts) > 1 else form.fullmatch(parts[at])
    if found is None:
        return None
    fields = found.groupdict()
    place = province_of(fields["province"], country) if country in _PROVINCIAL else None
    if country in _PROVINCIAL and place is None:
        return None
    before, city = parts[:at], fields["city"].strip(" .")
    lead = parts[at][: found.start()].strip(" ,")
    if lead:
        before = [*before, lead]
    if not city and before and country in (*_PROVINCIAL, "GB"):
        city, before = before[-1], before[:-1]
    if country == "CN" and place is not None and city_of(place.name, "CN"):  # Beijing is both
        city, before = place.name, [*before, city]
    town = city_of(city, country or None)
    return Address(
        country or (town.country if town else ""),
        place.province if place else "",
        _city(city, town),
        "",
        ", ".join(filter(None, [*before, *parts[at + 1 :]])),
        _written(fields["code"], country),
    )


def _written(code: str, country: str) -> str:
    """Return a postal code with its blank in the right place."""
    bare = code.upper().replace(" ", "")
    if country in ("GB", "CA"):
        return f"{bare[:-3]} {bare[-3:]}"
    if country == "NL":
        return f"{bare[:4]} {bare[4:]}"
    return f"{bare[:3]} {bare[3:]}" if country in ("SE", "CZ", "SK", "GR") else bare


@cache
def _forms(country: str | None) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the forms of a country; those of several countries that cannot be mixed up where none is known."""
    if country in _FORMS:
        return ((country, re.compile(_FORMS[country])),)
    if country in _DIGITS:
        return ((country, re.compile(_CODE_FIRST.format(digits=_DIGITS[country]))),)
    if country is not None:
        return ()
    forms = [(name, re.compile(form)) for name, form in _FORMS.items()]
    return (*forms, ("", re.compile(_CODE_FIRST.format(digits=r"\d{4,5}"))))
