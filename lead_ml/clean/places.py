"""Countries, provinces and cities: their names in several languages to ISO 3166 codes.

Names of countries and of the cities that time zones are named after come from babel; those of provinces and other cities are in
``places.toml``. A name of several places counts only if the country says which one is meant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from lead_ml.clean.fold import fold
from lead_ml.clean.word_lists import pattern

_LANGUAGES = ("en", "zh", "zh_Hant", "de", "fr", "es", "it", "pt", "nl", "ru", "ja", "ko")
_NO_COUNTRY = frozenset(("EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"))
_BETWEEN = re.compile(r"[\W_]+")


class Place(NamedTuple):
    """A city or a province: ISO 3166-1 and -2 codes (the second one is empty where unknown) and a name.

    Names are Chinese for places of China and English for all others.
    """

    country: str
    province: str
    name: str


@lru_cache(maxsize=65_536)
def country_code(text: str) -> str | None:
    """Return the two-letter ISO 3166-1 code of a country; None if it is unknown.

    >>> [country_code(text) for text in ("Germany", "deutschland", "中国大陆", "U.S.A.", "uk", "CHN", "Narnia")]
    ['DE', 'DE', 'CN', 'US', 'GB', 'CN', None]
    """
    return _countries().get(_key(text))


@lru_cache(maxsize=65_536)
def province_of(text: str, country: str | None = None) -> Place | None:
    """Return a province or state of China, the United States, Canada, Australia or Germany.

    Short codes such as CA count only if the country is known.

    >>> province_of("浙江"), province_of("Zhejiang Province")
    (Place(country='CN', province='CN-ZJ', name='浙江省'), Place(country='CN', province='CN-ZJ', name='浙江省'))
    >>> province_of("加州"), province_of("CA"), province_of("CA", "US").province
    (Place(country='US', province='US-CA', name='California'), None, 'US-CA')
    """
    key = _key(text)
    if country is not None and (coded := _province_codes().get((country, key))):
        return coded
    return _meant(
        _provinces().get(key) or _provinces().get(pattern("province_word").sub("", key), ()), country
    )


@lru_cache(maxsize=65_536)
def city_of(text: str, country: str | None = None) -> Place | None:
    """Return a city of China, or a large one elsewhere; its province is empty where two cities of a country share the name.

    >>> city_of("杭州"), city_of("Shenzhen City").name, city_of("Suzhou").province, city_of("慕尼黑").country
    (Place(country='CN', province='CN-ZJ', name='杭州市'), '深圳市', '', 'DE')
    """
    key = _key(text)
    return _meant(_cities().get(key) or _cities().get(pattern("city_word").sub("", key), ()), country)


def province_names() -> tuple[str, ...]:
    """Return the Chinese names of the provinces of China, long and short, the longest first."""
    full = [province["zh"] for province in _file()["china"].values()]
    return tuple(
        sorted(
            {*full, *(pattern("place_kind").sub("", name) for name in full)},
            key=lambda name: (-len(name), name),
        )
    )


def _meant(places: tuple[Place, ...], country: str | None) -> Place | None:
    """Return the only place, if there is one; of several in one country what they share."""
    found = [place for place in places if country in (None, place.country)]
    if not found or len({place.country for place in found}) > 1:
        return None
    if len(set(found)) == 1:
        return found[0]
    names = {place.name for place in found}
    return Place(found[0].country, "", names.pop()) if len(names) == 1 else Place(found[0].country, "", "")


def _key(text: str) -> str:
    return _BETWEEN.sub("", fold(text))


@cache
def _countries() -> dict[str, str]:
    from babel import Locale
    from babel.core import get_global

    codes = {str(code) for code in Locale.parse("en").territories if len(str(code)) == 2} - _NO_COUNTRY
    older = {_key(code): to[0] for code, to in get_global("territory_aliases").items() if len(to) == 1}
    found = {key: code for key, code in older.items() if code in codes}
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in codes:
                found.setdefault(_key(name), code)
                found[_key(code)] = code
    own = {_key(word): code for code, words in _file()["countries"].items() for word in words.split()}
    return {**found, **own}


@cache
def _provinces() -> dict[str, tuple[Place, ...]]:
    return _by_key(_province_names())


@cache
def _province_codes() -> dict[tuple[str, str], Place]:
    """Return the provinces by country and short code, which means something else elsewhere."""
    places = {place for places in _provinces().values() for place in places}
    return {(place.country, _key(place.province[3:])): place for place in places}


@cache
def _cities() -> dict[str, tuple[Place, ...]]:
    return _by_key(_city_names())


def _by_key(named: Iterator[tuple[str, Place]]) -> dict[str, tuple[Place, ...]]:
    found: dict[str, dict[Place, None]] = defaultdict(dict)
    for name, place in named:
        found[_key(name)][place] = None
    return {key: tuple(places) for key, places in found.items()}


def _province_names() -> Iterator[tuple[str, Place]]:
    for code, item in _file()["china"].items():
        place = Place("CN", f"CN-{code}", item["zh"])
        for name in (item["zh"], pattern("place_kind").sub("", item["zh"]), item["en"], place.province):
            yield name, place
    for country, provinces in _file()["provinces"].items():
        for code, *names in _words(provinces):
            place = Place(country, f"{country}-{code}", names[0])
            for name in (*names, place.province):
                yield name, place


def _city_names() -> Iterator[tuple[str, Place]]:
    for code, item in _file()["china"].items():
        for chinese, english in _words(item["cities"]):
            place = Place("CN", f"CN-{code}", chinese)
            for name in (
                chinese,
                pattern("place_kind").sub("", pattern("autonomous_peoples").sub("", chinese)),
                english,
            ):
                yield name, place
    listed: set[tuple[str, str]] = set()
    for country, cities in _file()["cities"].items():
        for names in _words(cities):
            listed.update((country, _key(name)) for name in names)
            yield from ((name, Place(country, "", names[0])) for name in names)
    yield from ((name, place) for name, place in _zone_cities() if (place.country, _key(name)) not in listed)


def _zone_cities() -> Iterator[tuple[str, Place]]:
    """Yield the cities that time zones are named after, in English and Chinese; those of China are in the file."""
    from babel import Locale
    from babel.core import get_global

    english, chinese = Locale.parse("en").time_zones, Locale.parse("zh").time_zones
    for zone, country in get_global("zone_territories").items():
        if len(country) != 2 or country in ("CN", "AQ", "ZZ") or "/" not in zone:
            continue
        name = english.get(zone, {}).get("city") or zone.rpartition("/")[2].replace("_", " ")
        place = Place(country, "", name)
        yield name, place
        if other := chinese.get(zone, {}).get("city"):
            yield other, place


def _words(text: str) -> Iterator[list[str]]:
    return ([part.replace("_", " ") for part in word.split(":")] for word in text.split())


@cache
def _file() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(Path(__file__).with_name("places.toml").read_text(encoding="utf-8"))
