"""Who the leads are: companies, people and contact data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.demo.vocabulary import vocabulary
from lead_ml.tables.dataset import Floats, Indices

Objects = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]
Weighted = Sequence[tuple[str, float, float]]

_LEADS_PER_COMPANY = 1.7
_NO_ACCOUNT = 0.12
_SWITCHBOARD = 0.08  # share of persons who give the number that all of their company share
_FIRST, _PHONE, _MAIL, _BOTH, _REWRITTEN, _NEITHER = range(6)
# How a returning person writes phone and e-mail, from _PHONE on.
_KEPT_CONTACT = (0.20, 0.20, 0.12, 0.22, 0.26)
_OTHER_NAME = 0.35  # share of returning persons who write their name in another way
# Share of the products by class of company size, and the effect of a product made for a class that is so far away.
_WANTED = np.array([[0.70, 0.25, 0.05], [0.20, 0.65, 0.15], [0.05, 0.35, 0.60]])
_MISFIT = np.array([0.35, -0.35, -1.6])


@dataclass(frozen=True)
class People:
    """Columns of the persons behind the leads, how well they fit (logit scale, mean near 0), and what they want to buy.

    ``product_effect`` depends on product and company size together: small firms buy the small product. ``deal`` is the
    usual amount of that product.
    """

    columns: Mapping[str, Objects]
    company_row: Indices
    fit: Floats
    product_effect: Floats
    deal: Floats


def draw_people(rng: np.random.Generator, person: Indices) -> People:
    """Draw a person for every lead; ``person[i]`` is the row of the first lead of this person.

    Everything belongs to the person, so two leads of one person differ at most in the contact data and how the name is
    written.
    """
    size, again = len(person), person != np.arange(len(person))
    company, companies = _companies(rng, size)
    company = company[person]
    columns = {name: values[company] for name, values in companies.items()}
    chinese = columns["country"] == "CN"
    level, level_effect = pick(rng, vocabulary().levels, size)
    columns["job_title"] = _titles(rng, level, chinese)[person]
    names, handles = _names(rng, chinese)
    names, handles = names[person], handles[person]
    other = again & (rng.random(size) < _OTHER_NAME)
    columns["name"] = np.where(other, _other_names(names, handles), names)
    free = (rng.random(size) < np.where(columns["company_size"] == "1-10", 0.5, 0.2))[person]
    kept = np.where(again, _PHONE + rng.choice(5, size, p=_KEPT_CONTACT), _FIRST)
    new_mail = np.isin(kept, (_PHONE, _REWRITTEN, _NEITHER))
    mails = _emails(rng, handles, columns["domain"], free | new_mail, chinese)
    columns["email"] = np.where(new_mail, mails, mails[person])
    phones = _phones(rng, columns["country"])
    shared = (rng.random(size) < _SWITCHBOARD)[person]
    _, first, colleagues = np.unique(company, return_index=True, return_inverse=True)
    phones = np.where(shared, phones[first[colleagues]], phones)
    rewritten = np.array([_rewritten(phone) for phone in phones[person]], dtype=object)
    columns["phone"] = np.select(
        [np.isin(kept, (_MAIL, _NEITHER)), kept == _REWRITTEN], [phones, rewritten], phones[person]
    )
    columns["product"], product_effect, deal = _products(rng, columns["company_size"], person)
    fit = companies["fit"][company].astype(np.float64) + level_effect[person] - 0.4 * free
    owner_decides = (columns["company_size"] == "1-10") & (level == "c_level")[person]
    fit = fit + np.where(owner_decides, 0.7, 0.0)
    accounts = np.array([f"A{row:05d}" for row in company], dtype=object)
    columns["account_id"] = blanked(rng, accounts, _NO_ACCOUNT, person)
    shown = {name: columns[name] for name in columns if name not in ("fit", "domain")}
    return People(shown, company, fit, product_effect, deal)


def _products(
    rng: np.random.Generator, company_size: Objects, person: Indices
) -> tuple[Objects, Floats, Floats]:
    sizes = [name for name, _, _ in vocabulary().sizes]
    made_for = np.array([sizes.index(name) for name in company_size]) // 2
    share = _WANTED.cumsum(axis=1)[made_for]
    wanted = (rng.random(len(person))[person, None] > share).sum(axis=1)
    names, classes, deals = zip(*vocabulary().products, strict=True)
    effect = _MISFIT[np.abs(np.array(classes, dtype=np.int64)[wanted] - made_for)]
    return np.array(names, dtype=object)[wanted], effect, np.array(deals)[wanted]


def _other_names(names: Objects, handles: Objects) -> Objects:
    """Return each name as the same person may write it elsewhere: in pinyin, or the last name first."""
    written = [
        handle.replace(".", " ").title() if not name.isascii() else ", ".join(reversed(name.split(" ", 1)))
        for name, handle in zip(names, handles, strict=True)
    ]
    return np.array(written, dtype=object)


def _rewritten(phone: str) -> str:
    """Return the same number as it may be written elsewhere.

    >>> _rewritten("+1 212 555-0147"), _rewritten("13912345678")
    ('001-212-5550147', '0086 139 1234 5678')
    """
    if phone.startswith("+"):
        country, *rest = phone[1:].split(" ")
        return f"00{country}-{'-'.join(rest[:-1]) + '-' if rest[:-1] else ''}{rest[-1].replace('-', '')}"
    return f"0086 {phone[:3]} {phone[3:7]} {phone[7:]}"


def pick(rng: np.random.Generator, values: Weighted, size: int) -> tuple[Objects, Floats]:
    """Draw values by their share, and return their effects beside them."""
    share = np.array([item[1] for item in values])
    row = rng.choice(len(values), size, p=share / share.sum())
    return np.array([item[0] for item in values], dtype=object)[row], np.array([item[2] for item in values])[
        row
    ]


def one_of(rng: np.random.Generator, values: Sequence[str], size: int) -> Objects:
    """Draw values with equal probability."""
    return np.array(values, dtype=object)[rng.integers(len(values), size=size)]


def blanked(rng: np.random.Generator, values: Objects, share: float, person: Indices) -> Objects:
    """Return the values, set to None for a share of the persons."""
    kept = values.copy()
    kept[(rng.random(len(values)) < share)[person]] = None
    return kept


def _companies(rng: np.random.Generator, leads: int) -> tuple[Indices, dict[str, Objects]]:
    size = max(10, int(leads / _LEADS_PER_COMPANY))
    industry, by_industry = pick(rng, vocabulary().industries, size)
    company_size, by_size = pick(rng, vocabulary().sizes, size)
    country, by_country = pick(rng, vocabulary().countries, size)
    places = [vocabulary().places[code][rng.integers(len(vocabulary().places[code]))] for code in country]
    named = [
        _company_name(rng, row, code, place[1])
        for row, (code, place) in enumerate(zip(country, places, strict=True))
    ]
    columns = {
        "company": [name for name, _ in named],
        "domain": [domain for _, domain in named],
        "industry": industry,
        "company_size": company_size,
        "country": country,
        "region": [region for region, _ in places],
        "city": [city for _, city in places],
        "fit": by_industry + by_size + by_country,
    }
    popularity = (size * rng.random(leads) ** 1.5).astype(np.int64)
    return popularity, {name: np.array(values, dtype=object) for name, values in columns.items()}


def _company_name(rng: np.random.Generator, row: int, country: str, city: str) -> tuple[str, str]:
    if country == "CN":
        han, pinyin = vocabulary().company_zh[rng.integers(len(vocabulary().company_zh))]
        tail = vocabulary().company_zh_tail[rng.integers(len(vocabulary().company_zh_tail))]
        return (
            f"{vocabulary().cities_zh[city]}{han}{tail}{vocabulary().company_zh_form}",
            f"{pinyin}{row}.cn.example",
        )
    head = vocabulary().company_en[rng.integers(len(vocabulary().company_en))]
    tail = vocabulary().company_en_tail[rng.integers(len(vocabulary().company_en_tail))]
    form = {"DE": "GmbH", "GB": "Ltd", "SG": "Pte Ltd", "IN": "Pvt Ltd"}.get(country, "Inc")
    return f"{head} {tail} {form}", f"{head}{tail}{row}.example".lower()


def _titles(rng: np.random.Generator, level: Objects, chinese: Flags) -> Objects:
    options = {
        name: [[t for t in titles if t.isascii() is not home] for home in (False, True)]
        for name, titles in vocabulary().titles.items()
    }
    drawn = rng.random(len(level))
    chosen = [options[name][int(home)] for name, home in zip(level, chinese, strict=True)]
    return np.array(
        [titles[int(draw * len(titles))] for titles, draw in zip(chosen, drawn, strict=True)], dtype=object
    )


def _names(rng: np.random.Generator, chinese: npt.NDArray[Any]) -> tuple[Objects, Objects]:
    size = len(chinese)
    surnames, given = (
        rng.integers(len(vocabulary().surnames_zh), size=size),
        rng.integers(len(vocabulary().given_zh), size=size),
    )
    first, last = one_of(rng, vocabulary().first, size), one_of(rng, vocabulary().last, size)
    both = rng.random(size) < 0.1
    names, handles = [], []
    for row in range(size):
        if not chinese[row]:
            names.append(f"{first[row]} {last[row]}")
            handles.append(f"{first[row]}.{last[row]}".lower().replace("ü", "ue"))
            continue
        (surname, s), (name, g) = vocabulary().surnames_zh[surnames[row]], vocabulary().given_zh[given[row]]
        names.append(f"{surname}{name}" + (f" {g.title()}" if both[row] else ""))
        handles.append(f"{g}.{s}")
    return np.array(names, dtype=object), np.array(handles, dtype=object)


def _emails(
    rng: np.random.Generator, handles: Objects, domains: Objects, free: Flags, chinese: Flags
) -> Objects:
    size = len(handles)
    number = rng.integers(10, 99_999, size)
    role = (rng.random(size) < 0.05) & ~free
    host = np.where(chinese, one_of(rng, vocabulary().free_zh, size), one_of(rng, vocabulary().free_en, size))
    boxes = one_of(rng, vocabulary().role_mailboxes, size)
    return np.array(
        [
            f"{handles[row].replace('.', '')}{number[row]}@{host[row]}"
            if free[row]
            else f"{boxes[row] if role[row] else handles[row]}@{domains[row]}"
            for row in range(size)
        ],
        dtype=object,
    )


def _phones(rng: np.random.Generator, country: Objects) -> Objects:
    size = len(country)
    middle, end = rng.integers(200, 999, size), rng.integers(0, 10_000, size)
    area, prefix = rng.integers(201, 989, size), one_of(rng, vocabulary().mobile_zh, size)
    plain = rng.random(size) < 0.7
    patterns = {
        "CN": "{prefix}{middle:04d}{end:04d}",
        "US": "+1 {area} {middle}-{end:04d}",
        "DE": "+49 17{last} {middle}{end:04d}",
        "GB": "+44 77{last}0 {middle}{last}{end:02d}",
        "SG": "+65 9{middle} {end:04d}",
        "IN": "+91 9{area}{middle}{end:03d}",
    }
    phones = [
        patterns[country[row]].format(
            prefix=prefix[row], middle=middle[row], end=end[row], area=area[row], last=end[row] % 10
        )
        for row in range(size)
    ]
    international = [
        f"+86 {phone}" if land == "CN" else phone for phone, land in zip(phones, country, strict=True)
    ]
    return np.where(plain, np.array(phones, dtype=object), np.array(international, dtype=object))
