"""How often the signs of invented leads are wrong about real-looking people and firms, and how often they see what keyboards and robots write.

SYNTHETIC: names, firms and addresses of Faker in several locales; every `true` about them is a false alarm. Against them: words of random letters,
walks over the keyboard, mailboxes of digits in counting order. The signs were developed with the default locales (other seeds); `--locales` measures
others, such as pl_PL cs_CZ vi_VN zh_TW, which were never used.

Usage: python benchmarks/false_alarms.py [--locales en_US zh_CN ...] [--people 2000] [--seed 5] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterable
from typing import Any

DEVELOPED = (
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
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
Sign = Callable[[str], str | None]


def signs() -> dict[str, tuple[str, Sign]]:
    """Return each sign by its name, with what it looks at."""
    from lead_ml.clean import TRANSFORMS

    of = {"name": ("random_letters", "keyboard_walk", "name_placeholder"), "company": ("random_letters", "keyboard_walk"),
          "email": ("random_letters", "keyboard_walk", "counted_mailbox", "role_mailbox", "disposable")}  # fmt: skip
    return {f"{name} of the {what}": (what, TRANSFORMS[name]) for what, names in of.items() for name in names}


def people(locales: Iterable[str], count: int, seed: int) -> dict[str, list[str]]:
    """Draw people, firms and addresses, the same number of each locale."""
    from faker import Faker

    found: dict[str, list[str]] = {"name": [], "company": [], "email": []}
    for locale in locales:
        fake = Faker(locale)
        fake.seed_instance(seed)
        for _ in range(count):
            for what, draw in (("name", fake.name), ("company", fake.company), ("email", fake.ascii_email)):
                found[what].append(draw())
    return found


def invented(count: int, seed: int) -> dict[str, tuple[str, list[str]]]:
    """Draw what is invented, by its kind, with the sign that should see it."""
    rng = random.Random(seed)

    def letters(size: int) -> str:
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(size))

    def walk() -> str:
        row = rng.choice(KEYS)
        start, size = rng.randrange(len(row) - 4), rng.randrange(5, 9)
        run = (row * 2)[start : start + size]
        return run[::-1] if rng.random() < 0.3 else run

    return {
        "words of 7 or 8 random letters": (
            "random_letters",
            [letters(rng.randrange(7, 9)) for _ in range(count)],
        ),
        "words of 9 to 12 random letters": (
            "random_letters",
            [letters(rng.randrange(9, 13)) for _ in range(count)],
        ),
        "walks of 5 to 8 keys": ("keyboard_walk", [walk() for _ in range(count)]),
        "digits in counting order": (
            "counted_mailbox",
            [f"{'1234567890'[: rng.randrange(6, 11)]}@qq.com" for _ in range(count)],
        ),
    }


def measured(locales: tuple[str, ...], count: int, seed: int) -> dict[str, Any]:
    from lead_ml.clean import TRANSFORMS

    real = people(locales, count, seed)
    alarms = {
        name: sum(sign(text) == "true" for text in real[what]) for name, (what, sign) in signs().items()
    }
    any_sign = sum(
        any(sign(real[what][k]) == "true" for name, (what, sign) in signs().items() if "role" not in name)
        for k in range(len(real["name"]))
    )
    seen = {
        kind: round(sum(TRANSFORMS[sign](text) == "true" for text in texts) / len(texts), 3)
        for kind, (sign, texts) in invented(count, seed).items()
    }
    return {
        "synthetic": True,
        "locales": locales,
        "people": len(real["name"]),
        "false_alarms": alarms,
        "any_but_role": any_sign,
        "seen": seen,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--locales", nargs="+", default=DEVELOPED)
    parser.add_argument("--people", type=int, default=2_000, help="people and firms of each locale")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="write the figures as JSON")
    parser.add_argument(
        "--smoke", action="store_true", help="a few people: that it runs, not what it measures"
    )
    options = parser.parse_args()
    result = measured(tuple(options.locales), 50 if options.smoke else options.people, options.seed)
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(
        f"SYNTHETIC: {result['people']:,} people with firm and address, locales {' '.join(result['locales'])}"
    )
    for name, count in result["false_alarms"].items():
        print(f"  {name:<32}{count:>6} false alarms, {count / result['people']:.3%}")
    print(
        f"  {'any of them but role_mailbox':<32}{result['any_but_role']:>6} false alarms, {result['any_but_role'] / result['people']:.3%}"
    )
    for kind, share in result["seen"].items():
        print(f"  {kind:<32}{share:>7.1%} seen")


if __name__ == "__main__":
    main()
