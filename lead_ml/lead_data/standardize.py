"""The standard forms of the columns of a leads table, as new columns beside the raw ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lead_ml.clean.address import Address, address_parts
from lead_ml.clean.company import company_key
from lead_ml.clean.contact import standard_email, standard_phone, suggested_email
from lead_ml.clean.display import standard_company, standard_name
from lead_ml.clean.fold import simplified
from lead_ml.clean.names import person_key
from lead_ml.clean.person import job_function, name_placeholder, seniority
from lead_ml.clean.phone import phone_pattern
from lead_ml.clean.places import Place, city_of, country_code, province_of
from lead_ml.clean.text import name_key
from lead_ml.clean.word_lists import word_list
from lead_ml.tables.columns import Coded, Mask
from lead_ml.tables.instants import wall_clock
from lead_ml.tables.read.context import ReadContext
from lead_ml.tables.read.mapping import MappedTable

ADDRESS = "address"  # no role of the data contract: found by its header


@dataclass(frozen=True)
class StandardColumn:
    """A column of leads with its standard forms: what is filled, what is valid, what differs from the raw text.

    ``added`` are the new columns by name; ``filled``, ``valid`` and ``changed`` are masks (rows,). A cell is valid if it has a standard
    form, unless it is a filler such as *test* or a number of sample texts such as 13800138000.
    """

    role: str
    column: str
    added: dict[str, Coded]
    filled: Mask
    valid: Mask
    changed: Mask


def standard_columns(table: MappedTable, context: ReadContext) -> tuple[StandardColumn, ...]:
    """Return the standard forms of every column of a leads table that has some."""
    texts = {role: table.text(role) for role in FORMS if role in table.columns}
    if found := address_column(table):
        texts[ADDRESS] = table.text(found)
    places = RowPlaces(texts)
    columns = [_created(table, context)] if "created_at" in table.columns else []
    for role, text in texts.items():
        added = FORMS[role](text, places)
        valid = _any_of(list(added.values())[: _DECIDES.get(role)])
        if role in _INVENTED:
            sign, answers = _INVENTED[role]
            valid &= ~text.map(sign).among(answers)
        first = next(iter(added.values()))
        source = table.mapped.get(found if role == ADDRESS and found else role, role)
        columns.append(
            StandardColumn(role, source, added, text.codes >= 0, valid, valid & _differs(table, role, first))
        )
    return tuple(columns)


def address_column(table: MappedTable) -> str | None:
    """Return the column whose header says that it holds whole addresses."""
    headers = {word.replace("_", " ") for word in word_list("address_headers")}
    return next((name for name in table.columns if name_key(table.mapped.get(name, name)) in headers), None)


class RowPlaces:
    """The country of each row: by its country, else its province, else its city."""

    def __init__(self, texts: dict[str, Coded]) -> None:
        countries = [texts[role].map(find) for role, find in _COUNTRY_OF.items() if role in texts]
        self.country = _first_known(countries)

    def of(self, text: Coded, function: Callable[[str, str | None], str | None]) -> Coded:
        """Apply a function to every pair of a text and its country."""
        if self.country is None:
            return text.map(lambda level: function(level, None))
        return text.paired(self.country, function)


def _first_known(columns: Sequence[Coded]) -> Coded | None:
    """Return the first known value of each row; None without columns."""
    if not columns:
        return None
    rows = zip(*(column.values() for column in columns), strict=True)
    return Coded.of([next((value for value in row if value is not None), None) for row in rows])


def _any_of(columns: Sequence[Coded]) -> Mask:
    known: Mask = np.logical_or.reduce([column.codes >= 0 for column in columns])
    return known


def _differs(table: MappedTable, role: str, standard: Coded) -> Mask:
    """Return where the raw cell is not written as its standard form."""
    raw = table.columns[address_column(table) or "" if role == ADDRESS else role]
    texts = Coded.of([None if level is None else str(level) for level in raw.levels]).coding(raw.codes)
    both = {text: place for place, text in enumerate(dict.fromkeys((*texts.levels, *standard.levels)))}
    ours, theirs = (np.array([*(both[level] for level in column.levels), -1]) for column in (standard, texts))
    differs: Mask = ours[standard.codes] != theirs[texts.codes]
    return differs


def _created(table: MappedTable, context: ReadContext) -> StandardColumn:
    """Return the times of creation in UTC as the reader of the tables understands them; a date without a time stays a date."""
    found = context.timestamps(table, "created_at")
    valid = ~found.missing & ~found.bad
    times = np.datetime_as_string(found.at.astype("datetime64[us]"), unit="s")
    days = np.datetime_as_string(
        wall_clock(found.first, str(context.zone)).astype("datetime64[us]"), unit="D"
    )
    written = np.where(found.first != found.last, days, np.strings.add(times, "Z"))
    utc = Coded.of(
        [text if known else None for text, known in zip(written.tolist(), valid.tolist(), strict=True)]
    )
    changed = valid & _differs(table, "created_at", utc)
    return StandardColumn(
        "created_at",
        table.mapped.get("created_at", "created_at"),
        {"created_at_utc": utc},
        ~found.missing,
        valid,
        changed,
    )


def _address(text: Coded, places: RowPlaces) -> dict[str, Coded]:
    parts = places.of(text, lambda level, country: "\n".join(address_parts(level, country) or ()) or None)
    return {
        f"address_{name}": parts.map(lambda joined, k=k: joined.split("\n")[k] or None)  # type: ignore[misc]
        for k, name in enumerate(Address._fields)
    }


def _city(text: Coded, places: RowPlaces) -> dict[str, Coded]:
    def named(level: str, country: str | None) -> str | None:
        place = city_of(simplified(level), country)
        return place.name or None if place else None

    return {"city_standard": places.of(text, named)}


def _province(text: Coded, places: RowPlaces) -> dict[str, Coded]:
    def coded(level: str, country: str | None) -> str | None:
        place = province_of(simplified(level), country)
        return place.province or None if place else None

    return {"province_code": places.of(text, coded)}


def _country_of(find: Callable[[str], Place | None]) -> Callable[[str], str | None]:
    def country(text: str) -> str | None:
        place = find(simplified(text))
        return place.country if place else None

    return country


_COUNTRY_OF: dict[str, Callable[[str], str | None]] = {
    "country": country_code,
    "region": _country_of(province_of),
    "city": _country_of(city_of),
}
FORMS: dict[str, Callable[[Coded, RowPlaces], dict[str, Coded]]] = {
    "name": lambda text, _: {
        "name_standard": text.map(standard_name),
        "name_key": text.map(lambda name: person_key(simplified(name))),
    },
    "company": lambda text, _: {
        "company_standard": text.map(standard_company),
        "company_key": text.map(lambda name: company_key(simplified(name))),
    },
    "email": lambda text, _: {
        "email_standard": text.map(standard_email),
        "email_suggested": text.map(suggested_email),
    },
    "phone": lambda text, places: {"phone_e164": places.of(text, standard_phone)},
    "country": lambda text, _: {"country_code": text.map(country_code)},
    "region": _province,
    "city": _city,
    ADDRESS: _address,
    "job_title": lambda text, _: {
        "seniority": text.map(lambda title: seniority(simplified(title))),
        "job_function": text.map(lambda title: job_function(simplified(title))),
    },
}
# Signs with which a cell is not valid although it has a standard form.
_INVENTED: dict[str, tuple[Callable[[str], str | None], frozenset[str]]] = {
    "name": (name_placeholder, frozenset({"true"})),
    "company": (name_placeholder, frozenset({"true"})),
    "phone": (phone_pattern, frozenset({"known_fake"})),
}
_DECIDES = {
    "name": 2,
    "company": 2,
    "email": 1,
}  # how many of the new columns make a cell valid; all, where not named
