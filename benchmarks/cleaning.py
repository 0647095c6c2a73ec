"""What standardizing leads costs: CPU seconds per column and in all, for 100,000 SYNTHETIC leads in English, German, French and Chinese.

A file of leads is written with names, companies, email addresses, phone numbers, countries, provinces, cities, addresses and job titles; nine of ten
emails, phones and addresses occur once. The columns are read as `lead-ml clean` reads them, and each is brought into its standard forms by itself;
the sum is what counts, with a limit of 20 CPU seconds. Reading and writing the file come on top and are shown. Libraries are loaded before, on other
leads, so that imports do not count; caches start empty but for those few.

Usage: python benchmarks/cleaning.py [--leads 100000] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

LIMIT = 20.0  # CPU seconds for 100,000 leads
POOL = 3_000  # names, companies and streets of each language
HEAD = (
    "lead_id",
    "created_at",
    "source",
    "name",
    "company",
    "email",
    "phone",
    "country",
    "region",
    "city",
    "address",
    "job_title",
)
PLACES = {
    "en_US": [("USA", "CA", "San Francisco", "94105"), ("United States", "New York", "New York", "10118"), ("美国", "Texas", "Austin", "78701"), ("US", "", "Seattle", "98101")],
    "de_DE": [("Germany", "Bayern", "München", "80331"), ("Deutschland", "", "Berlin", "10117"), ("德国", "Hessen", "Frankfurt", "60311"), ("DE", "", "Hamburg", "20095")],
    "fr_FR": [("France", "", "Paris", "75008"), ("法国", "", "Lyon", "69002"), ("FR", "", "Toulouse", "31000")],
    "zh_CN": [("中国", "浙江省", "杭州", "310012"), ("China", "广东", "深圳市", "518057"), ("CN", "Jiangsu", "Suzhou", "215000"), ("", "北京", "北京市", "100080"), ("中国", "", "成都", "610000")],
}  # fmt: skip
TITLES = (
    "CEO",
    "VP Sales",
    "Head of Procurement",
    "IT Manager",
    "Einkäufer",
    "采购经理",
    "市场总监",
    "总经理",
    "工程师",
    "Intern",
    "Sales Engineer",
    "财务主管",
)


def write(path: Path, leads: int, seed: int = 11) -> None:
    """Write a file of leads as a messy export has them."""
    pools = pools_of(seed)
    rng, start = random.Random(seed), datetime(2024, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        for k in range(leads):
            row = one_lead(rng, pools, k)
            writer.writerow([f"L{seed}-{k}", f"{start + timedelta(seconds=300 * k):%Y-%m-%d %H:%M}", *row])


def pools_of(seed: int) -> dict[str, dict[str, list[str]]]:
    from faker import Faker

    pools = {}
    for locale in PLACES:
        fake = Faker(locale)
        fake.seed_instance(seed)
        pools[locale] = {
            "name": [fake.name() for _ in range(POOL)],
            "company": [fake.company() for _ in range(POOL)],
            "street": [fake.street_name() for _ in range(POOL)],
        }
    return pools


def one_lead(rng: random.Random, pools: dict[str, dict[str, list[str]]], k: int) -> list[str]:
    locale = rng.choice(list(PLACES))
    country, region, city, code = rng.choice(PLACES[locale])
    name, company, street = (rng.choice(pools[locale][what]) for what in ("name", "company", "street"))
    mailbox = "".join(rng.choice("abcdefghijklmnoprstuvwy") for _ in range(6)) + str(k)
    email = rng.choice(
        [
            f"{mailbox}@example{k % 3000}.com",
            f"{mailbox.upper()}@gmail.com",
            f" {mailbox}@gmial.com",
            f"{mailbox}@qq.com",
            "none",
        ]
    )
    digits = f"{rng.randrange(10**8):08d}"
    phone = {
        "en_US": f"({rng.choice(('415', '212', '512'))}) {rng.randrange(200, 999)}-{digits[:4]}",
        "de_DE": f"030 {digits[:7]}",
        "fr_FR": f"+33 6 {digits}",
        "zh_CN": f"1{rng.choice('3578')}{rng.randrange(10)}{digits}",
    }[locale]
    address = (
        f"{region}{city}{street}{k % 900}号 {code}"
        if locale == "zh_CN"
        else f"{street} {k % 900}, {code} {city}"
    )
    if locale == "en_US":
        address = f"{k % 9000} {street}, {city}, CA {code}"
    dressed = rng.choice([str, str.upper, lambda text: f"  {text}"])
    return [
        rng.choice(("web", "fair", "ads")),
        dressed(name),
        dressed(company),
        email,
        phone,
        country,
        region,
        city,
        address,
        rng.choice(TITLES),
    ]


def measured(leads: int) -> dict[str, Any]:
    from lead_ml.lead_data import standardize
    from lead_ml.project.params import params_from
    from lead_ml.tables.read.context import context_of
    from lead_ml.tables.read.read import read_table
    from lead_ml.workflows.clean import clean_file

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "small.csv", 500, seed=12)
        write(folder / "leads.csv", leads)
        clean_file(folder / "small.csv")
        params = params_from({"project": "cleaning", "data": {"leads": {"path": "leads.csv"}}})
        context = context_of(params, datetime.now(UTC))
        start = time.process_time()
        table = read_table("leads", params.data.leads, folder, context)
        texts = {role: table.text(role) for role in standardize.FORMS if role in table.columns}
        reading = time.process_time() - start
        start = time.process_time()
        places = standardize.RowPlaces(texts)
        steps = {"country of each row": time.process_time() - start}
        for role, text in texts.items():
            start = time.process_time()
            standardize.FORMS[role](text, places)
            steps[role] = time.process_time() - start
        start = time.process_time()
        report = clean_file(folder / "leads.csv")
        whole = time.process_time() - start
    return {
        "synthetic": True,
        "leads": leads,
        "python": platform.python_version(),
        "steps": {step: round(seconds, 2) for step, seconds in steps.items()},
        "cpu": round(sum(steps.values()), 2),
        "limit": round(LIMIT * leads / 100_000, 1),
        "reading": round(reading, 2),
        "whole_command": round(whole, 2),
        "valid": {column.role: round(column.valid_share, 3) for column in report.columns},
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="write the figures as JSON")
    parser.add_argument(
        "--smoke", action="store_true", help="a few leads: that it runs, not what it measures"
    )
    options = parser.parse_args()
    result = measured(2_000 if options.smoke else options.leads)
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(f"SYNTHETIC: {result['leads']:,} leads, CPU seconds, Python {result['python']}")
    for step, seconds in result["steps"].items():
        share = f", {result['valid'][step]:.0%} of the rows valid" if step in result["valid"] else ""
        print(f"  {step:<22}{seconds:>7.2f}{share}")
    print(f"  {'in all':<22}{result['cpu']:>7.2f}, limit {result['limit']}")
    print(
        f"  reading the file {result['reading']:.2f}; the whole command, with reading, writing and the picture, {result['whole_command']:.2f}"
    )


if __name__ == "__main__":
    main()
