"""What a Dask cluster adds to the features: CPU of all processes and wall clock with one worker and two. Data is SYNTHETIC.

Events of leads and of the accounts that they share are drawn into memory; the 49 features of `feature_engines/declared.py` and
four of the account are computed for all snapshots by `lead_ml.asof.join.features_at` in this process, by a cluster of one worker
process and by one of two (one thread each), on the same pieces. The three take turns in every round. CPU seconds are user and
system time of this process, which also runs the scheduler, and of all workers; both clusters are open all the time, their
kernels warm. Shown are medians. Every result must be equal to the last bit. Wall clock tells little where other
work shares the cores.

Usage: python benchmarks/spread.py [--events 2000000] [--rounds 3] [--partitions 8] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
HERE, ONE, TWO = "this process", "1 worker", "2 workers"
MOST = 1.25  # CPU of two workers against one: the claim
Row = dict[str, float]


def drawn(events: int, seed: int = 20) -> tuple[Any, Any]:
    """Draw a skewed stream in the order in which it came to be known, and five snapshots a lead."""
    import numpy as np

    from lead_ml.asof.labels import Spine
    from lead_ml.tables.dataset import Coded, Dataset, Events, Leads

    rng, leads, day = np.random.default_rng(seed), max(events // 50, 20), 86_400_000_000

    def text(levels: tuple[str, ...], rows: int) -> Coded:
        return Coded(rng.integers(-1, len(levels), rows).astype(np.int32), levels)

    created = 1_640_995_200_000_000 + rng.integers(0, 365 * day, leads)
    weight = rng.lognormal(0.0, 1.3, leads)
    lead = rng.choice(leads, events, p=weight / weight.sum())
    occurred = created[lead] + (rng.beta(1.0, 3.0, events) * 120 * day).astype(np.int64)
    late = (rng.random(events) < 0.03) * rng.integers(0, 6 * day, events)
    order = np.argsort(occurred + late)
    lead, occurred, known = lead[order], occurred[order], (occurred + late)[order]
    sessions = tuple(f"S{k}" for k in range(max(events // 5, 1)))
    columns = {
        "type": text(("page_view", "email_open", "email_click", "form_submit", "call", "quote"), events),
        "page": text(("home", "blog", "product", "pricing", "docs", "demo"), events),
        "channel": text(("web", "email", "phone", "ads"), events),
        "session_id": text(sessions, events),
    }
    value = np.where(rng.random(events) < 0.2, rng.integers(0, 10**6, events) / 100, np.nan)
    accounts = tuple(f"A{k}" for k in range(max(leads // 4, 1)))
    table = Leads(tuple(f"L{k}" for k in range(leads)), created, {"account_id": text(accounts, leads)})
    dataset = Dataset(table, Events(lead, occurred, known, columns, value), until=int(known.max()) + 1)
    asked = np.repeat(np.arange(leads), 5)
    return dataset, Spine(asked, created[asked] + rng.integers(0, 120 * day, len(asked)))


def declared() -> Any:
    from feature_engines.declared import FEATURES

    from lead_ml.declare import events, leads, validated

    words, account = {"en": "x", "zh": "x", "group": "engagement"}, events(by="account_id")
    return validated(
        [
            *FEATURES,
            account.count("account_events_30d", window="30d", **words),
            account.distinct("account_people", of="lead_id", **words),
            account.decayed_sum("account_recent", half_life="14d", **words),
            leads(by="account_id").count("account_leads", **words),
        ]
    )


class Meter:
    """CPU seconds of this process and of the workers of a cluster."""

    def __init__(self, client: Any = None) -> None:
        import psutil

        pids = [] if client is None else list(client.run(os.getpid).values())
        self.workers = [psutil.Process(pid) for pid in pids]

    def cpu(self) -> float:
        times = [worker.cpu_times() for worker in self.workers]
        return time.process_time() + sum(own.user + own.system for own in times)

    def measured(self, work: Callable[[], Any]) -> tuple[Row, Any]:
        cpu, wall = self.cpu(), time.perf_counter()
        found = work()
        return {"cpu": self.cpu() - cpu, "wall": time.perf_counter() - wall}, found


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    import numpy as np

    from lead_ml.asof.matrix import widened
    from lead_ml.tables.dataset import Coded

    def equal(a: Any, b: Any) -> bool:
        if isinstance(a, Coded):
            return tuple(a.levels) == tuple(b.levels) and np.array_equal(a.codes, b.codes)
        return widened(a).tobytes() == widened(b).tobytes()

    return list(one) == list(other) and all(equal(one[name], other[name]) for name in one)


def benchmark(events: int, rounds: int, partitions: int) -> dict[str, Any]:
    from lead_ml.asof.join import Compiled, features_at
    from lead_ml.cluster import features_on, opened

    dataset, spine = drawn(events)
    compiled = Compiled.of(declared())
    wanted = features_at(compiled, dataset, spine)
    with opened("local:1") as one, opened("local:2") as two:
        ways: dict[str, tuple[Meter, Callable[[], Any]]] = {
            HERE: (Meter(), lambda: features_at(compiled, dataset, spine)),
            ONE: (Meter(one), lambda: features_on(one, compiled, dataset, spine, partitions=partitions)),
            TWO: (Meter(two), lambda: features_on(two, compiled, dataset, spine, partitions=partitions)),
        }
        runs: dict[str, list[Row]] = {name: [] for name in ways}
        equal = all(same(work(), wanted) for _, work in ways.values())  # the first turn also warms all up
        for _ in range(rounds):
            for name, (meter, work) in ways.items():
                row, found = meter.measured(work)
                runs[name].append(row)
                equal = equal and same(found, wanted)
    medians = {
        name: {k: statistics.median(row[k] for row in rows) for k in rows[0]} for name, rows in runs.items()
    }
    return {
        "synthetic": True,
        "events": events,
        "snapshots": len(spine),
        "features": len(wanted),
        "partitions": partitions,
        "rounds": rounds,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "equal": equal,
        "seconds": medians,
        "cpu_two_over_one": medians[TWO]["cpu"] / medians[ONE]["cpu"],
        "cpu_two_over_one_by_round": [t["cpu"] / o["cpu"] for o, t in zip(runs[ONE], runs[TWO], strict=True)],
    }


def shown(result: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    title = f"{result['features']} features, {result['events']:,} SYNTHETIC events, {result['snapshots']:,} snapshots"
    table = Table(title=f"{title}; {result['machine']}; medians of {result['rounds']}")
    for name in ("", "CPU seconds, all processes", "wall clock, seconds"):
        table.add_column(name, justify="left" if not name else "right")
    for name, row in result["seconds"].items():
        table.add_row(name, f"{row['cpu']:.2f}", f"{row['wall']:.2f}")
    console = Console()
    console.print(table)
    console.print(
        f"CPU of two workers against one: {result['cpu_two_over_one']:.2f} (at most {MOST} is claimed)"
    )
    console.print("Results are equal to the last bit." if result["equal"] else "[red]Results DIFFER.[/]")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="20,000 events, one round")
    asked = parser.parse_args()
    result = (
        benchmark(20_000, 1, 4) if asked.smoke else benchmark(asked.events, asked.rounds, asked.partitions)
    )
    if asked.json:
        print(json.dumps(result, indent=1))
    else:
        shown(result)
    return 0 if result["equal"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
