"""A small SYNTHETIC register of people who come back with typing errors, other contact data, and colleagues beside them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping

FIRST = [
    "anna",
    "bruno",
    "clara",
    "david",
    "elena",
    "felix",
    "greta",
    "henry",
    "irene",
    "jonas",
    "katja",
    "lukas",
    "maria",
    "nils",
    "olga",
    "peter",
    "rosa",
    "simon",
    "tessa",
    "viktor",
]
LAST = [
    "abbott",
    "becker",
    "castle",
    "dunmore",
    "ekberg",
    "fischer",
    "garland",
    "hofmann",
    "ibsen",
    "jansen",
    "keller",
    "lombardi",
    "meyer",
    "novak",
    "olsen",
]
CITIES = ["berlin", "london", "madrid", "paris", "rome", "vienna", "warsaw"]


def register(people: int, seed: int = 1) -> tuple[list[str], dict[str, list[str | None]], dict[str, int]]:
    """Return ids, columns and the person of each id; a third of the people have two or three rows."""
    rng, rows = random.Random(seed), []
    for person in range(people):
        first, last, born = (
            rng.choice(FIRST),
            rng.choice(LAST),
            f"{rng.randint(1950, 2004)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
        )
        firm = f"{rng.choice(LAST)} {rng.randint(1, people // 4)} Ltd"
        row = {
            "first_name": first,
            "surname": last,
            "full_name": f"{first} {last}",
            "born": born,
            "city": rng.choice(CITIES),
            "email": f"{first}.{last}{rng.randint(1, 9999)}@example.com",
            "company": firm,
        }
        copies = range(rng.choice([1, 1, 1, 1, 2, 3]))
        rows += [
            (f"{rng.randrange(10**9):09d}", person, changed(rng, row) if copy else dict(row))
            for copy in copies
        ]
    truth = {lead: person for lead, person, _ in rows}
    return (
        [lead for lead, _, _ in rows],
        {name: [row[name] for *_, row in rows] for name in rows[0][2]},
        truth,
    )


def changed(rng: random.Random, row: dict[str, str]) -> dict[str, str | None]:
    again: dict[str, str | None] = dict(row)
    again["first_name"] = rng.choice([row["first_name"], typo(rng, row["first_name"])])
    again["full_name"] = f"{again['first_name']} {row['surname']}"
    again["born"] = rng.choice([row["born"], None, row["born"][:8] + f"{rng.randint(1, 28):02d}"])
    again["city"] = rng.choice([row["city"], None])
    again["email"] = rng.choice([row["email"], None, row["email"].replace("example.com", "mail.example")])
    return again


def typo(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def pairwise_f1(found: Mapping[str, object], truth: Mapping[str, object]) -> float:
    """Return F1 over all pairs of ids."""
    called, actual, both = (
        sum(n * (n - 1) // 2 for n in Counter(code).values())
        for code in (found.values(), truth.values(), ((found[lead], truth[lead]) for lead in truth))
    )
    return 2 * both / (called + actual)
