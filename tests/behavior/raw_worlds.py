"""Random projects with random cell rules: raw exports, and their rows as requests."""

from __future__ import annotations

import csv
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import yaml

FEATURES = """
from lead_ml import category, events, lead_age, leads, number, ratio
GROUP = "fit"
budget = number("budget", en="Budget", zh="预算")
FEATURES = [
    category("source", en="Source", zh="来源"),
    category("vip", en="VIP", zh="重要"),
    category("region", en="Region", zh="地区"),
    category("size", en="Size", zh="规模"),
    category("rating", en="Rating", zh="评级"),
    budget,
    number("discount", en="Discount", zh="折扣"),
    ratio("budget_per_head", budget, number("heads", en="Heads", zh="人数"), en="Budget per head", zh="人均预算"),
    category("email", name="email_domain", transform="company_domain", en="Domain", zh="域名"),
    category("phone", name="phone_country", transform="phone_country", en="Country", zh="国家"),
    category("firms.tier", name="tier", en="Tier", zh="级别"),
    leads(by="source").count("source_leads_30d", window="30d", en="Leads of the source", zh="同来源线索"),
    leads(by="company", vip="{yes}").count("vip_leads", window="90d", en="VIP leads of the company", zh="同公司"),
    events(type="view").count("views", en="Views", zh="浏览"),
    events().sum("spent", of="value", window="30d", en="Spent", zh="消费"),
    events(channel="{channel}").count("on_channel", en="On the channel", zh="渠道互动"),
    lead_age(),
]
"""
MODEL = """
from lead_ml import Column, ModelSpec
SPEC = ModelSpec(name="conversion", target=Column(column="converted"), groups=("fit",))
"""
FORMS = {  # how an export writes a date
    "": "%Y-%m-%d %H:%M:%S",
    "day_first": "%d/%m/%Y %H:%M:%S",
    "month_first": "%m/%d/%Y %I:%M:%S %p",
    "%d.%m.%y %Hh%M": "%d.%m.%y %Hh%M",
}
YES_NO = (("Yes", "No"), ("true", "false"), ("1", "0"), ("是", "否"), ("Y", "N"), ("ja", "nein"))
EMPTY = ("", "N/A", "\\N", "(null)", " - ", "NULL", "#N/A")
SOURCES = ("webinar", "Google Ads", "trade fair", "推荐", "Partner", "e-mail")
HOUR = timedelta(hours=1)


