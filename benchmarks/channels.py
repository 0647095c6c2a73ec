"""Whether the channel report finds a planted fall in the right week and for the right reason, and how often it alarms without one.

Every world is a SYNTHETIC CRM without drift and without robots (robots come in bursts, which are no false alarms). In the
first worlds nothing is changed: an alarm there is false, and the report promises one of each type in at most 5% of all reports. The
others get a fall of one large source in a week drawn at random: *itself* (three of four of its later wins do not happen, whatever
the lead), or *mix* (one of its two campaigns always loses nine of ten wins, and grows from 10% to 85% of its leads; the rate of
either campaign stays). Intervals: how often the 90% interval of the share that the channel itself explains holds the truth, which
is the planted one counted on what happened in the world before the wins were taken away.

Usage: python benchmarks/channels.py [--worlds 200] [--falls 60] [--leads 16000] [--seed 1000] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lead_ml.demo import SynthSettings, generate
from lead_ml.lead_data.channels import ChannelQuestion, ChannelReport, channel_report
from lead_ml.lead_data.channels.observed import day_text
from lead_ml.project.targets import Fake, Won
from lead_ml.tables.dataset import Coded, Dataset, Mask

DAYS, DAY = 260, 86_400_000_000
SOURCES = ("google_ads", "baidu_ads", "organic_search", "webinar")
MIX = ("campaign", "channel", "country", "region", "industry", "company_size", "product")
FAKES = (("mash", 0.025), ("wrong_number", 0.030), ("test", 0.010))
SETTLED = SynthSettings(drift=0.0, fake_shares=FAKES)
QUESTION = ChannelQuestion(
    by="source",
    won=Won(),
    horizon_days=60,
    fake=Fake(reasons=("bad_number", "bounced", "bot", "test")),
    fake_days=30,
    mix=MIX,
)


@dataclass(frozen=True)
class Planted:
    """A world with a fall: of which source, from which Monday on (microseconds and date), and why."""

    data: Dataset
    source: str
    week: str
    cause: str
    itself: float  # the true change at equal mix, on the rates of this world


def world(leads: int, seed: int) -> Dataset:
    return generate(leads, seed, days=DAYS, settings=SETTLED).data


def plant(data: Dataset, cause: str, seed: int) -> Planted:
    """Change the tables of a world so that one source falls."""
    rng = np.random.default_rng(seed)
    source = str(rng.choice(SOURCES))
    created = data.leads.created_at
    assert created is not None
    first_monday = (int(created.min()) // DAY + 7) // 7 * 7 - 3
    start = first_monday + 7 * int(rng.integers(12, 18))
    rows = data.leads.columns["source"].among((source,))
    late = created >= start * DAY
    if cause == "mix":
        poor = rows & (rng.random(len(created)) < np.where(late, 0.85, 0.10))
        return Planted(
            _taken(_campaigns(data, rows, poor), poor, 0.9, rng), source, day_text(start), cause, 0.0
        )
    rate = _ripe_rate(data, rows & late)
    return Planted(_taken(data, rows & late, 0.75, rng), source, day_text(start), cause, -0.75 * rate)


def _campaigns(data: Dataset, rows: Mask, poor: Mask) -> Dataset:
    old = data.leads.columns["campaign"].values()
    named = [("poor" if poor[k] else "good") if rows[k] else old[k] for k in range(len(old))]
    leads = replace(data.leads, columns={**data.leads.columns, "campaign": Coded.of(named)})
    return replace(data, leads=leads)


def _won(data: Dataset) -> Mask:
    assert data.outcomes is not None
    return data.outcomes.columns["stage"].among(("won",))


def _taken(data: Dataset, leads: Mask, share: float, rng: np.random.Generator) -> Dataset:
    """Take the wins of a share of some leads away; what else happened to them stays."""
    assert data.outcomes is not None
    loses = leads & (rng.random(len(leads)) < share)
    return replace(data, outcomes=data.outcomes.take(~(_won(data) & loses[data.outcomes.lead])))


def _ripe_rate(data: Dataset, leads: Mask) -> float:
    """Return the conversion rate of the leads that have had their horizon."""
    assert data.outcomes is not None
    assert data.leads.created_at is not None
    rows, created = _won(data), data.leads.created_at
    soon = data.outcomes.occurred_at - created[data.outcomes.lead] < 60 * DAY
    wins = np.zeros(len(created), dtype=bool)
    wins[data.outcomes.lead[rows & soon]] = True
    ripe = leads & (created + 70 * DAY <= data.until)
    return float(wins[ripe].mean())


def false_alarms(report: ChannelReport) -> Counter[str]:
    """Count which types of alarm a report shows."""
    found: Counter[str] = Counter()
    found["fall"] = int(any(row.fall for row in report.rows))
    for kind in ("burst", "drop"):
        found[kind] = int(any(surge.kind == kind for row in report.rows for surge in row.surges))
    return found


def outcome_of(planted: Planted, report: ChannelReport) -> Counter[str]:
    """Say whether the planted fall was found, when, and why."""
    row = next(row for row in report.rows if row.name == planted.source)
    found = Counter({"worlds": 1, "others": int(any(r.fall for r in report.rows if r is not row))})
    if row.fall is None:
        return found
    change = row.fall.change
    wrong = {"itself": ("mix", "fakes"), "mix": ("itself", "fakes")}[planted.cause]
    found["found"] = 1
    found["week"] = int(row.fall.week == planted.week)
    found["within"] = int(row.fall.earliest <= planted.week <= row.fall.latest)
    found["cause"] = int(change.cause == planted.cause)
    found["wrong_cause"] = int(change.cause in wrong)
    found["covered"] = int(change.itself.lower <= planted.itself <= change.itself.upper)
    return found


def benchmark(worlds: int, falls: int, leads: int, seed: int) -> dict[str, Any]:
    false: Counter[str] = Counter()
    planted: dict[str, Counter[str]] = {"itself": Counter(), "mix": Counter()}
    for k in range(worlds):
        false += false_alarms(channel_report(world(leads, seed + k), QUESTION))
    for k in range(falls):
        data = world(leads, seed + 10_000 + k)
        for cause, found in planted.items():
            changed = plant(data, cause, k)
            found.update(outcome_of(changed, channel_report(changed.data, QUESTION)))
    return {
        "synthetic": True,
        "leads": leads,
        "worlds": worlds,
        "false_alarms": {kind: false[kind] for kind in ("fall", "burst", "drop")},
        "falls": {cause: dict(found) for cause, found in planted.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=200, help="worlds without a fall")
    parser.add_argument("--falls", type=int, default=60, help="worlds with a fall of either cause")
    parser.add_argument("--leads", type=int, default=16_000)
    parser.add_argument("--seed", type=int, default=1_000)
    parser.add_argument("--json", action="store_true", help="write the figures as JSON")
    parser.add_argument("--smoke", action="store_true", help="few worlds: that it runs, not what it measures")
    options = parser.parse_args()
    worlds, falls = (2, 2) if options.smoke else (options.worlds, options.falls)
    result = benchmark(worlds, falls, options.leads, options.seed)
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(f"SYNTHETIC: worlds of {result['leads']:,} leads")
    for kind, count in result["false_alarms"].items():
        print(f"  false alarms, {kind:<6} {count:>4} of {result['worlds']} reports")
    for cause, found in result["falls"].items():
        shown = ", ".join(f"{name} {found.get(name, 0)}" for name in NAMES)
        print(f"  planted in {cause:<7} {found['worlds']} worlds: {shown}")


NAMES = ("found", "week", "within", "cause", "wrong_cause", "covered", "others")

if __name__ == "__main__":
    main()