class RawWorld:
    """A project folder with raw files, and the raw rows by table, under our names."""

    def __init__(self, root: Path, seed: int, rows: int) -> None:
        self.root, self.rng, self.rows = root, np.random.default_rng(seed), rows
        rng = self.rng
        self.zone = str(rng.choice(["UTC", "Asia/Shanghai", "America/New_York"]))
        self.dates = str(rng.choice(list(FORMS)))
        self.comma = bool(rng.random() < 0.5)
        self.yes, self.no = YES_NO[int(rng.integers(len(YES_NO)))]
        self.spelled = bool(rng.random() < 0.8)
        self.defaults = {
            name: value
            for name, value in {"source": "Partner", "vip": self.no, "budget": "5.000" if self.comma else "5,000",
                                "heads": "7", "rating": "cold"}.items()
            if rng.random() < 0.6
        }  # fmt: skip
        self.constants = {"region": "EMEA"} if rng.random() < 0.5 else {}
        self.event_defaults = {"channel": "site", "value": "2"} if rng.random() < 0.5 else {}
        self.theirs = {"source": "Lead Source", "budget": "Budget (EUR)"} if rng.random() < 0.7 else {}
        self.where_filled = "page" if rng.random() < 0.3 else None
        self.changes: list[dict[str, str]] = []
        self.leads = [self._lead(k) for k in range(rows)]
        self.events = [event for k in range(rows) for event in self._events(k)]
        self._write()

    def _created(self, k: int) -> datetime:
        return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=200 * k / self.rows)

    def moment(self, at: datetime) -> str:
        """Write a time as the export does: wall clock of its zone."""
        return at.astimezone(ZoneInfo(self.zone)).strftime(FORMS[self.dates])

    def empty(self, value: str, share: float = 0.1) -> str:
        return str(self.rng.choice(EMPTY)) if self.rng.random() < share else value

    def number(self, value: float, form: str) -> str:
        text = f"{value:,.2f}"
        text = text.translate(str.maketrans(",.", ".,")) if self.comma else text
        marks = {"money": ("${}", "{} €", "EUR {}", "{}"), "percent": ("{}%", "{} %", "{}"), "": ("{}",)}[
            form
        ]
        return str(self.rng.choice(marks)).format(text)

    def _lead(self, k: int) -> dict[str, str]:
        rng = self.rng
        source = str(rng.choice(SOURCES))
        forms = [source, source.upper(), f" {source} ", source.title()] if self.spelled else [source]
        yes = rng.random() < 0.4
        others = (
            [pair[0 if yes else 1] for pair in YES_NO] if self.spelled else [self.yes if yes else self.no]
        )
        budget, heads = float(np.exp(rng.normal(8, 1))), int(rng.integers(1, 50))
        logit = -1.0 + 1.2 * yes + (source in SOURCES[:3]) + 0.5 * math.log(budget / 3000)
        domain = str(rng.choice(["acme.com", "gmail.com", "foo.de", "例子.公司", "MAILINATOR.com"]))
        self.views = logit
        return {
            "lead_id": f" L{k:05d}" if rng.random() < 0.1 else f"L{k:05d}",
            "created_at": self.moment(self._created(k)),
            "source": self.empty(forms[int(rng.integers(len(forms)))]),
            "vip": self.empty(self.yes if yes and rng.random() < 0.6 else str(rng.choice(others)) if yes else self.no),
            "company": self.empty(f"{rng.choice(['Acme', 'ACME', 'Foo', 'foo ', 'Bar'] if self.spelled else ['Acme', 'Bar'])!s}"),
            "size": self.empty(str(rng.choice(["3", "3.0", "12", "12.0", "007"]))),
            "budget": self.empty(self.number(budget, "money")),
            "discount": self.empty(self.number(float(rng.integers(0, 60)), "percent")),
            "heads": self.empty(str(heads)),
            "rating": self._rating(k),
            "email": self.empty(f"p{k}@{domain}"),
            "phone": self.empty(str(rng.choice(["13805712233", "+1 415 555 2671", "tel:+49 30 901820", "0571-87654321"]))),
            **({} if self.constants else {"region": self.empty(str(rng.choice(["EMEA", "emea", "APAC"])))}),
            "converted": "Yes" if rng.random() < 1 / (1 + math.exp(-logit)) else "no",
        }  # fmt: skip

    def _rating(self, k: int) -> str:
        """Change a rating some times; return it as the leads file has it, which is the last change in another spelling."""
        forms = ("Hot", "HOT", "hot") if self.spelled else ("Hot",)
        for change in range(int(self.rng.integers(1, 4))):
            value = self.empty(str(self.rng.choice([str(self.rng.choice(forms)), "cold", "1,5"])), 0.2)
            at = self.moment(self._created(k) + change * HOUR)
            self.changes.append({"lead_id": f"L{k:05d}", "changed_at": at, "field": "rating", "value": value})
        return str(self.rng.choice(forms)) if value in forms else value

    def _events(self, k: int) -> list[dict[str, str]]:
        rng, at = self.rng, self._created(k)
        return [
            {
                "lead_id": f"L{k:05d}",
                "occurred_at": self.moment(at + float(rng.random() * 72 + 0.2) * HOUR),
                "type": str(rng.choice(["view", "call", "click"])),
                "channel": self.empty(str(rng.choice(["site", "app"])), 0.3),
                "page": self.empty("pricing", 0.2),
                "value": self.empty(self.number(float(rng.integers(0, 90)), ""), 0.2),
                "event_id": f"e{k}-{int(rng.integers(3))}",
            }
            for _ in range(int(rng.integers(0, 5)))
        ]

    @property
    def raw_leads(self) -> list[dict[str, Any]]:
        """The rows of the file under its names; a column that has one of our names, which another is mapped to, is not read."""
        decoy = {"source": "Fax"} if self.theirs else {}
        return [
            {**decoy, **{self.theirs.get(name, name): cell for name, cell in row.items()}}
            for row in self.leads
        ]

    def _write(self) -> None:
        root = self.root
        write_csv(root / "leads.csv", self.raw_leads)
        write_csv(root / "events.csv", self.events)
        write_csv(root / "changes.csv", self.changes)
        firms = [{"company": name, "known_at": "2024-01-01T00:00:00Z", "tier": tier}
                 for name, tier in (("Acme", "gold"), ("ACME", "gold"), ("Foo", "silver"), ("Bar", ""))]  # fmt: skip
        write_csv(root / "firms.csv", firms)
        features = FEATURES.replace("{yes}", self.yes).replace("{channel}", "site")
        for folder, name, text in (("features", "all.py", features), ("models", "conversion.py", MODEL)):
            (root / folder).mkdir(parents=True, exist_ok=True)
            (root / folder / name).write_text(text, encoding="utf-8")
        dates = {"dates": {"created_at": self.dates}} if self.dates else {}
        happened = {"dates": {"occurred_at": self.dates}} if self.dates else {}
        changed = {"dates": {"changed_at": self.dates}} if self.dates else {}
        decimal = {"decimal": ","} if self.comma else {}
        filled = {"where_filled": self.where_filled} if self.where_filled else {}
        content = {
            "project": "raw",
            "time_zone": self.zone,
            "data": {
                "leads": {"path": "leads.csv", "columns": self.theirs, "defaults": self.defaults,
                          "constants": self.constants, **dates, **decimal},
                "events": {"path": "events.csv", "defaults": self.event_defaults, **happened, **decimal, **filled},
                "lead_history": {"path": "changes.csv", **changed, **decimal},
                "extra": {"firms": {"path": "firms.csv", "key": "company"}},
            },
            "known_at": {**dict.fromkeys(["vip", "size", "budget", "discount", "heads"], "creation"), "rating": "history"},
            "threads": 1,
            "evaluation": {"bootstrap": 50},
            "split": {"folds": 2, "test_share": 0.3},
            "snapshots": {"ages_days": [3]},
            "conversion": {"horizon_days": None, "logistic": {"l2_search": []},
                           "lightgbm": {"rounds": 20, "min_data_in_leaf": 5}},
        }  # fmt: skip
        (root / "params.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
